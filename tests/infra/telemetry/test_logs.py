"""Logs tell what happened and cannot carry what people say."""

import io
import logging
from collections.abc import Iterator
from time import monotonic

import msgspec
import pytest

from infra.telemetry.logs import Events, configure_logging
from shared.errors import StoreUnavailable

CANARY = "the spare key is under the mat"
PHONE = "+4915112345678"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    out = io.StringIO()
    configure_logging("info", out)
    yield out
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.getLogger("nexus").setLevel(logging.NOTSET)


def last(stream: io.StringIO) -> dict[str, object]:
    line = stream.getvalue().splitlines()[-1]
    return msgspec.json.decode(line, type=dict[str, object])


def test_one_json_object_a_line_with_event_and_fields(stream: io.StringIO) -> None:
    extra = {"trace_id": "01JD-abc", "channel": "rest", "duration_ms": 12.5, "status": 200}
    logging.getLogger("nexus.web").info("turn recorded", extra=extra)
    line = last(stream)
    assert line["event"] == "turn recorded"
    assert line["level"] == "info"
    assert line["logger"] == "nexus.web"
    assert {key: line[key] for key in extra} == extra
    assert str(line["at"]).endswith("Z")


@pytest.mark.parametrize("field", ["text", "user", "body", "phone", "token", "conversation", "message_id"])
def test_fields_outside_the_list_are_refused_by_name(stream: io.StringIO, field: str) -> None:
    logging.getLogger("nexus.web").info("turn recorded", extra={field: CANARY, "trace_id": "t1"})
    assert CANARY not in stream.getvalue()
    assert last(stream)["refused"] == [field]
    assert last(stream)["trace_id"] == "t1"


@pytest.mark.parametrize("value", [CANARY, PHONE, "4915112345678", 4915112345678, {"a": CANARY}, [CANARY], "x" * 200])
def test_known_fields_take_no_free_values(stream: io.StringIO, value: object) -> None:
    logging.getLogger("nexus.web").info("turn recorded", extra={"code": value})
    assert last(stream)["refused"] == ["code"]
    assert str(value) not in stream.getvalue()


def test_a_text_in_place_of_an_event_name_is_refused(stream: io.StringIO) -> None:
    log = logging.getLogger("nexus.web")
    log.info(f"Person said: {CANARY}!")  # noqa: G004 (the mistake this test is about)
    log.info("person said %s", PHONE)
    text = stream.getvalue()
    assert CANARY not in text
    assert PHONE not in text
    assert "at test_logs.py:" in text


def test_other_libraries_show_their_format_but_not_their_arguments(stream: io.StringIO) -> None:
    logging.getLogger("asyncio").warning("Executing %s took %.3f seconds", CANARY, 1.0)
    logging.getLogger("asyncio").error(f"Task failed: {CANARY}")  # noqa: G004 (as asyncio itself does)
    assert "Executing %s took %.3f seconds" in stream.getvalue()
    assert CANARY not in stream.getvalue()


def test_exceptions_show_type_and_frames_and_only_our_texts(stream: io.StringIO) -> None:
    log = logging.getLogger("nexus.web")
    try:
        raise ValueError(CANARY)
    except ValueError:
        log.exception("turn failed")
    assert CANARY not in stream.getvalue()
    assert last(stream)["exception"] == "ValueError"
    assert "test_logs.py" in str(last(stream)["frames"])
    try:
        raise StoreUnavailable("Postgres cannot be reached")
    except StoreUnavailable:
        log.exception("turn failed")
    assert last(stream)["said"] == "Postgres cannot be reached"


def test_levels(stream: io.StringIO) -> None:
    logging.getLogger("nexus.web").debug("quiet")
    logging.getLogger("granian").info("quiet %s", "too")
    assert stream.getvalue() == ""


@pytest.mark.parametrize("gather", [False, True])
def test_events_that_come_often_say_the_same_as_records(gather: bool) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    out = io.StringIO()
    try:
        configure_logging("info", out, gather=gather)
        Events("nexus.front").info("turn", trace_id="t1", channel="rest", text=CANARY)
        logging.getLogger("nexus.front").info("turn", extra={"trace_id": "t2"})
        end = monotonic() + 5
        while out.getvalue().count("\n") < 2 and monotonic() < end:
            root.handlers[0].acquire()  # lets the writer have its turn without a sleep here
            root.handlers[0].release()
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
    first, second = (msgspec.json.decode(line, type=dict[str, object]) for line in out.getvalue().splitlines())
    assert (first["event"], first["trace_id"], first["channel"], first["refused"]) == ("turn", "t1", "rest", ["text"])
    assert second["trace_id"] == "t2"
    assert list(first)[:4] == list(second)[:4]
    assert CANARY not in out.getvalue()


def test_gathered_lines_are_written_at_once_with_a_warning() -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    out = io.StringIO()
    try:
        configure_logging("info", out, gather=True)
        Events("nexus.front").info("turn", trace_id="t1")
        logging.getLogger("nexus.front").warning("door shut")
        assert out.getvalue().count("\n") == 2
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)


def test_a_level_that_is_off_costs_no_line(stream: io.StringIO) -> None:
    logging.getLogger("nexus").setLevel("WARNING")
    Events("nexus.front").info("turn", trace_id="t1")
    assert stream.getvalue() == ""
