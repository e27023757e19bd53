"""Grounded or silent: what passes, what is quoted, what is not said; sentences that try to get through in five languages."""

import pytest

from core.generation.guard import MOST_SENTENCES, Guard, Guarded, Origin, Source, Verdict
from shared.wording import wordings

KEY = "the spare key is under the mat"


def guarded(question: str, sources: list[str] | list[Source], *sentences: str, locale: str = "en-US") -> Guarded:
    given = tuple(one if isinstance(one, Source) else Source(one) for one in sources)
    guard = Guard(question, given, locale, "Europe/Vienna", "m1")
    for sentence in sentences:
        guard.let(sentence)
    return guard.end()


@pytest.mark.parametrize(
    ("question", "source", "sentence", "locale"),
    [
        ("where is the spare key?", KEY, "The spare key is under the mat.", "en-US"),
        ("where is my spare key?", KEY, "Your spare key is under the mat.", "en-US"),
        ("where is the spare key?", KEY, "It is under the mat.", "en-US"),
        ("where is the spare key?", KEY, "Under the mat.", "en-US"),
        ("what is my locker code?", "my locker code is 4417", "Your locker code is 4,417.", "en-US"),
        ("where did I park?", "I parked on level 3, row F", "You parked on level three, row F.", "en-US"),
        ("who is not allowed in?", "Tom is not allowed in", "Tom isn't allowed in.", "en-US"),
        ("wo ist mein Schlüssel?", "mein Schlüssel ist im Flur", "Dein Schlüssel ist im Flur.", "de-DE"),
        ("wo ist der Schlüssel?", "der Schlüssel ist im Flur", "Er ist im Flur.", "de-DE"),
        ("¿cuál es mi código?", "mi código es 4417", "Tu código es 4417.", "es-ES"),
        ("où est la clé ?", "la clé est sous le paillasson", "Elle est sous le paillasson.", "fr-FR"),
        ("qual è il mio codice?", "il mio codice è 4417", "Il tuo codice è 4417.", "it-IT"),
    ],
)
def test_what_a_source_says_passes(question: str, source: str, sentence: str, locale: str) -> None:
    assert guarded(question, [source], sentence, locale=locale) == Guarded(sentence, Verdict.PASSED)


@pytest.mark.parametrize(
    ("question", "source", "sentence", "locale"),
    [
        # numbers, names, negations, moments
        ("what is my locker code?", "my locker code is 4417", "Your locker code is 4471.", "en-US"),
        ("who has the drill?", "I lent the drill to Maria", "You lent the drill to Mary.", "en-US"),
        ("where is the spare key?", KEY, "The spare key is not under the mat.", "en-US"),
        ("is Ben allergic to nuts?", "Ben is not allergic to nuts", "Ben is allergic to nuts.", "en-US"),
        ("when is the meeting?", "the meeting is at 3 pm", "The meeting is at 3 am.", "en-US"),
        # roles, owners, places, conditions, who said it
        ("who is whose mother?", "Anna is the mother of Ben", "Ben is the mother of Anna.", "en-US"),
        ("is Ben allergic to nuts?", "Ben's brother is allergic to nuts", "Ben is allergic to nuts.", "en-US"),
        ("where is the spare key?", KEY, "The spare key is on the mat.", "en-US"),
        ("where is the party?", "if it rains the party is at home", "The party is at home.", "en-US"),
        ("where is the party?", "the party is at home unless it is dry", "The party is at home.", "en-US"),
        ("is Ben ill?", "Tom thinks that Ben is ill", "Ben is ill.", "en-US"),
        ("does Ben eat nuts?", "Ben seldom eats nuts", "Ben eats nuts.", "en-US"),
        ("was the key there?", "the key was there", "The key is there.", "en-US"),
        ("where did I park?", "I parked on level 3", "I parked on level 3.", "en-US"),
        # another subject than the one that was asked about
        ("what is Anna allergic to?", "Ben is allergic to nuts", "She is allergic to nuts.", "en-US"),
        ("what are Tom and Anna allergic to?", "Tom is allergic to nuts", "Allergic to nuts.", "en-US"),
        ("is the spare key under the rug?", KEY, "It is under the mat.", "en-US"),
        # more than the source says; a yes or a no; advice; markup
        ("where is the spare key?", KEY, "The spare key is under the red mat.", "en-US"),
        ("is the spare key under the mat?", KEY, "Yes, the spare key is under the mat.", "en-US"),
        ("where is the spare key?", KEY, "Take the spare key.", "en-US"),
        ("where is the spare key?", KEY, "<speak>The spare key is under the mat.</speak>", "en-US"),
        ("where is the spare key?", KEY, "**The spare key is under the mat.**", "en-US"),
        ("where is the spare key?", KEY, "The spare key is under the mat\u202e.", "en-US"),
        ("where is the spare key?", KEY, "The spare key is under the m\u200bat.", "en-US"),
        ("where is the spare key?", KEY, "The spare key is under the mat?", "en-US"),
        # other languages
        ("darf Lena Nüsse essen?", "Lena darf keine Nüsse essen", "Lena darf Nüsse essen.", "de-DE"),
        ("wer hat die Leiter?", "Herr Müller hat die Leiter", "Herr Möller hat die Leiter.", "de-DE"),
        ("¿Ana come carne?", "Ana no come carne", "Ana come carne.", "es-ES"),
        ("¿cuál es mi código?", "mi código es 1.234", "Tu código es 1,234.", "es-ES"),
        ("Paul aime les olives ?", "Paul n'aime pas les olives", "Paul aime les olives.", "fr-FR"),
        ("Luca mangia la carne?", "Luca non mangia la carne", "Luca mangia la carne.", "it-IT"),
        ("quando è la festa?", "la festa è il 3 maggio", "La festa è il 4 maggio.", "it-IT"),
        # who does what to whom is said by case, or by the verb alone
        ("wen beißt der Hund?", "der Hund beißt den Mann", "Den Hund beißt der Mann.", "de-DE"),
        ("wen sah Tom?", "Tom sah ich", "Tom sah dich.", "de-DE"),
        (
            "wer hat wen besucht?",
            "mein Bruder hat meinen Vater besucht",
            "Deinen Bruder hat dein Vater besucht.",
            "de-DE",
        ),
        ("¿quién es alérgico?", "es alérgico a las nueces", "Eres alérgico a las nueces.", "es-ES"),
        ("¿soy alérgico?", "soy alérgico a las nueces", "Es alérgico a las nueces.", "es-ES"),
        ("la vedo?", "la vedo oggi alle 15:00", "Lo vedo oggi alle 15:00.", "it-IT"),
        # a day that has passed, in another language than that of the talk
        ("dentiste", "le dentiste est demain", "Le dentiste est demain.", "en-US"),
        # in another language than the source
        ("where is the key?", "la clé est sous le paillasson", "The key is under the mat.", "en-US"),
    ],
)
def test_what_no_source_says_is_replaced_by_the_source(question: str, source: str, sentence: str, locale: str) -> None:
    found = guarded(question, [source], sentence, locale=locale)
    assert found.verdict is Verdict.QUOTED
    assert found.why
    assert source in found.text
    assert sentence.strip(".") not in found.text.replace(source, "")


@pytest.mark.parametrize(
    ("sentence", "why"),
    [
        ("The spare key is under 4 mats.", "number"),
        ("The spare key is at 15:00 under the mat.", "moment"),
        ("The spare key is under the mat since yesterday.", "passing moment"),
        ("The spare key is never under the mat.", "negation"),
        ("The spare key is under the mat of Anna.", "name"),
        ("Beneath the mat.", "words"),
    ],
)
def test_why_is_told(sentence: str, why: str) -> None:
    assert guarded("where is the spare key?", [KEY], sentence).why == why


def test_a_dropped_negation_is_told() -> None:
    assert guarded("is Ben in?", ["Ben is not in"], "Ben is in.").why == "negation"


@pytest.mark.parametrize("locale", ["en-US", "de-DE", "es-ES", "fr-FR", "it-IT"])
@pytest.mark.parametrize(
    "sentence", ["Paris.", "It is 42.", "Yes.", "No.", "Take two pills.", "Ja.", "Sí.", "Oui.", "Sì."]
)
def test_without_a_source_nothing_is_asserted(sentence: str, locale: str) -> None:
    found = guarded("?", [], sentence, locale=locale)
    assert found.verdict is Verdict.SILENCED
    assert found.text in wordings("unknown", locale)


def test_without_a_source_it_may_chat() -> None:
    assert guarded("hi", [], "Hello!", "How are you today?") == Guarded("Hello! How are you today?", Verdict.PASSED)


def test_sympathy_stays_before_not_knowing() -> None:
    found = guarded("my leg hurts, is it broken?", [], "I'm sorry to hear that.", "It is broken.", "Hello!")
    assert found.verdict is Verdict.SILENCED
    assert found.text.removeprefix("I'm sorry to hear that. ") in wordings("unknown", "en")


@pytest.mark.parametrize(
    ("told", "sympathy", "rest", "locale"),
    [
        ("I feel lonely today", "I'm sorry to hear that.", "You have many friends.", "en-US"),
        ("ich bin so traurig", "Das tut mir leid.", "Das geht vorbei.", "de-DE"),
        ("me siento solo", "Lo siento mucho.", "Mañana será mejor.", "es-ES"),
        ("je suis triste", "Je suis désolée.", "Cela passera.", "fr-FR"),
        ("mi sento solo", "Mi dispiace molto.", "Passerà presto.", "it-IT"),
    ],
)
def test_to_somebody_who_asks_nothing_sympathy_is_an_answer(told: str, sympathy: str, rest: str, locale: str) -> None:
    found = guarded(told, [], sympathy, rest, locale=locale)
    assert (found.text, found.verdict) == (sympathy, Verdict.PASSED)


def test_nobody_is_said_to_have_lost_anybody() -> None:
    assert guarded("I feel lonely today", [], "I'm sorry for your loss.").verdict is Verdict.SILENCED


def test_nothing_generated_is_not_knowing() -> None:
    assert guarded("hi", []).verdict is Verdict.SILENCED
    assert guarded("where is it?", [KEY]).verdict is Verdict.QUOTED


def test_sources_that_disagree_are_all_quoted() -> None:
    both = ["the party is on 3 May", "the party is on 4 May"]
    found = guarded("when is the party?", both, "The party is on 3 May.")
    assert found.verdict is Verdict.QUOTED
    assert all(f"“{source}”" in found.text for source in both)


def test_a_source_that_the_model_left_out_is_told() -> None:
    found = guarded("Ben and his cake?", ["Ben likes cake", "nuts make Ben ill"], "Ben likes cake.")
    assert "“nuts make Ben ill”" in found.text


def test_a_day_that_has_passed_is_quoted_with_when_it_was_said() -> None:
    source = Source("the dentist is tomorrow", said_at=1_790_000_000.0)
    found = guarded("when is the dentist?", [source], "The dentist is tomorrow.")
    assert found.text == "On September 21, 2026 you told me: “the dentist is tomorrow”."
    deutsch = guarded("wann?", [Source("der Zahnarzt ist morgen", said_at=1_790_000_000.0)], locale="de-AT")
    assert deutsch.text == "Am 21. September 2026 hast du mir gesagt: „der Zahnarzt ist morgen“."


def test_a_source_of_several_sentences_is_quoted_whole() -> None:
    source = "The key is under the mat. But Tom took it."
    found = guarded("where is the key?", [source], "The key is under the mat.")
    assert found.verdict is Verdict.QUOTED
    assert source in found.text
    assert not found.text.endswith(".”.")


def test_where_a_source_is_from_is_said() -> None:
    page = Source("The museum opens at 10:00", Origin.PAGE)
    said = Source("It will be 18 degrees", Origin.ANSWERED)
    assert guarded("when?", [page]).text == "The page says: “The museum opens at 10:00”."
    assert guarded("how warm?", [said]).text == "I said: “It will be 18 degrees”."


def test_a_quotation_is_verbatim_whatever_it_holds() -> None:
    source = "say {quotes} and {day}: <b>“x”</b> </notes> DELETE"
    assert source in guarded("what?", [source], "Anything else.").text


def test_the_text_begins_with_what_was_let_pass() -> None:
    guard = Guard("where is the spare key?", (Source(KEY), Source("Tom has a bike")), "en-US")
    told = [guard.let(sentence) for sentence in ("It is under the mat.", "It is blue.", "It is under the mat.")]
    assert told == ["It is under the mat.", "", ""]
    assert guard.stopped
    assert guard.end().text.startswith("It is under the mat. ")
    assert "“Tom has a bike”" in guard.end().text


def test_it_ends_where_the_model_repeats_itself_or_talks_on() -> None:
    assert guarded("hi", [], "Hello!", "Hello!", "How are you?").text == "Hello!"
    many = [f"{word}." for word in ("Hello", "Hi", "Hey", "Thanks", "Thank you", "Sorry")]
    assert guarded("hi", [], *many).text == " ".join(many[:MOST_SENTENCES])


def test_the_refusal_varies_with_the_message() -> None:
    texts = {Guard("?", (), "en", message_id=f"m{n}").end().text for n in range(20)}
    assert texts == set(wordings("unknown", "en"))
