"""Skills that decline, take everything, break, exit, wait too long or say nothing: what the door makes of each."""

import asyncio
import importlib
import json
import sys
from pathlib import Path

import pytest

from channels.alexa.credentials import AlexaCredentials
from channels.alexa.mount.invoke import declining, invoke
from shared.errors import DeadlineExceeded, PluginInvalid
from shared.testing.fakes import FakeClock
from tests.channels.alexa.behind import (
    LUNCHBOX,
    STARGAZER,
    Behind,
    asked_of,
    wire,
)

LAUNCH = {"type": "LaunchRequest"}


@pytest.fixture
def stargazer(credentials: AlexaCredentials, clock: FakeClock) -> Behind:
    return Behind(credentials, STARGAZER, clock)


@pytest.fixture
def lunchbox(credentials: AlexaCredentials, clock: FakeClock) -> Behind:
    return Behind(credentials, LUNCHBOX, clock)


COUNTING = """
from ask_sdk_core.skill_builder import SkillBuilder

counts = {"interceptor": 0, "asked": 0, "sorry": 0, "after": 0}
sb = SkillBuilder()


def note(name, result):
    counts[name] += 1
    return result


sb.request_handler(lambda handler_input: note("asked", False))(lambda handler_input: None)
sb.global_request_interceptor()(lambda handler_input: note("interceptor", None))
sb.global_response_interceptor()(lambda handler_input, response: note("after", None))
sb.exception_handler(lambda handler_input, error: True)(lambda handler_input, error: note("sorry", None))

eager = SkillBuilder()
eager.request_handler(lambda handler_input: True)(
    lambda handler_input: handler_input.response_builder.speak("All mine.").response
)
"""


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> dict[str, str]:
    """A skill in a folder of this test alone, and the setting that names the folder."""
    name = f"written_{abs(hash(request.node.name))}"
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / f"{name}.py").write_text(getattr(request, "param", COUNTING))
    return {"skill": f"{name}:sb", "skill_path": str(tmp_path)}


def test_a_request_that_is_declined_is_asked_about_once(
    credentials: AlexaCredentials, clock: FakeClock, written: dict[str, str]
) -> None:
    behind = Behind(credentials, written, clock)
    counts = importlib.import_module(written["skill"].partition(":")[0]).counts
    assert behind.answered(behind.person().envelope(LAUNCH)) is None
    assert counts == {"interceptor": 1, "asked": 1, "sorry": 0, "after": 0}


def test_a_handler_that_takes_everything_takes_everything(
    credentials: AlexaCredentials, clock: FakeClock, written: dict[str, str]
) -> None:
    eager = written | {"skill": written["skill"].replace(":sb", ":eager")}
    behind = Behind(credentials, eager, clock)
    assert behind.person().say("what time is it in Tokyo").speech == "All mine."


def test_the_skill_itself_is_left_as_it_was(stargazer: Behind) -> None:
    module = importlib.import_module("stargazer")
    skill = module.sb.create()
    declining(skill)
    body = json.dumps(stargazer.person().envelope({"type": "Alexa.Presentation.APL.UserEvent"})).encode()
    with pytest.raises(Exception, match="Unable to find a suitable request handler"):
        invoke(skill, body, None, declines=False)


FAILING = """
import sys
import threading

from ask_sdk_core.skill_builder import SkillBuilder
from ask_sdk_core.utils import is_intent_name, is_request_type

sb = SkillBuilder()


@sb.request_handler(is_intent_name("BreakIntent"))
def broken(handler_input):
    raise LookupError("what the person said")


@sb.request_handler(is_intent_name("ExitIntent"))
def left(handler_input):
    sys.exit("bye")


@sb.request_handler(is_intent_name("SlowIntent"))
def slow(handler_input):
    threading.Event().wait(1)
    return handler_input.response_builder.speak("at last").response


@sb.request_handler(is_intent_name("LargeIntent"))
def large(handler_input):
    return handler_input.response_builder.speak("x" * 130_000).response


@sb.request_handler(is_intent_name("StrangeIntent"))
def strange(handler_input):
    handler_input.attributes_manager.session_attributes["x"] = object()
    return handler_input.response_builder.speak("x").response


@sb.request_handler(is_intent_name("KeepIntent"))
def keep(handler_input):
    handler_input.attributes_manager.persistent_attributes = {"when": {1, 2}}
    handler_input.attributes_manager.save_persistent_attributes()


@sb.request_handler(is_request_type("LaunchRequest"))
def launched(handler_input):
    return handler_input.response_builder.set_should_end_session(False).response
"""


@pytest.mark.parametrize("written", [FAILING], indirect=True)
@pytest.mark.parametrize(
    ("intent", "error", "text"),
    [
        ("BreakIntent", LookupError, "what the person said"),
        ("ExitIntent", RuntimeError, "ended with SystemExit"),
        ("LargeIntent", PluginInvalid, "more than 120000"),
        ("StrangeIntent", AttributeError, "deserialized_types"),
        ("KeepIntent", Exception, "persistent attributes must be JSON values"),
    ],
)
def test_what_breaks_in_a_skill_is_for_the_engine(
    credentials: AlexaCredentials,
    clock: FakeClock,
    written: dict[str, str],
    intent: str,
    error: type[Exception],
    text: str,
) -> None:
    """It makes a failed turn of it: nothing kept, an apology said (tests/integration/test_mounted.py)."""
    behind = Behind(credentials, written | {"persistence": "nexus"}, clock)
    envelope = behind.person().envelope({"type": "IntentRequest", "intent": {"name": intent, "slots": {}}})
    with pytest.raises(error, match=text):
        behind.answered(envelope)
    assert behind.person().intent(intent).speech == "It failed."
    assert behind.documents.kept == {}


TEMPLATES = """
from ask_sdk_core.skill_builder import SkillBuilder
from ask_sdk_model import Response
from ask_sdk_model.ui import PlainTextOutputSpeech
from ask_sdk_runtime.view_resolvers import AbstractTemplateLoader, AbstractTemplateRenderer

sb = SkillBuilder()


class Loader(AbstractTemplateLoader):
    def load(self, handler_input, template_name, **kwargs):
        return {"hello": "Hello %(name)s."}[template_name]


class Renderer(AbstractTemplateRenderer):
    def render(self, template_data, data_map, **kwargs):
        return Response(output_speech=PlainTextOutputSpeech(text=template_data % data_map))


sb.add_loader(Loader())
sb.add_renderer(Renderer())
sb.request_handler(lambda handler_input: True)(
    lambda handler_input: handler_input.generate_template_response("hello", {"name": "Robin"})
)
handler = sb.lambda_handler()
"""


@pytest.mark.parametrize("written", [TEMPLATES], indirect=True)
def test_templates(credentials: AlexaCredentials, clock: FakeClock, written: dict[str, str]) -> None:
    heard = Behind(credentials, written, clock).person().launch()
    assert heard.speech == "Hello Robin."
    module = importlib.import_module(written["skill"].partition(":")[0])
    assert heard.response == asked_of(module.handler, heard)


@pytest.mark.parametrize("written", [FAILING], indirect=True)
def test_nothing_said_is_an_answer(credentials: AlexaCredentials, clock: FakeClock, written: dict[str, str]) -> None:
    behind = Behind(credentials, written, clock)
    heard = behind.person().launch()
    assert heard.response["response"] == {"shouldEndSession": False}
    assert behind.replies[0] is not None
    assert behind.replies[0].text == ""


@pytest.mark.parametrize("written", [FAILING], indirect=True)
def test_a_skill_that_takes_too_long_is_not_waited_for(
    credentials: AlexaCredentials, clock: FakeClock, written: dict[str, str]
) -> None:
    """Of the time until the deadline it gets a share, by the door's clock; here next to none is left."""
    behind = Behind(credentials, written, clock)
    person = behind.person()
    slow = {"type": "IntentRequest", "intent": {"name": "SlowIntent", "slots": {}}}
    sent = person.sign(person.envelope(slow))
    verified = asyncio.run(behind.door.verify(wire(sent.headers, sent.body)))
    clock.move(behind.door.budget_s - 0.01)
    with pytest.raises(DeadlineExceeded):
        asyncio.run(behind.door.answer(verified, behind.door.parse(verified), behind.documents))


def test_a_skill_is_asked_only_where_one_is_mounted(credentials: AlexaCredentials, clock: FakeClock) -> None:
    bare = Behind(credentials, {}, clock)
    assert bare.door.answers_first is False
    assert bare.answered(bare.person().envelope(LAUNCH)) is None
    assert Behind(credentials, STARGAZER, clock).door.answers_first is True


def test_what_the_request_carries_for_the_answer(lunchbox: Behind) -> None:
    person = lunchbox.person()
    person.session, person.attributes = "s", {"said": "x"}
    request = lunchbox.entered(person.request("hello"))
    assert request.native["attributes"] == {"said": "x"}
