"""What the running NEXUS serves is known as long as the process that said so is there."""

import os
from pathlib import Path

import pytest

from infra.home import Home
from infra.served import publish_served, served


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    with home.claim("nexus up"):
        pass  # its folders are there
    return home


def test_nothing_is_known_where_nexus_does_not_run(home: Home) -> None:
    assert served(home) is None
    publish_served(home, ["rest"])
    assert served(home) is None


def test_what_the_first_worker_says_counts_while_it_is_the_first_worker(home: Home) -> None:
    home.pid_file("web").write_text(f"{os.getpid()}\n")
    publish_served(home, ["rest", "web"])
    assert served(home) == frozenset({"rest", "web"})
    home.pid_file("web").write_text("1\n")
    assert served(home) is None


@pytest.mark.parametrize("text", ["", "{", '{"pid": "x"}'])
def test_a_file_of_another_kind_says_nothing(home: Home, text: str) -> None:
    home.pid_file("web").write_text(f"{os.getpid()}\n")
    (home.run / "served.json").write_text(text)
    assert served(home) is None
