"""What is said of a reminder made plain: its task without the moment, and how tasks are compared."""

import re
import unicodedata

from rapidfuzz import fuzz

_LEADS = {
    "en": r"(?:to|that|about|of|for|please)\b",
    "de": r"(?:daran|dass ich|dass|ans|am|an|zu|bitte)\b",
    "es": r"(?:que tengo que|que debo|que|del|de|sobre|lo de|a)\b",
    "fr": r"(?:de|que|qu['’]|d['’]|pour|à propos de)",
    "it": r"(?:di|che devo|che|d['’]|del|della|per)\b",
}
_ENDS = {
    "en": r"\b(?:at|on|in|by|for|to|please|every|the)",
    "de": r"\b(?:um|am|an|im|in|bitte|ab|zu|jeden|daran)",
    "es": r"\b(?:a|a las|a la|el|en|por favor|de|para|dentro de|cada)",
    "fr": r"\b(?:à|le|dans|vers|s['’]il (?:te|vous) pla[iî]t|pour|de|tous)",
    "it": r"\b(?:a|alle|il|tra|fra|per favore|di|per|ogni)",
}
_FORGET = (  # nobody wants to be reminded to forget: the small words before and after it
    r"^(?:(?:not to |don't |do not )?forget(?: to| about)?|no (?:olvidar|olvide|olvidarme)(?: de)?|olvidar(?:me)?(?: de)?|"
    r"(?:ne pas )?oublier(?: de| d['’])?|(?:non )?dimenticar[ei](?: di)?)\s+|,? (?:nicht )?(?:zu )?vergessen$"
)
_NO_TASK = (
    "something|some thing|a thing|it|this|that|etwas|was|es|das|dran|daran|algo|una cosa|eso|esto|quelque chose|ca|cela|"
    "qualcosa|questo|quello|me|mich|please|bitte"
)
_NOTHING = frozenset(_NO_TASK.split("|"))
_COMMANDS = {
    "en": r"(?:remind me|reminder|let me forget)(?: (?:to|that|about|of|for))*\s+(.+)$",
    "de": r"\b(?:mich|erinnerung)(?: bitte| mal)*(?: (?:daran|dran|an|dass|für))*,?\s+(.+?)(?:,? (?:zu )?erinnern)?$",
    "es": r"(?:recu[eé]rdame|recordarme|recordatorio|me recuerdes)(?: (?:que tengo que|que debo|que|del|de|para|a))*\s+(.+)$",
    "fr": r"(?:rappel(?:le|ez)[- ]moi|me rappeler|rappel|penser)(?: (?:des|du|de|que|pour|à))*\s+(.+)$",
    "it": r"(?:ricordami|ricordarmi|mi ricordi|promemoria)(?: (?:di|che devo|che|per|del|della|delle|dei))*\s+(.+)$",
}
_SMALL_WORDS = (
    "a an the my our to of for about reminder reminders me i that one der die das den dem ein eine einen mein meine meinen "
    "zu erinnerung erinnerungen mich mir el la los las un una mi mis de del que recordatorio recordatorios le les l d des "
    "du mon ma mes rappel rappels pour il lo gli uno di della mio mia promemoria che con delle dei dello degli bitte "
    "please favor favore plait si te vous up back mit von with et und and y e"
)
_SMALL = frozenset(_SMALL_WORDS.split(" "))
_PREFIXES = (
    "ab|an|auf|aus|bei|durch|ein|fern|fest|fort|frei|heim|her|heraus|herunter|hin|hoch|los|mit|nach|raus|rein|runter|statt|teil|um|"
    "vor|vorbei|weg|weiter|wieder|zurück|zusammen"
)
_EARLIER = re.compile(r"\b(?:earlier|sooner|fruher|vorher|antes|adelanta\w*|avance\w*|anticip\w*|prima|plus tot)\b")
_ALL = re.compile(r"all|every|both|samtlich|beide|tod[oa]|amb|los dos|tou[ts]|les deux|chacun|tutt|entramb|ogni")
_WORD = re.compile(r"[^\W_]+")
_ALIKE = 85  # of 100
_FITS = 0.5  # share of the words


def task_in(said: str, language: str, *others: str) -> str:
    """The task in what was taken for one, without what other slots found in it or beside it."""
    task = " ".join(said.split())
    for other in filter(None, (" ".join(each.split()) for each in others)):
        task = _without(task, other, _ENDS.get(language, r"\b\B"))
    task = task.strip(' .,;:!?"“”„«»')
    command = re.match(_COMMANDS.get(language, "$^"), task, re.IGNORECASE)
    task, lead = command[1] if command else task, _LEADS.get(language, "")
    task = re.sub(rf"^(?:{lead})[\s,:]*", "", task, flags=re.IGNORECASE) if lead else task
    task = re.sub(_FORGET, "", task, flags=re.IGNORECASE)
    if fold(task) in _NOTHING:
        return ""
    return _infinitive(task) if language == "de" else task


def task_of_command(text: str, language: str, *others: str) -> str:
    """What is to be done in a whole command ("remind me tomorrow to call Anna"); "" where it does not say."""
    command = " ".join(text[:1_000].split())
    for other in filter(None, (" ".join(each.split()) for each in others)):
        command = _without(command, other, _ENDS.get(language, r"\b\B"))
    found = re.search(_COMMANDS.get(language, "$^"), command, re.IGNORECASE)
    return task_in(found[1], language) if found else ""


def _without(task: str, other: str, ends: str) -> str:
    """`task` without `other`, all of it or the words in which they overlap, and the small words that led to it."""
    found = re.search(rf"(?<!\w){re.escape(other)}(?!\w)", task, re.IGNORECASE)
    if found:
        before = _trimmed(task[: found.start()], ends)
        return f"{before} {task[found.end() :].strip(' ,')}".strip()
    words, more = task.split(), other.casefold().split()
    for count in range(min(len(words), len(more)), 0, -1):
        if [word.casefold() for word in words[-count:]] == more[:count]:
            return _trimmed(" ".join(words[:-count]), ends)
        if [word.casefold() for word in words[:count]] == more[-count:]:
            return " ".join(words[count:])
    return task


def _trimmed(text: str, ends: str) -> str:
    return re.sub(rf"(?:\s*{ends})+\s*$", "", text.rstrip(" ,"), flags=re.IGNORECASE).rstrip(" ,")


def _infinitive(task: str) -> str:
    """ "Anna anzurufen" -> "Anna anrufen", "Tabletten zu nehmen" -> "Tabletten nehmen"."""
    task = re.sub(rf"\b({_PREFIXES})zu(\w+e?n)$", r"\1\2", task)
    return re.sub(r"\bzu (\w+e?n)$", r"\1", task)


def fold(text: str) -> str:
    """Small letters without accents, words with a blank between them."""
    plain = unicodedata.normalize("NFKD", text[:400].casefold())
    return " ".join(_WORD.findall("".join(each for each in plain if not unicodedata.combining(each))))


def means_earlier(text: str) -> bool:
    """Whether something shall move to an earlier moment, by so much."""
    return _EARLIER.search(fold(text)) is not None


def means_all(text: str) -> bool:
    """Whether all are meant, and not something that only sounds nearly so."""
    return _ALL.search(fold(text)) is not None


def tells_apart(said: str) -> bool:
    """Whether `said` has a word that says which reminder is meant."""
    return bool(_telling(said))


def fitting(said: str, tasks: list[str]) -> list[int]:
    """Where in `tasks` those are that fit `said` best; nothing where none does."""
    same = [place for place, task in enumerate(tasks) if fold(task) == fold(said)]
    if same:
        return same
    scores = [_share(_telling(said), fold(task).split()) for task in tasks]
    best = max(scores, default=0.0)
    return [place for place, score in enumerate(scores) if score == best] if best >= _FITS else []


def _telling(said: str) -> list[str]:
    return [word for word in fold(said).split() if word not in _SMALL]


def _share(asked: list[str], task: list[str]) -> float:
    return sum(any(_alike(one, other) for other in task) for one in asked) / len(asked) if asked else 0.0


def _alike(one: str, other: str) -> bool:
    begins = len(one) > 4 < len(other) and (one.startswith(other) or other.startswith(one))
    return one == other or begins or (len(one) > 3 and fuzz.ratio(one, other) >= _ALIKE)
