"""Stop strings, wherever the pieces they come in are cut."""

from collections.abc import Sequence


class Stops:
    """Lets text through up to the stop string that is whole first; what may be the beginning of one is held back."""

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = [stop for stop in stops if stop]
        self._held = ""
        self.hit = False

    def add(self, text: str) -> str:
        """What may be said of the text so far. After a stop string (`hit`) nothing may."""
        if self.hit:
            return ""
        self._held += text
        found = [(place + len(stop), place) for stop in self._stops if (place := self._held.find(stop)) >= 0]
        if found:
            self.hit = True
            said, self._held = self._held[: min(found)[1]], ""
            return said
        keep = self._begun()
        said = self._held[: len(self._held) - keep]
        self._held = self._held[len(said) :]
        return said

    def rest(self) -> str:
        """What was held back when no more will come: it was no stop string after all."""
        said, self._held = self._held, ""
        return said

    def _begun(self) -> int:
        """The length of the longest end of the text that a stop string begins with."""
        longest = max((len(stop) for stop in self._stops), default=1) - 1
        for size in range(min(longest, len(self._held)), 0, -1):
            if any(stop.startswith(self._held[-size:]) for stop in self._stops):
                return size
        return 0
