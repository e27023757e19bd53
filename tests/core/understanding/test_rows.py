"""Training data: read, and refused or warned about with file and line."""

from pathlib import Path

import pytest

from core.understanding.rows import Row, Slot, by_intent, read_rows
from shared.errors import DataInvalid


def file(folder: Path, *lines: str) -> Path:
    path = folder / "rows.jsonl"
    path.write_text("\n".join(lines), "utf-8")
    return path


def test_rows_are_read(tmp_path: Path) -> None:
    path = file(
        tmp_path,
        '{"text": "  wake me at 7 ", "intent": "alarm", "extra": 1, '
        '"slots": [{"slot": "time", "start": 13, "end": 14, "value": "7"}]}',
        "",
        '{"text": "hello", "intent": "greet"}',
        '{"text": "hi", "intent": "greet"}',
        '{"text": "wake me up", "intent": "alarm"}',
    )
    loaded = read_rows(path)
    assert loaded.rows[0] == Row("wake me at 7", "alarm", (Slot("time", 11, 12, "7"),))
    assert loaded.warnings == ()
    assert {intent: len(rows) for intent, rows in by_intent(loaded.rows).items()} == {"alarm": 2, "greet": 2}


GOOD = '{"text": "hello", "intent": "greet"}'


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "rows.jsonl:2: "),
        ('{"intent": "greet"}', "rows.jsonl:2: .*text"),
        ('{"text": "hi"}', "rows.jsonl:2: .*intent"),
        ('{"text": "hi", "intent": null}', "rows.jsonl:2: .*intent"),
        ('{"text": " ", "intent": "greet"}', "rows.jsonl:2: the text is empty"),
        ('{"text": "hi", "intent": " "}', "rows.jsonl:2: the intent is empty"),
        (
            '{"text": "Hello", "intent": "leave"}',
            "rows.jsonl:2: the same text is 'leave' here and 'greet' in .*rows.jsonl:1",
        ),
        (
            '{"text": "hi", "intent": "x", "slots": [{"slot": "a", "start": 0, "end": 3}]}',
            "rows.jsonl:2: slot 'a' from 0 to 3",
        ),
        ('{"text": "hi", "intent": "x", "slots": [{"slot": "a", "start": 1, "end": 1}]}', "rows.jsonl:2: slot 'a'"),
        ('{"text": "hi", "intent": "x", "slots": [{"slot": "a", "start": -1, "end": 1}]}', "rows.jsonl:2: slot 'a'"),
        (
            '{"text":"hi you","intent":"x","slots":[{"slot":"a","start":0,"end":4},{"slot":"b","start":3,"end":6}]}',
            "rows.jsonl:2: slot 'b' from 3 to 6 overlaps",
        ),
    ],
)
def test_what_cannot_be_learnt_from_is_refused_by_its_line(line: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(DataInvalid, match=says):
        read_rows(file(tmp_path, GOOD, line))


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_bytes(b'{"text": "\xff", "intent": "x"}')
    with pytest.raises(DataInvalid, match=r"rows\.jsonl:1"):
        read_rows(tmp_path / "rows.jsonl")


@pytest.mark.parametrize("lines", [(), ("", "  ")])
def test_no_rows_are_refused(lines: tuple[str, ...], tmp_path: Path) -> None:
    with pytest.raises(DataInvalid, match="no rows"):
        read_rows(file(tmp_path, *lines))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataInvalid, match=r"nowhere\.jsonl: No such file"):
        read_rows(tmp_path / "nowhere.jsonl")


def test_repeated_rows_and_lonely_intents_are_warned_about(tmp_path: Path) -> None:
    path = file(tmp_path, GOOD, GOOD, '{"text": "hi", "intent": "greet"}', '{"text": "bye", "intent": "leave"}')
    loaded = read_rows(path)
    assert len(loaded.rows) == 3
    assert [warning.removeprefix(str(tmp_path)) for warning in loaded.warnings] == [
        f"/rows.jsonl:2: repeats {path}:1; left out",
        "/rows.jsonl:4: 'leave' has one example; give ten or more",
    ]
    assert len(read_rows(path, distinct=False).rows) == 4
