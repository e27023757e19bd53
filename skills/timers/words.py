"""What people call timers, made plain: names without articles and without the word for a timer itself."""

import re
import unicodedata

_TIMERS = {
    "en": "timers? countdowns? alarms? clocks?",
    "de": "timers? wecker kurzzeitwecker countdowns? eieruhr küchenwecker uhr",
    "es": "temporizador(?:es)? cronómetros? alarmas? cuentas? atrás timers? regresiva reloj",
    "fr": "minuteurs? minuteries? comptes? rebours chronos? chronomètres? alarmes? timers? à",
    "it": "timer conto cont[oi] rovescia countdown sveglia cronometro alla",
}
_SMALL = {
    "en": "a an the my our this that of for please one ones called named run?ning? current other long still left on is it "
    "time all",
    "de": "ein eine einen einem einer eines der die das den dem des mein meine meinen meiner meinem dieser diesen von vom "
    "für fürs namens noch bitte mit zum zur beim auf am mal wie viel zeit lange laufende[nr]?",
    "es": "un una unos unas el la los las mi mis de del al para llamado llamada que ese este por favor con cuánto queda tiempo",
    "fr": "un une le la les l mon ma mes de du des d pour ce cet cette appelé nommé s'il vous plaît avec qui combien reste temps",
    "it": "un uno una il lo la i gli le l mio mia miei di del della dei delle dello dell per quello questo "
    "chiamato con che quanto manca",
}
_ALL = re.compile(r"all|every|both|samtlich|beide|tod[oa]|amb|los dos|tou[ts]|les deux|tutt|entramb|ogni|chaque")
_WORD = re.compile(r"[^\W_]+")
_JOINED = re.compile(r"[-‐ ]?(?:timer|wecker|countdown)s?$", re.IGNORECASE)
_LONGEST = 200  # characters that are looked at


def fold(text: str) -> str:
    """Small letters without accents, words with a blank between them."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join(_WORD.findall("".join(each for each in plain if not unicodedata.combining(each))))


def means_all(text: str) -> bool:
    """Whether all are meant, and not something that only sounds nearly so ("beim Timer", "beide Timer")."""
    return _ALL.search(fold(text)) is not None


def name_in(said: str, language: str, *others: str) -> str:
    """The name in what was taken for one: "the pasta timer" is called "pasta". `others` is what other slots found in it."""
    for other in filter(None, others):
        said = re.sub(rf"(?<!\w){re.escape(other)}(?!\w)", " ", said, flags=re.IGNORECASE)
    words = _JOINED.sub("", " ".join(said[:_LONGEST].split()).strip(" .,;:!?\"'“”„«»")).split()
    while words and _is_small(words[0], language):
        words.pop(0)
    while words and _is_small(words[-1], language):
        words.pop()
    return re.sub(r"^[ldLD]['’]", "", " ".join(words)) if language in ("fr", "it") else " ".join(words)


def is_of_timer(length: str, text: str) -> bool:
    """Whether `length` says in `text` which timer it is: "the ten minute timer", "le minuteur de dix minutes"."""
    said = re.escape(fold(length))
    before, after = r"(?:temporizador|minuteur|timer) (?:de|da|di) ", r" (?:timer|wecker|countdown)"
    return re.search(rf"{before}{said}\b|\b{said}{after}", fold(text[:_LONGEST])) is not None


def _is_small(word: str, language: str) -> bool:
    folded = fold(word)
    patterns = f"{_TIMERS.get(language, '')} {_SMALL.get(language, '')}".split()
    return not folded or any(re.fullmatch(_plain(pattern), folded) for pattern in patterns)


def _plain(pattern: str) -> str:
    decomposed = unicodedata.normalize("NFKD", pattern)
    return "".join(each for each in decomposed if not unicodedata.combining(each))
