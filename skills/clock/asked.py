"""What a question names, in the person's words: a place, two places, a day, an hour, a year."""

import re

LONGEST = 200  # characters


def _compiled(*parts: str) -> re.Pattern[str]:
    return re.compile("".join(parts), re.IGNORECASE)


_TAIL = _compiled(
    r"(?:[\s,?!.]+(?:right now|now|today|currently|at the moment|at present|please|there|this minute|exactly|thanks|if you know"
    r"|what time is it(?: there)?|time|already|local time))+$|[\s?!.,]+$"
)
_END = _compiled(r"(?:[\s,?!.]+(?:please|exactly|thanks|if you know))+$|[\s?!.,]+$")
_NO_PLACE = frozenset(
    {
        "",
        "here",
        "my place",
        "my city",
        "my town",
        "my area",
        "this place",
        "it",
        "there",
        "that",
        "us",
        "me",
        "home",
        "where i am",
        "our place",
    }
    | {
        "the morning",
        "the evening",
        "the afternoon",
        "words",
        "english",
        "numbers",
        "fact",
        "general",
        "the world",
        "total",
        "the day",
    }
)
_IN = _compiled(r"\b(?:in|at|for|over in|of|call|phone|ring)\s+(?!the (?:morning|evening|afternoon|moment)\b)(.+)$")
_BEFORE_TIME = _compiled(
    r"^(?:what(?:'s| is) |tell me |current )?(?:the )?(.+?)(?:'s)? (?:local )?time(?: right now| now| please)?$"
)
_WORD = re.compile(r"[\w']+")
_USUAL = frozenset(
    (
        "a",
        "about",
        "already",
        "and",
        "are",
        "at",
        "by",
        "can",
        "clock",
        "could",
        "current",
        "currently",
        "date",
        "day",
        "do",
        "does",
        "exact",
        "exactly",
        "give",
        "got",
        "have",
        "hey",
        "hour",
        "how",
        "i",
        "in",
        "is",
        "it",
        "it's",
        "late",
        "like",
        "local",
        "me",
        "moment",
        "month",
        "my",
        "nexus",
        "night",
        "now",
        "of",
        "ok",
        "okay",
        "on",
        "out",
        "over",
        "please",
        "right",
        "say",
        "says",
        "so",
        "tell",
        "that",
        "the",
        "there",
        "this",
        "time",
        "to",
        "today",
        "tomorrow",
        "us",
        "watch",
        "we",
        "week",
        "what",
        "what's",
        "whatever",
        "whats",
        "which",
        "year",
        "yet",
        "you",
        "your",
    )
)

_BETWEEN = tuple(
    _compiled(pattern)
    for pattern in (
        r"\bbetween (?P<place>.+?) and (?P<other>.+)$",
        r"\b(?:ahead of|behind) (?P<other>.+?) (?:is|are) (?P<place>.+)$",
        r"\bapart (?:are|is) (?P<place>.+?) (?:and|from) (?P<other>.+)$",
        r"\b(?:is|are) (?P<place>.+?) (?:in|on) the same time(?: ?zone)? as (?P<other>.+)$",
        r"\b(?:is|are) (?P<place>.+?) and (?P<other>.+?) (?:in|on) the same time",
        r"\b(?:is|are) (?P<place>.+?) (?:ahead of|behind|earlier than|later than) (?P<other>.+?)(?: or (?:ahead|behind))?$",
        r"\bcompare (?:the )?times? (?:in|of|between) (?P<place>.+?) (?:and|with|to) (?P<other>.+)$",
        r"\b(?:from|difference) (?P<place>.+?) (?:to|and|versus|vs) (?P<other>.+)$",
        r"\b(?:ahead|behind|apart) (?:is|are) (?P<place>.+?) (?:of|from|and|to) (?P<other>.+)$",
    )
)
_ALONE = tuple(
    _compiled(pattern)
    for pattern in (
        r"\b(?:difference|hours?) (?:with|to|from|for|in) (.+)$",
        r"\b(?:ahead|behind|far ahead|far behind|apart) (?:is|are) (.+?)(?: from (?:here|us|me))?$",
        r"\bis (.+?) (?:ahead|behind|earlier|later)\b",
        r"\bdifference (.+)$",
    )
)
_HERE = frozenset({"here", "us", "me", "home", "my place", "where i am", "my time", "our time", "mine", "my time zone"})

_UNTIL = _compiled(
    r"\b(?:until|till|til|to|before|since|left (?:in|of|until|till)|countdown (?:to|for|until)|left"
    r"|(?:away|soon) (?:is|are)|ago (?:was|is|were)"
    r"|passed since|days off is|far off (?:is|are))\s+(?:it(?:'s| is) )?(.+)$"
)
_UNTIL_END = _compiled(r"\s+(?:from (?:now|today)|away|left|please|be|comes?|arrives?|starts?|begins?)$")
_LEFT = _compiled(r"\bleft (this|in this|in the|of the|of this) (year|month|week)\b")
_WHEN = (
    _compiled(r"\b(?:born on if my birthday is|birthday is|born on) (.+)$"),
    _compiled(
        r"\b(?:weekday|day|date) (?:of (?:the )?week )?(?:is|was|will|does|did|it is|it was)(?: it)?(?: be)?(?: in)? "
        r"(.+?)(?: fall(?: on)?| land(?: on)?| be)?$"
    ),
    _compiled(r"\b(?:does|did|will) (.+?) (?:fall|land|be|happen|take place|come)\b"),
    _compiled(r"\b(?:when(?:'s| is| was| are| will)|when) (.+?)(?: be| happening| celebrated| held)?$"),
    _compiled(r"\b(?:weekday|date|day)(?: of the week)?(?: is it| was it| will it be)? (?:of|on|for|in) (.+)$"),
    _compiled(
        r"^(?:is|was|will) (.+?) (?:be )?(?:on |during )?(?:a|an|the) (?:weekend|(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b"
    ),
    _compiled(r"^(.+?) is (?:what|which) (?:date|day)"),
    _compiled(r"\b(?:what|which)(?:'s| is| was| will be)? (.+?)(?:'s)? date$"),
    _compiled(r"\b(?:it was|was it|will it be|it will be|is it|be) (.+)$"),
    _compiled(r"^(.+?) date$"),
    _compiled(r"\b(?:date|weekday|day) (.+)$"),
)
_NO_DAY = frozenset({"", "it", "is", "that", "this", "is it", "the day", "the date", "is that"})
_WHEN_LEAD = _compiled(r"^(?:on|it|it's|is|was|the|will it be|be|that|the date of|the day of)\s+")
_WEEK = _compiled(r"\bweek (?:number )?(?:of the year )?(?:is|of|for|has|does)\s+(.+?)(?: in| fall(?: in)?| on)?$")
_YEAR = _compiled(r"\b(\d{3,})\b|\byear (\d+)\b")


def place(text: str) -> str:
    """The place a question about the time or date names ("in Tokyo"); empty where it names none for sure."""
    text = _TAIL.sub("", text[:LONGEST].strip())
    match = _IN.search(text) or _BEFORE_TIME.match(text)
    found = _TAIL.sub("", match[1]) if match else ""
    found = found.removeprefix("like in ").removeprefix("in ")
    is_usual = _WORD.search(found) is not None and not _unusual(found)
    return "" if is_usual or found.casefold() in _NO_PLACE else found


def perhaps_place(text: str) -> str:
    """What is left of such a question when its usual words are taken away ("what time is it tokyo"); it may be anything."""
    text = _TAIL.sub("", text[:LONGEST].strip())
    rest = _unusual(text)
    return "" if rest.casefold() in _NO_PLACE else rest


def _unusual(text: str) -> str:
    """`text` from the first word on that does not belong to every question about the time."""
    first = next((word.start() for word in _WORD.finditer(text) if word[0].casefold() not in _USUAL), None)
    return "" if first is None else text[first:].strip()


def places(text: str) -> tuple[str, str]:
    """The two places a question compares; the second is empty where it is the person's own."""
    text = _TAIL.sub("", text[:LONGEST].strip())
    for pattern in _BETWEEN:
        if match := pattern.search(text):
            return _away(match["place"]), _away(match["other"])
    for pattern in _ALONE:
        if match := pattern.search(text):
            return _away(match[1]), ""
    return "", ""


def _away(said: str) -> str:
    said = _TAIL.sub("", said).strip()
    return "" if said.casefold() in _HERE else said


def moment(text: str) -> str:
    """Until or since when; empty where it is not said."""
    text = _END.sub("", text[:LONGEST].strip())
    if match := _LEFT.search(text):
        return f"{match[1].removeprefix('in ').removeprefix('of ')} {match[2]}"
    match = _UNTIL.search(text)
    return _UNTIL_END.sub("", match[1]).strip() if match else ""


def date(text: str) -> str:
    """The day a question is about; empty where it is not said."""
    text = _END.sub("", text[:LONGEST].strip())
    for pattern in _WHEN:
        if (match := pattern.search(text)) and match[1].strip():
            found = _WHEN_LEAD.sub("", match[1]).strip()
            return "" if found.casefold() in _NO_DAY else found
    return ""


def week_of(text: str) -> str:
    """The day whose week is asked for; empty for this week."""
    text = _END.sub("", text[:LONGEST].strip())
    match = _WEEK.search(text)
    found = match[1].strip() if match else ""
    return "" if found.casefold() in ("it", "this", "this week", "we", "the year", "it now", "year is it") else found


def year(text: str) -> str:
    """A year in figures; empty where there is none."""
    match = _YEAR.search(text)
    return (match[1] or match[2]) if match else ""
