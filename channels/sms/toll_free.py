"""Toll-free numbers of the North American plan: their network answers STOP, START and UNSTOP itself, whichever the carrier.

https://help.twilio.com/articles/360058144374, https://support.bandwidth.com/hc/en-us/articles/360010785613: "NETWORK MSG: You
replied with the word "stop" which blocks all texts sent from this number …". Other words it hands on without a reply.
"""

import re

from channels.sms.keywords import Meaning, folded, keyword_of
from shared.turn import Keyword

_TOLL_FREE = re.compile(r"\+18(?:00|33|44|55|66|77|88)[0-9]{7}")
_NETWORK: dict[str, Meaning] = {"stop": "stop", "start": "start", "unstop": "start"}


def keyword_to(recipient: str, text: str, carrier_answers: frozenset[Meaning], help_text: str) -> Keyword | None:
    """The keyword that `text`, as it came to our number `recipient`, is: as `keyword_of`, with what the network answers."""
    return keyword_of(text, carrier_answers | _network_answers(recipient, text), help_text)


def _network_answers(recipient: str, text: str) -> frozenset[Meaning]:
    meaning = _NETWORK.get(folded(text)) if _TOLL_FREE.fullmatch(recipient) else None
    return frozenset() if meaning is None else frozenset({meaning})
