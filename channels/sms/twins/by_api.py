"""The base of twins whose carrier is answered through its API: to hear something, a twin listens as that API on this machine."""

import re
import time
from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, TypeVar

import msgspec

from channels.sms.twins.api import CarrierApi, Taken
from channels.sms.twins.texting import TextingTwin
from shared.errors import SettingsInvalid
from shared.testing.platforms import NO_ANSWER, Answer, AnswerRefused, Heard, Sent
from shared.testing.platforms.faults import PromiseBroken

T = TypeVar("T")

_POLL_S = 0.01
_PART = re.compile(r"\((\d+)/\d+\) ")  # how the parts of a long answer begin


class ByApiTwin(TextingTwin):
    """Somebody who texts, and whose phone shows what the door sends through the carrier's API."""

    one_answer: ClassVar[str] = "one answer, by one call of the carrier's API"
    first_s: float = 3.0  # an answer that has not come by then is none
    further_s: float = 0.3  # so long after a message the next one may come
    second_s: float = 1.0  # so long, under a fault, a second answer may come

    _listening: CarrierApi | None = None
    _heard = 0

    @abstractmethod
    def api(self) -> CarrierApi:
        """The carrier's API for this account, at the address that `config` names; not listening yet."""

    def listen(self) -> CarrierApi:
        """The carrier's API, listening until `disconnect`. Raises SettingsInvalid where somebody else listens there."""
        if self._listening is None:
            try:
                api = self.api()
            except OSError:
                raise SettingsInvalid(
                    f"another simulator of {self.name} is speaking now: its API has one port"
                ) from None
            api.start()
            self._listening = api
        return self._listening

    def disconnect(self) -> None:
        """As Twin.disconnect."""
        if self._listening is not None:
            self._listening.close()
            self._listening, self._heard = None, 0
        super().disconnect()

    def exchange(self, sent: Sent) -> Heard:
        """As Twin.exchange. The phone is on before anything is said."""
        self.listen()
        return super().exchange(sent)

    def heard(self, sent: Sent, answer: Answer) -> Heard:
        """The texts on the phone that came since, and the pictures.

        Raises AnswerRefused by what the API refused, PromiseBroken where, under a fault, it was called for several answers.
        """
        api = self._listening
        if api is None:
            return Heard(NO_ANSWER)
        refused = len(api.complaints)
        found = self._arrived(api)
        if complaints := api.complaints[refused:]:
            raise AnswerRefused(*complaints)
        if self.fault is not None:
            self._check_one(api, found)
        return self.arrived(sent, [one.text for one in found], [url for one in found for url in one.media], found)

    def _arrived(self, api: CarrierApi) -> Sequence[Taken]:
        """What arrives for this person until nothing more does."""
        until = time.monotonic() + self.first_s
        further_s = self.further_s if self.fault is None else self.second_s
        start, refused = self._heard, len(api.complaints)
        while time.monotonic() < until and len(api.complaints) == refused:
            if len(api.messages) > self._heard:
                self._heard = len(api.messages)
                until = time.monotonic() + further_s
            time.sleep(_POLL_S)
        return [one for one in api.messages[start : self._heard] if digits(one.recipient) == digits(self.number)]

    def _check_one(self, api: CarrierApi, found: Sequence[Taken]) -> None:
        """Raise PromiseBroken unless `found` is one answer, for which the API was called as often as it has messages."""
        answers = sum(1 for one in found if (part := _PART.match(one.text)) is None or part[1] == "1")
        if answers > 1:
            raise PromiseBroken(f"{answers} answers to one message came by the carrier's API")
        if (again := api.calls - len(api.messages)) > 0:
            raise PromiseBroken(
                f"the carrier's API was called {again + len(api.messages)} times for {len(api.messages)}"
            )


def digits(number: str) -> str:
    """A number as carriers without a plus sign write it."""
    return number.removeprefix("+")


def keep(path: Path, account: object) -> None:
    """Write an account that only its owner may read."""
    path.touch(mode=0o600)
    path.write_bytes(msgspec.json.encode(account))


def kept(path: Path, kind: type[T]) -> T:
    """The account that `keep` wrote. Raises SettingsInvalid where there is none."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.MsgspecError) as error:
        raise SettingsInvalid(f"there is no simulated account in {path.parent}: {error}") from None
