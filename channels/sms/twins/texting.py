"""The base of the carriers' twins: somebody with a number, and why their phone stays silent where it should.

Keywords by CTIA's Messaging Principles and Best Practices, section 5.1.3; each carrier's page on opting out says which it acts
upon itself. Who opted out is kept in the twin's folder, as a carrier keeps it: the next twin of this person knows.
"""

import hashlib
import string
from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from shared.testing.platforms import NO_ANSWER, Heard, Sent, Twin, unanswered

STOP = frozenset(("stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"))
START = frozenset(("start", "yes", "unstop"))
HELP = frozenset(("help", "info"))

_KEYWORDS = STOP | START | HELP
_OUTER = string.whitespace + string.punctuation


class TextingTwin(Twin):
    """Somebody who texts a number of ours."""

    replies_to: ClassVar[frozenset[str]] = frozenset()  # words that the carrier replies to itself, in small letters
    drops_after: ClassVar[frozenset[str]] = frozenset()  # words after which it lets nothing through

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._keywords: dict[str, str] = {}  # by message id

    @property
    def number(self) -> str:
        """The person's own number: made of the name, unless the name is one."""
        if self.user.startswith("+"):
            return self.user
        return f"+1650{int(hashlib.sha256(self.user.encode()).hexdigest(), 16) % 10**7:07}"

    @abstractmethod
    def message(self, text: str) -> Sent:
        """A text message as the carrier sends it on, signed."""

    def request(self, text: str) -> Sent:
        """As Twin.request. Keywords are remembered: after them silence may be right."""
        sent, word = self.message(text), text.strip().lower()
        if _folded(word) in _KEYWORDS:
            self._keywords[sent.message_id] = word
        return sent

    def arrived(self, sent: Sent, texts: Sequence[str], media: Sequence[str], answer: Any) -> Heard:
        """What is heard and seen of what came for `sent`; where nothing came, the reason if there is one."""
        word, opted_out = self._keywords.get(sent.message_id, ""), self._note.exists()
        text = "\n".join(one for one in texts if one)
        self._decided(_folded(word), answered=bool(text or media))
        return Heard(text if text or media else self._silence(word, opted_out), tuple(media), answer=answer)

    def _silence(self, word: str, opted_out: bool) -> str:
        if word in self.replies_to:
            return unanswered(f"the carrier answers {word.upper()} itself")
        if word in self.drops_after:
            return unanswered(f"the carrier lets nothing through after {word.upper()}")
        if opted_out and _folded(word) not in START | HELP:
            return unanswered("this number opted out; send START")
        return NO_ANSWER

    def _decided(self, word: str, answered: bool) -> None:
        """Keep what the person decided. Whoever is answered did not opt out: END was then the answer to a question."""
        if word in STOP:
            self._note.touch(mode=0o600)
        elif word in START or (answered and word not in HELP):
            self._note.unlink(missing_ok=True)

    @property
    def _note(self) -> Path:
        """The file that is there while this number is opted out."""
        return self.folder / f"opted-out-{hashlib.sha256(self.number.encode()).hexdigest()[:16]}"


def _folded(word: str) -> str:
    """A word as a person means it, without what stands around it."""
    return word.strip(_OUTER)
