"""A web worker's own limits."""

import resource
import subprocess
import sys

from tests.house.tree import ROOT

_ASK = """
import resource
from infra.web import allow_many_connections
soft, hard = {limits}
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
allow_many_connections()
print(*resource.getrlimit(resource.RLIMIT_NOFILE))
"""


def limits_after(soft: int, hard: int) -> tuple[int, ...]:
    """The soft and the hard limit of open files of a process that began with these."""
    program = _ASK.format(limits=(soft, hard))
    asked = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True)
    return tuple(map(int, asked.stdout.split()))


def test_an_ordinary_users_limit_of_open_files_is_raised_to_what_is_allowed() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = min(hard, 8_192)
    assert limits_after(1_024, allowed) == (allowed, allowed)


def test_a_tight_hard_limit_is_kept_to() -> None:
    assert limits_after(512, 1_024) == (1_024, 1_024)
