"""Messages to measure with: what twins send, signed, each with an id of its own, from people who take turns."""

import multiprocessing
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct

from bench.load import Message
from channels.alexa.credentials import load_credentials
from channels.alexa.twin import AlexaTwin
from infra.simulator import APP
from shared.testing.platforms import Sent

_AGENT = ("user-agent", "Apache-HttpClient/UNAVAILABLE")


class Phrase(Struct, frozen=True):
    """Something to say, and what a right answer holds."""

    text: str
    expect: str


Phrases = Callable[[int], Phrase]


def thanks(number: int) -> Phrase:
    """For servers that do not understand: what is said does not matter."""
    return Phrase(f"thank you number {number}", "outputSpeech")


def everyday(number: int) -> Phrase:
    """What people ask: sums (whose answers are checked), units and notes, never the same words twice."""
    first, second = 11 + number % 89, 2 + number // 89 % 97
    match number % 3:
        case 0:
            return Phrase(f"what is {first} times {second}", f"{first * second:,}")
        case 1:
            return Phrase(f"remember that box {number} holds the {first} blue cups", "outputSpeech")
        case _:
            return Phrase(f"convert {first} point {second} miles to kilometers", "outputSpeech")


def over_the_wire(sent: Sent, expect: bytes = b"") -> Message:
    """A request as its bytes go over a connection that stays open; a right answer holds `expect`."""
    url = urlsplit(sent.url)
    target = url.path + (f"?{url.query}" if url.query else "")
    own = {"host": url.netloc, "accept": "*/*", "content-length": str(len(sent.body)), **dict([_AGENT])}
    lines = "".join(f"{name}: {value}\r\n" for name, value in {**own, **sent.headers}.items())
    return Message(f"{sent.method} {target} HTTP/1.1\r\n{lines}\r\n".encode() + sent.body, expect)


def signed(credentials: Path, phrases: Phrases, count: int, people: int) -> list[Message]:
    """`count` Alexa requests of so many people, signed with a folder of credentials.

    Signing takes most of a millisecond each, so all cores do it.
    """
    make = partial(_make, credentials, phrases, people)
    numbers = range(count)
    with multiprocessing.get_context("fork").Pool() as pool:
        parts = pool.map(make, [numbers[at : at + 500] for at in range(0, count, 500)])
    return [message for part in parts for message in part]


def somebody(credentials: Path, person: int, base_url: str = "http://127.0.0.1") -> AlexaTwin:
    """A person whose ids are as long as Amazon's."""
    unique = f"{person:032X}"
    return AlexaTwin(
        load_credentials(credentials),
        base_url,
        APP,
        user=unique * 5,
        person=f"amzn1.ask.person.{unique * 3}",
        session=f"amzn1.echo-api.session.{unique.lower()}",
    )


def _make(folder: Path, phrases: Phrases, people: int, numbers: Sequence[int]) -> list[Message]:
    twins = {person: somebody(folder, person) for person in {number % people for number in numbers}}
    messages = []
    for number in numbers:
        phrase = phrases(number)
        messages.append(over_the_wire(twins[number % people].request(phrase.text), phrase.expect.encode()))
    return messages
