"""Sentences as people mistype them, and as a speech recogniser mishears them. Not the noise that tuning trains with."""

import random
import re

LETTERS = "abcdefghijklmnopqrstuvwxyz"
_PUNCTUATION = re.compile(r"[^\w\s']+")
_UNSTRESSED = frozenset(["a", "an", "the", "to", "of", "is", "for", "in", "my", "me", "i", "do", "it"])
_FILLERS = ("um", "uh", "er", "so", "well", "like", "you know", "okay")
_SOUNDS = {
    "to": "two", "for": "four", "there": "their", "right": "write", "buy": "by", "our": "hour", "know": "no", "new": "knew",
    "weather": "whether", "week": "weak", "meet": "meat", "hear": "here", "won": "one", "ate": "eight", "your": "you're",
    "rate": "raid", "card": "cart", "bank": "bang", "account": "a count", "pin": "pen", "mail": "male", "plane": "plain",
    "flight": "fright", "tire": "tired", "bill": "bell", "set": "sit", "list": "least", "fee": "feet", "pay": "bay",
    "tell": "tail", "find": "fined", "need": "kneed", "where": "wear", "time": "thyme", "car": "cur", "many": "mini",
    "much": "match", "long": "along", "what's": "watts", "what": "but", "how": "cow", "can": "ken", "change": "chains",
}  # fmt: skip
_FIGURES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def misspelt(text: str, count: int, source: random.Random) -> str:
    """`text` with one letter wrong in each of `count` words of three letters or more: swapped, dropped, added or replaced."""
    words = text.split(" ")
    places = [n for n, word in enumerate(words) if len(word) > 2]
    for n in source.sample(places, min(count, len(places))):
        words[n] = _wrong(words[n], source)
    return " ".join(words)


def heard(text: str, source: random.Random) -> str:
    """`text` as a recogniser may write it down: no case, no punctuation, figures as words, one word misheard where one of a
    list of words that sound alike is there, an unstressed word lost in every third sentence, a filler in every third."""
    words = _PUNCTUATION.sub(" ", text.lower()).split()
    words = [_FIGURES[int(word)] if word.isdigit() and int(word) <= 10 else word for word in words]
    if alike := [n for n, word in enumerate(words) if word in _SOUNDS]:
        place = source.choice(alike)
        words[place] = _SOUNDS[words[place]]
    quiet = [n for n, word in enumerate(words) if word in _UNSTRESSED]
    if quiet and len(words) > 3 and source.random() < 1 / 3:
        del words[source.choice(quiet)]
    if source.random() < 1 / 3:
        words.insert(source.randrange(len(words) + 1), source.choice(_FILLERS))
    return " ".join(words)


def _wrong(word: str, source: random.Random) -> str:
    kind, at = source.randrange(4), source.randrange(len(word) - 1)
    if kind == 0:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if kind == 1:
        return word[:at] + word[at + 1 :]
    return word[:at] + source.choice(LETTERS) + word[at + (kind == 2) :]
