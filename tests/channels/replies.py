"""Replies with one feature each, for the golden files of doors, and how doors that speak the JSON of NEXUS answer them."""

import json
from typing import Any

from shared.testing.adapter.values import turn_of
from shared.testing.adapter_contract import AdapterContract
from shared.turn import Card, Choice, Elicit, Media, Outcome, Reply

REPLIES: dict[str, Reply] = {
    "plain": Reply(text="It is 5 pm in Tokyo."),
    "unicode": Reply(text="東京は17時です。 <b>&amp;</b> 🗼"),
    "card": Reply(text="Here it is.", cards=(Card("Spare key", "Under the mat", url="https://links.example/key"),)),
    "two_cards": Reply(
        text="Two places.",
        cards=(
            Card("Da Mario", "Pizza until 23:00", "https://media.example/mario.png", "https://links.example/mario"),
            Card("Sakura", "Ramen until 22:00", None, "https://links.example/sakura"),
        ),
    ),
    "choices": Reply(text="Which one?", choices=(Choice("Tokyo", "tokyo"), Choice("Paris", "time in Paris"))),
    "picture": Reply(text="Look.", media=(Media("https://media.example/key.png", "image/png", "a key"),)),
    "pictures": Reply(
        text="Look.",
        media=(
            Media("https://media.example/key.png", "image/png"),
            Media("https://media.example/map.jpg", "image/jpeg"),
        ),
    ),
    "picture_alone": Reply(text="", media=(Media("https://media.example/key.png", "image/png"),)),
    "sound": Reply(text="Listen.", media=(Media("https://media.example/a.mp3", "audio/mpeg", "a bell"),)),
    "film": Reply(text="Watch.", media=(Media("https://media.example/a.mp4", "video/mp4", "a bell that swings"),)),
    "reprompt": Reply(text="Remember what?", reprompt="What shall I keep?", expects_answer=True),
    "elicit": Reply(text="Remember what?", elicit=Elicit("notes.remember", "note")),
    "end": Reply(text="Goodbye.", end_session=True),
    "speech": Reply(text="", speech='<emphasis level="strong">Now</emphasis> it is five.'),
    "long": Reply(text="A sentence of some length that goes on. " * 90),
    "nothing": Reply(text=""),
    "human": Reply(text="", human="Somebody of us has taken over, and reads what you say."),
    "native": Reply(
        text="For all who do not text.",
        choices=(Choice("Yes", "yes"),),
        native={
            "sms": {"text": "For those who text.", "media": ["https://media.example/key.png", "http://old.example/a"]}
        },
    ),
}
"""A reply for every feature there is; of what is native, that of text messages, which all others leave alone."""

HOLDING: dict[str, Reply | None] = {
    "words": Reply(text="One moment, I am still thinking.", end_session=True),
    "own_words": Reply(text="Say “go on” in a moment.", reprompt="Shall I go on?", expects_answer=True),
    "german": Reply(text="Einen Moment, ich denke noch nach.", language="de"),
    "nothing": None,
}
"""What is said while an answer is still made."""


def in_json(contract: AdapterContract, reply: Reply | None, outcome: Outcome = Outcome.ANSWERED) -> Any:
    """Status and body with which the door of `contract` answers `reply`. Asserts that it is the JSON of the outside contract."""
    request = contract.request()
    answer = contract.door().render(request, turn_of(request, reply, outcome))
    assert contract.complaints(contract.wire(), answer) == []
    return {"status": answer.status, "body": json.loads(answer.body)}
