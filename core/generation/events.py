"""Server-sent events, as chat servers stream them (https://html.spec.whatwg.org/multipage/server-sent-events.html).

Of the format only what they use: `data` lines, comments, an empty line at the end of an event.
"""

from collections.abc import AsyncIterator, Iterator

from shared.errors import ModelUnavailable

MOST_EVENT_BYTES = 256 * 1024


class Events:
    """Takes bytes however they are cut, gives the data of whole events."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._data: list[bytes] = []

    def add(self, chunk: bytes) -> Iterator[bytes]:
        """The events that are whole now. Raises ModelUnavailable for one that is too large."""
        self._bytes += chunk
        *lines, rest = bytes(self._bytes).split(b"\n")
        self._bytes = bytearray(rest)
        for line in lines:
            if (event := self._line(line.removesuffix(b"\r"))) is not None:
                yield event
        if len(self._bytes) + sum(map(len, self._data)) > MOST_EVENT_BYTES:
            raise ModelUnavailable("the model server sends an event without an end")

    def _line(self, line: bytes) -> bytes | None:
        """The event that an empty line ends."""
        if line.startswith(b"data:"):
            self._data.append(line[5:].removeprefix(b" "))
        if line or not self._data:
            return None
        event, self._data = b"\n".join(self._data), []
        return event


async def events(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The data of each event of a stream."""
    whole = Events()
    async for chunk in chunks:
        for event in whole.add(chunk):
            yield event
    for event in whole.add(b"\n\n"):  # some servers leave out the last empty line
        yield event
