"""The one public door for plug-in authors: `from nexus import ChannelAdapter, Request, Reply, Skill`.

What tests of plug-ins use needs pytest and Hypothesis, and lies apart: `shared.testing.adapter_contract` (AdapterContract),
`shared.testing.skill_contract` (SkillContract), `shared.testing.platforms` (Twin) and `shared.testing.fakes`.
"""

from shared import ssml
from shared.advice import how_to_set
from shared.channel import ChannelAdapter, Delivered, Limit, Receipt, SidePath, Verified, Wire, WireReply
from shared.effects import Call, Effect, Forget, HandBack, HandOver, Keep, Remember
from shared.errors import (
    DeliveryFailed,
    DoorShut,
    KeySourceUnavailable,
    Malformed,
    NexusError,
    NotAuthentic,
    SignatureInvalid,
    WebFailed,
)
from shared.jsontext import decode
from shared.outside import Fetched, PastCall, Web
from shared.ports import Clock, Documents, DoorPorts, Memory, Outgoing
from shared.skill import CallContext, Skill, TurnContext, call, confirm, intent
from shared.text import clean
from shared.turn import (
    Attachment,
    Card,
    Choice,
    Confirm,
    Device,
    Elicit,
    Keyword,
    Kind,
    Media,
    Outcome,
    PlatformIntent,
    Reply,
    Request,
    SlotValue,
    Turn,
    Understanding,
)

__all__ = [
    "Attachment",
    "Call",
    "CallContext",
    "Card",
    "ChannelAdapter",
    "Choice",
    "Clock",
    "Confirm",
    "Delivered",
    "DeliveryFailed",
    "Device",
    "Documents",
    "DoorPorts",
    "DoorShut",
    "Effect",
    "Elicit",
    "Fetched",
    "Forget",
    "HandBack",
    "HandOver",
    "Keep",
    "KeySourceUnavailable",
    "Keyword",
    "Kind",
    "Limit",
    "Malformed",
    "Media",
    "Memory",
    "NexusError",
    "NotAuthentic",
    "Outcome",
    "Outgoing",
    "PastCall",
    "PlatformIntent",
    "Receipt",
    "Remember",
    "Reply",
    "Request",
    "SidePath",
    "SignatureInvalid",
    "Skill",
    "SlotValue",
    "Turn",
    "TurnContext",
    "Understanding",
    "Verified",
    "Web",
    "WebFailed",
    "Wire",
    "WireReply",
    "call",
    "clean",
    "confirm",
    "decode",
    "how_to_set",
    "intent",
    "ssml",
]
