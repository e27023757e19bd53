"""The one public door for plug-in authors: `from nexus import ChannelAdapter, Request, Reply, Skill`."""

from shared.channel import ChannelAdapter, Limit, Verified, Wire, WireReply
from shared.effects import Effect, Forget, Remember
from shared.errors import DoorShut, Malformed, NexusError, NotAuthentic, SignatureInvalid
from shared.ports import DoorPorts, Memory
from shared.skill import Skill, TurnContext
from shared.turn import (
    Card,
    Choice,
    Device,
    Elicit,
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
    "Card",
    "ChannelAdapter",
    "Choice",
    "Device",
    "DoorPorts",
    "DoorShut",
    "Effect",
    "Elicit",
    "Forget",
    "Kind",
    "Limit",
    "Malformed",
    "Media",
    "Memory",
    "NexusError",
    "NotAuthentic",
    "Outcome",
    "PlatformIntent",
    "Remember",
    "Reply",
    "Request",
    "SignatureInvalid",
    "Skill",
    "SlotValue",
    "Turn",
    "TurnContext",
    "Understanding",
    "Verified",
    "Wire",
    "WireReply",
]
