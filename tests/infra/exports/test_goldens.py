"""The sample skill, which has every feature, on every platform: all files and all that is left out."""

from pathlib import Path

import pytest

from infra.cli.skills_export import text_of
from infra.exports.platforms import EXPORTERS, exports
from infra.plugins import load_skill

FOLDER = Path(__file__).parent
GOLDEN = FOLDER / "golden"


@pytest.mark.parametrize("platform", EXPORTERS)
def test_the_sample_skill(platform: str, request: pytest.FixtureRequest) -> None:
    [made] = exports([load_skill(FOLDER / "cinema")], (), (platform,), ("en", "de")).values()
    text = text_of({"left_out": list(map(str, made.left_out)), "files": dict(sorted(made.files.items()))})
    path = GOLDEN / f"{platform}.json"
    if request.config.getoption("--update-goldens"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    assert text == path.read_text()


def test_no_golden_file_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == set(EXPORTERS)
