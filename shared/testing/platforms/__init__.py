"""What stands in for the platforms: twins that send what a platform would send, over TCP, and read the answer as it would.

A channel's own twin lies in the channel's folder and is named in its `channel.toml`; `nexus say --channel` finds it there, and
the tests of third parties drive their doors with it:

    [[twins]]
    name = "pager"
    entry = "twin:PagerTwin"

A `Twin` makes credentials (`make`), says what the door must be told to believe them (`config`), sends what the platform sends
when a person says something (`request`), holds against the answer what the platform would (`complaints`), and tells what the
person hears and sees (`heard`). It is written from the platform's documentation, never from the door: a twin that shares the
door's constants shares its mistakes. The rest is inherited: retries, deliveries twice at once or out of order, hanging up.

    faults.py     what networks do to messages, as faults that a twin speaks under: one answer a message, or PromiseBroken
    api.py        PlatformApi: a platform's own API, which a door calls, on loopback
    contract.py   TwinContract: what every twin must hold against its door; subclass it in a test
    house.py      House: one door on loopback with an engine of two lines, for tests without a NEXUS
    message.py    the JSON answer of NEXUS' own contract, as a client that trusts nothing reads it
"""

from shared.testing.platforms.twin import (
    API_KEY,
    NO_ANSWER,
    NOT_YET,
    Answer,
    AnswerRefused,
    Heard,
    Sent,
    Twin,
    rightly_unanswered,
    status_complaints,
    unanswered,
)

__all__ = [
    "API_KEY",
    "NOT_YET",
    "NO_ANSWER",
    "Answer",
    "AnswerRefused",
    "Heard",
    "Sent",
    "Twin",
    "rightly_unanswered",
    "status_complaints",
    "unanswered",
]
