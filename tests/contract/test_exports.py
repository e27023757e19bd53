"""The names that authors of plug-ins rely on: a change here is a change of the public door, and needs a line in the changelog."""

import inspect

import nexus
from shared.testing import adapter_contract, platforms, skill_contract

CHANNELS = (
    "Attachment Card ChannelAdapter Choice Clock Delivered DeliveryFailed Device DoorPorts DoorShut Elicit "
    "KeySourceUnavailable Keyword Kind Limit Malformed Media NexusError NotAuthentic Outcome Outgoing PlatformIntent Receipt "
    "Reply Request SidePath SignatureInvalid SlotValue Turn Understanding Verified Wire WireReply clean decode "
    "how_to_set ssml"
)
SKILLS = (
    "Call CallContext Confirm Documents Effect Fetched Forget HandBack HandOver Keep Memory PastCall Remember Skill TurnContext "
    "Web WebFailed call confirm intent"
)


def test_the_public_door_exports_these_names() -> None:
    assert sorted(nexus.__all__) == sorted(f"{CHANNELS} {SKILLS}".split())
    assert [name for name in nexus.__all__ if not hasattr(nexus, name)] == []


def test_it_exports_nothing_else() -> None:
    public = {name for name in vars(nexus) if not name.startswith("_")}
    assert public == set(nexus.__all__)


def test_the_test_kits_export_these_names() -> None:
    assert adapter_contract.__all__ == ["CANARY", "NOW", "AdapterContract", "Said", "answer_of"]
    assert skill_contract.__all__ == ["SkillContract"]
    kit = {"API_KEY", "Answer", "AnswerRefused", "Heard", "Sent", "Twin", "status_complaints"}
    assert kit <= set(platforms.__all__)


def test_what_is_exported_says_what_it_is() -> None:
    classes = [value for value in (getattr(nexus, name) for name in nexus.__all__) if inspect.isclass(value)]
    assert [one.__name__ for one in classes if not (one.__doc__ or "").strip()] == []
    cases = [name for name in dir(adapter_contract.AdapterContract) if name.startswith("test_")]
    assert len(cases) > 40
