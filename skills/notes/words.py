"""What a note says and what a question is about, found in the person's own sentence. Nothing of their wording is changed.

Each pattern below eats the words that carry the message ("could you remember that …"); what is left is the message.
"""

import re


def _any(*alternatives: str) -> str:
    return "(?:" + "|".join(alternatives) + ")"


def _compiled(*parts: str) -> re.Pattern[str]:
    return re.compile("".join(parts), re.IGNORECASE)


_LEAD = (
    "^(?:"
    + _any(
        "please",
        "hey",
        "okay",
        "ok",
        "nexus",
        "(?:can|could|would|will) you",
        "i(?: want|['’]d like| need) you to",
        "i want to",
    )
    + "[ ,]+)*"
)
_KEEP = _any(
    r"(?:do not|don['’]?t)(?: let me)? forget",
    "remember|memori[sz]e|(?:keep|bear) in mind|for the record",
    "(?:make|take|add|save|write|leave|create)(?: me)?(?: a| another)?(?: new)?(?: quick)? (?:note|memo)(?: to self)?",
    "new (?:note|memo)|note to self",
    "(?:note|write|jot|put)(?: this| it)? down|note|save|store",
    "tell you something",
)
_REMEMBER = _compiled(
    _LEAD,
    _KEEP,
    "(?: to remember)?",
    "(?: (?:this|something|it|one thing)(?=[:,.!? ]*$| for me|[:,]))?",
    "(?: for me| in your notes| down)?",
    r"(?:\s*[:,;–—-])?",
    "(?: saying| which says)?",
    r"(?: that(?!['’]s\b| is\b))?",
    r"(?:\s*[:,;]\s*|\s+|$)",
)
_ASKED_POLITELY = _compiled("^(?:can|could|would|will) you|^please")
_REMEMBER_AFTER = _compiled(  # "my locker is 42, remember that"
    r"[,;.]\s*(?:please |and )?(?:remember|note|save|write down|don['’]t forget|keep)",
    r"(?: (?:that|this|it))?(?: (?:for me|please))*[.!]?$",
)
_TRAILING = _compiled(r"(?:[\s,]+(?:please|thanks|thank you))+[.!?]*$|[\s.!?]+$")
_FOR_ME = _compiled(r"\s+for me$")
_SAYS_NOTHING = frozenset({"", "this", "that", "it", "something", "a note", "note", "me"})

_ASKING = _compiled(
    _LEAD,
    _any(
        "(?:do|did) (?:you|i) (?:know|remember|recall|mention)",
        "tell me|remind me(?: of| about)?|look up|find(?: me)?|search(?: for)?|i (?:want|need) to know",
    ),
    r"(?:\s+(?:about|if|whether))?(?:\s+|$)",
)
_QUESTION = _compiled(
    "^",
    _any(
        "what (?:did|have) i (?:say|said|tell you|told you|note|noted|got written down|written down)(?: down)? (?:about|on)",
        "what do (?:you|i) (?:know|remember|have)(?: noted)? (?:about|on)",
        "what (?:time|day|date) (?:is|was)",
        r"(?:what|who|when|where|how)(?:['’]s|['’]re| is| are| was| were)",
        "(?:where|when) (?:did|do|have|had|should|must|can) (?:i|we)(?: have to| need to)?"
        "(?: (?:put|leave|left|park|parked|keep|kept|store|stored|hide|hid|last))?",
        "where (?:i|we) (?:put|left|parked|keep|stored|hid)",
        "(?:how|what|who|which) (?:did|do|does|have|has|should|can) (?:i|we)",
        "(?:where|what|when|who|which|how)",
        "(?:my |the |a )?notes? (?:about|on)|anything about|about",
    ),
    r"(?:\s+|$)",
)
_QUESTION_END = _compiled(r"(?:\s+(?:again|called|please|now|is|are|was|were))+$")

_FORGET = _compiled(
    _LEAD,
    "(?:you (?:can|may|should) )?",
    _any(
        "(?:now )?forget|delete|remove|erase|clear|get rid of|stop remembering",
        r"(?:you )?(?:do not|don['’]?t) (?:need|have) to remember",
    ),
    _any(
        "(?: (?:the|my|that|your|an?|any|this))* notes?(?: (?:about|on|that|saying|of))?",
        " (?:what|everything|anything) (?:i|you) (?:said|told you|know|remember|noted|have)(?: noted)?(?: down)? (?:about|on)",
        " about",
        " that",
        "",
    ),
    r"(?:\s+|$)",
)
_FORGET_END = _compiled(r"\s+(?:now|any ?more|any longer|from (?:your|my) (?:notes|memory))$")
_ALL = _compiled(
    r"\b(?:everything|all of (?:it|them)|all(?: of)?(?: my| the| your| our)? (?:notes|memories))\b(?!.* about )",
    r"|\bclear my notes\b",
)
_LAST = _compiled(r"\b(?:last|latest|newest|most recent) (?:note|thing|one|memory)\b")

_YES = _compiled(
    "^",
    _any(
        "yes|yeah|yep|yup|sure|ok|okay|do it|do that|go ahead|of course|please do|right|correct|absolutely|definitely"
    ),
    r"\b|^(?:please )?(?:forget|delete|erase|remove)\b",
)
_DOUBT = _compiled(r"\b(?:no|not|nothing|don['’]?t|wait|keep|never)\b")

_WORD = re.compile(r"\w+")
_SMALL = frozenset(
    (
        "a",
        "an",
        "the",
        "my",
        "our",
        "your",
        "his",
        "her",
        "their",
        "i",
        "me",
        "that",
        "this",
        "is",
        "are",
        "was",
        "were",
        "about",
    )
) | {"of", "to", "in", "on", "at", "for"}


def note_in(text: str) -> str:
    """What to remember, in the person's own words; empty where they have not said it yet."""
    carrier = _REMEMBER.match(text)
    if carrier is None:
        note = _TRAILING.sub("", _REMEMBER_AFTER.sub("", text)).strip()
    else:
        note = _TRAILING.sub("", text[carrier.end() :]).strip()
        if _ASKED_POLITELY.match(text):
            note = _FOR_ME.sub("", note)
    return "" if note.casefold() in _SAYS_NOTHING else note


def topic_of_question(text: str) -> str:
    """What a question asks about ("the spare key"); the whole sentence where it has no shape known here."""
    plain = _TRAILING.sub("", text).strip()
    topic = _ASKING.sub("", plain)
    topic = _QUESTION_END.sub("", _QUESTION.sub("", topic)).strip()
    return topic or plain


def topic_to_forget(text: str) -> str:
    """What shall be forgotten; empty where the sentence does not say."""
    topic = _FORGET_END.sub("", _TRAILING.sub("", _FORGET.sub("", text))).strip()
    return "" if topic.casefold() in _SAYS_NOTHING | {"about", "notes", "my notes"} else topic


def asks_to_remember(text: str) -> bool:
    """Whether the sentence begins with a request to remember ("don't forget that …" is one)."""
    return _REMEMBER.match(text) is not None


def asks_to_forget(text: str) -> bool:
    """Whether the sentence begins with a request to forget."""
    return _FORGET.match(text) is not None and not asks_to_remember(text)


def means_all(text: str) -> bool:
    """Whether all notes are meant."""
    return _ALL.search(text) is not None


def means_last(text: str) -> bool:
    """Whether the newest note is meant."""
    return _LAST.search(text) is not None


def covers(topic: str, note: str) -> bool:
    """Whether every word of weight in `topic` stands in `note`."""
    wanted = set(_WORD.findall(topic.casefold())) - _SMALL
    return bool(wanted) and wanted <= set(_WORD.findall(note.casefold()))


def agrees(text: str) -> bool:
    """Whether an answer to "shall I?" is a yes. Anything unclear is not."""
    return _YES.match(text.strip()) is not None and _DOUBT.search(text) is None
