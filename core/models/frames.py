"""What the model process and those who ask it say to each other over a unix socket.

A frame is its length in four bytes (big endian), then a msgpack array that begins with the number of its kind. The process
speaks first: `Hello`. Every request has a number of the caller's own; answers carry it, in any order. `Cancel` ends a request.
`Understood` holds a meaning without the words of its slots (see `core.models.asking`). Deadlines are in Unix seconds: both
sides live on one machine.
"""

import asyncio
from abc import ABC, abstractmethod
from typing import cast

import msgspec
from msgspec import Raw, Struct

from shared.errors import DeadlineExceeded, Malformed, ModelUnavailable, NexusError, Unavailable
from shared.generating import Piece, Prompt
from shared.ports import ModelState

PROTOCOL = 2
"""Counts up when old and new do not understand each other."""

MOST_BYTES = 4 * 1024 * 1024
"""Of one frame. Who sends more is cut off."""

_HEAD = 4


class _Said(Struct, frozen=True, array_like=True, tag_field="op"):
    """Something one side says."""


# -- what the process says ---------------------------------------------------------------------------------------------


class Hello(_Said, frozen=True, tag=0):
    """Who answers: the protocol, the models, what generates text (None: nothing does). Said again when one of them changes."""

    protocol: int
    models: ModelState
    generator: ModelState | None = None


class Understood(_Said, frozen=True, tag=1):
    """What a text means: a `core.understanding.meaning.Meaning`, as msgpack."""

    number: int
    meaning: Raw


class Encoded(_Said, frozen=True, tag=2):
    """One vector a text."""

    number: int
    vectors: list[bytes]


class Generated(_Said, frozen=True, tag=3):
    """A piece of generated text; the last one has an `end`."""

    number: int
    piece: Piece


class Failed(_Said, frozen=True, tag=4):
    """A request came to nothing. `kind` is the code of the error."""

    number: int
    kind: str
    text: str
    retry_after: float = 2.0

    @property
    def error(self) -> NexusError:
        """The error to raise."""
        if self.kind == DeadlineExceeded.code:
            return DeadlineExceeded(self.text)
        if self.kind == Malformed.code:
            return Malformed(self.text)
        return ModelUnavailable(self.text, retry_after=self.retry_after)


class Health(_Said, frozen=True, tag=5):
    """How the process is: what runs, the calls that wait, the answers in the making, and what was done since it started.

    `batches`, `texts` and `seconds` are of the models, `refused` counts calls that were too much; `tokens` and `unanswered` are
    of what generates text: tokens of ended answers, and prompts that were turned away.
    """

    number: int
    models: ModelState
    generator: ModelState | None
    waiting: int
    generating: int
    batches: int
    texts: int
    seconds: float
    refused: int
    tokens: int
    unanswered: int


class Known(_Said, frozen=True, tag=6):
    """What another worker's text means, by its key (`core.models.asking.key_of`). Nobody asked for it."""

    key: bytes
    meaning: Raw


Answer = Hello | Understood | Encoded | Generated | Failed | Health | Known


# -- what it is asked --------------------------------------------------------------------------------------------------


class Understand(_Said, frozen=True, tag=16):
    """Asks what a text means; see `core.understanding.meaning.Query`."""

    number: int
    deadline: float
    text: str
    likely: str
    sure: bool


class Encode(_Said, frozen=True, tag=17):
    """Asks for the vectors of texts, few enough for one batch."""

    number: int
    deadline: float
    texts: list[str]


class Generate(_Said, frozen=True, tag=18):
    """Asks for text."""

    number: int
    deadline: float
    prompt: Prompt


class Cancel(_Said, frozen=True, tag=19):
    """Nobody waits for this request any more."""

    number: int


class Ask(_Said, frozen=True, tag=20):
    """Asks how the process is."""

    number: int


Request = Understand | Encode | Generate | Cancel | Ask

_encoder = msgspec.msgpack.Encoder()
encode = _encoder.encode
decode_answer = msgspec.msgpack.Decoder(Answer).decode
decode_request = msgspec.msgpack.Decoder(Request).decode


def framed(said: Answer | Request) -> bytearray:
    """The frame of `said`. Raises Malformed if it would be too long."""
    frame = bytearray(_HEAD)
    _encoder.encode_into(said, frame, _HEAD)
    size = len(frame) - _HEAD
    if size > MOST_BYTES:
        raise Malformed("this is too much at once for the model process")
    frame[:_HEAD] = size.to_bytes(_HEAD, "big")
    return frame


def failed(number: int, error: NexusError) -> Failed:
    """What tells of `error`."""
    return Failed(number, error.code, str(error), error.retry_after if isinstance(error, Unavailable) else 0.0)


class TooLong(Exception):
    """A frame is longer than any may be."""


class Line(asyncio.Protocol, ABC):
    """One end of a connection: cuts what comes into frames. Subclasses say what they do with each."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self._rest = b""
        self._unsent: list[bytearray] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.Protocol`."""
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`. Whatever is no frame of ours ends the connection."""
        try:
            for frame in self._cut(data):
                self.frame_received(frame)
        except (TooLong, msgspec.DecodeError) as error:
            self.broken(error)

    @abstractmethod
    def frame_received(self, frame: bytes) -> None:
        """Take one frame, without its length. Raises msgspec.DecodeError for what it is not."""

    def broken(self, error: Exception) -> None:
        """The other side does not speak our language."""
        self.hang_up()

    def hang_up(self) -> None:
        """End the connection."""
        if self.transport is not None:
            self.transport.abort()

    def say(self, said: Answer | Request) -> None:
        """Send, together with what else is said in this turn of the loop: whoever listens then computes it together.

        Raises Malformed if it is too long; nothing happens where the connection is lost.
        """
        frame = framed(said)
        if not self._unsent:
            asyncio.get_running_loop().call_soon(self._send)
        self._unsent.append(frame)

    def _send(self) -> None:
        unsent, self._unsent = self._unsent, []
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(unsent[0] if len(unsent) == 1 else b"".join(unsent))

    def _cut(self, data: bytes) -> list[bytes]:
        if self._rest:
            data = self._rest + data
        frames: list[bytes] = []
        start, end = 0, len(data)
        while end - start >= _HEAD:
            size = int.from_bytes(data[start : start + _HEAD], "big")
            if size > MOST_BYTES:
                raise TooLong(f"{size} bytes")
            if end - start - _HEAD < size:
                break
            start += _HEAD
            frames.append(data[start : start + size])
            start += size
        self._rest = data[start:]
        return frames
