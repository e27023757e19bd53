"""Whatever is generated: nothing passes that its source lacks, and quotations are word for word."""

from hypothesis import given, settings
from hypothesis import strategies as st

from core.generation.guard import Guard, Source, Verdict
from shared.wording import wordings

LOCALES = st.sampled_from(["en-US", "de-DE", "es-ES", "fr-FR", "it-IT"])
NEGATIONS = {
    "en-US": ("not", "never", "no", "without"),
    "de-DE": ("nicht", "nie", "kein", "ohne"),
    "es-ES": ("no", "nunca", "sin", "jamás"),
    "fr-FR": ("pas", "jamais", "sans", "aucun"),
    "it-IT": ("non", "mai", "senza", "nessuno"),
}
# Words of no language: what is done to them depends on nothing but the guard.
NAMES = st.sampled_from(["Korvin", "Zelda", "Brixham", "Ottokar", "Quilla", "Drumond"])
PLAIN = st.lists(st.sampled_from(["zorp", "glim", "brak", "flun", "drel", "smok", "vand"]), min_size=2, max_size=6)
FIGURES = st.integers(min_value=11, max_value=999_999)


def passes(source: str, sentence: str, locale: str, question: str = "") -> bool:
    return bool(Guard(question, (Source(source),), locale).let(sentence))


@settings(deadline=None)  # the first reading of a language loads its words
@given(PLAIN, FIGURES, FIGURES, LOCALES, st.data())
def test_a_number_that_the_source_lacks_never_passes(
    words: list[str], number: int, other: int, locale: str, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(words)))
    source = " ".join([*words[:at], str(number), *words[at:]])
    assert passes(source, source + ".", locale)
    if number != other:
        assert not passes(source, source.replace(str(number), str(other)), locale)
        assert not passes(source, f"{source} {other}", locale)
        assert not passes(source, f"{other} {source}", locale, question=str(other))
    assert not passes(" ".join(words), source, locale, question=source)


@settings(deadline=None)
@given(PLAIN, NAMES, NAMES, LOCALES, st.booleans(), st.data())
def test_a_name_that_the_source_lacks_never_passes(
    words: list[str], name: str, other: str, locale: str, spoken: bool, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(words)))
    source = " ".join([*words[:at], name, *words[at:]])
    source, wrong = (source.lower(), other.lower()) if spoken else (source, other)
    assert passes(source, source, locale)
    if name != other:
        assert not passes(source, source.replace(name.lower() if spoken else name, wrong), locale)
    assert not passes(" ".join(words), source, locale, question=source)


@settings(deadline=None)
@given(PLAIN, LOCALES, st.data())
def test_a_negation_is_never_added_nor_dropped(words: list[str], locale: str, data: st.DataObject) -> None:
    negation = data.draw(st.sampled_from(NEGATIONS[locale]))
    at = data.draw(st.integers(0, len(words)))
    denied, plain = " ".join([*words[:at], negation, *words[at:]]), " ".join(words)
    question = data.draw(st.sampled_from(["", plain, denied]))
    assert not passes(plain, denied, locale, question)
    assert not passes(denied, plain, locale, question)


@settings(deadline=None)
@given(
    st.text(max_size=80),
    st.lists(st.text(min_size=1, max_size=60), max_size=3),
    st.lists(st.text(max_size=60), max_size=3),
)
def test_any_text_ends_in_a_reply_that_holds_every_source(
    question: str, sources: list[str], sentences: list[str]
) -> None:
    guard = Guard(question, tuple(map(Source, sources)), "en-US")
    let = [passed for sentence in sentences if (passed := guard.let(sentence))]
    end = guard.end()
    assert end.text.startswith(" ".join(let))
    if end.verdict is Verdict.QUOTED and not let:
        assert all(f"“{source}”" in end.text for source in sources)
    if not sources and not let:
        assert end.text in wordings("unknown", "en")


@settings(deadline=None)
@given(st.text(max_size=80), LOCALES)
def test_without_a_source_no_figure_and_no_mark_ever_passes(sentence: str, locale: str) -> None:
    let = Guard("", (), locale).let(sentence)
    assert not any(each.isdigit() or each in "<>{}[]|*_#`~&=" for each in let)


@settings(deadline=None)
@given(PLAIN, PLAIN, PLAIN, LOCALES)
def test_what_passes_is_the_source_or_its_end_behind_what_was_asked(
    source: list[str], sentence: list[str], question: list[str], locale: str
) -> None:
    if not passes(" ".join(source), " ".join(sentence), locale, " ".join(question)):
        return
    left = source[: len(source) - len(sentence)]
    assert source[len(left) :] == sentence
    assert set(left) <= set(question)
