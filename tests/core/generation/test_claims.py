"""What sentences claim, and which of them claim the same."""

import pytest

from core.generation.claims import Kind, Token, read
from core.generation.small_talk import harmless


def values(text: str, locale: str = "en-US", *, by_person: bool = False) -> list[str]:
    return [token.value for token in read(text, locale, by_person=by_person)]


@pytest.mark.parametrize(
    ("one", "other", "locale"),
    [
        ("it costs 4,417 euros", "It costs 4417 euros.", "en-US"),
        ("es kostet 1.234,50 Euro", "Es kostet 1234,50 Euro", "de-DE"),
        ("the cake needs three eggs", "The cake needs 3 eggs!", "en-GB"),
        ("il y a vingt et un œufs", "il y a 21 œufs", "fr-FR"),
        ("the train is at 3 pm", "the train is at 15:00", "en-US"),
        ("it is on the 3rd of May 2027", "it is on May 3, 2027", "en-US"),
        ("I can't find it", "I cannot find it", "en-US"),
        ("Ben isn't here", "Ben is not here", "en-US"),
        ("„Der Schlüssel“ liegt im Flur", '"Der Schlüssel" liegt im Flur.', "de-DE"),
    ],
)
def test_the_same_said_otherwise(one: str, other: str, locale: str) -> None:
    assert values(one, locale) == values(other, locale)


@pytest.mark.parametrize(
    ("one", "other", "locale"),
    [
        ("the code is 0042", "the code is 42", "en-US"),
        ("the code is 4417", "the code is 4471", "en-US"),
        ("the password is tulip-92", "the password is tulip 92", "en-US"),
        ("the password is BlueHorse", "the password is bluehorse", "en-US"),
        ("it costs 1.234 euros", "it costs 1,234 euros", "en-US"),
        ("it costs 5 %", "it costs 5", "en-US"),
        ("it costs $5", "it costs €5", "en-US"),
        ("the meeting is at 3", "the meeting is at 3 am", "en-US"),
        ("the plan is in March", "the plan is on March 1", "en-US"),
        ("I lent it to Marie", "I lent it to Mary", "en-US"),
        ("he takes vitamin A", "he takes vitamin", "en-US"),
        ("few are left", "a few are left", "en-US"),
        ("the key is there", "the key is there?", "en-US"),
        ("no, eggs are fine", "no eggs are fine", "en-US"),
        ("Ida, called Grandma, sits in", "Ida called Grandma sits in", "en-US"),
        ("it is 'fine' here", "it is fine here", "en-US"),
        ("it is (not yet) here: wait", "it is not yet here wait", "en-US"),
        ("Tom kommt, nicht Ida", "Tom kommt nicht, Ida", "de-DE"),
        ("„Der Schlüssel“ liegt im Flur", "Der Schlüssel liegt im Flur.", "de-DE"),
        ("it runs version 1.10", "it runs version 1.100", "en-US"),
        ("es kostet 1,50 Euro", "es kostet 1,5 Euro", "de-DE"),
        ("minus 5 Grad", "5 Grad", "de-DE"),
        ("ce n'est pas Luc", "c'est Luc", "fr-FR"),
    ],
)
def test_what_is_not_the_same(one: str, other: str, locale: str) -> None:
    assert values(one, locale) != values(other, locale)


@pytest.mark.parametrize(
    ("person", "nexus", "locale"),
    [
        ("I parked on level 3", "You parked on level three", "en-US"),
        ("my code is 4417", "Your code is 4417", "en-US"),
        ("ich habe mein Rad verliehen", "Du hast dein Rad verliehen", "de-DE"),
        ("mi código es 4417", "Tu código es 4417", "es-ES"),
        ("mon code est 4417", "Votre code est 4417", "fr-FR"),
        ("il mio codice è 4417", "Il tuo codice è 4417", "it-IT"),
    ],
)
def test_who_is_meant_turns_with_who_speaks(person: str, nexus: str, locale: str) -> None:
    assert values(person, locale, by_person=True) == values(nexus, locale)
    assert values(person, locale, by_person=True) != values(person, locale)


@pytest.mark.parametrize(
    ("text", "locale"),
    [
        ("the dentist is tomorrow", "en-US"),
        ("the dentist is next Tuesday at 3 pm", "en-US"),
        ("der Zahnarzt ist morgen", "de-DE"),
        ("el dentista es mañana", "es-ES"),
        ("le dentiste est demain", "fr-FR"),
        ("il dentista è domani", "it-IT"),
        ("the bins go out in two days", "en-US"),
    ],
)
def test_days_that_pass_are_seen(text: str, locale: str) -> None:
    assert Kind.PASSING in {token.kind for token in read(text, locale, by_person=True)}


def test_days_that_stay_are_no_passing_days() -> None:
    for text in ("the birthday is on the 3rd of May", "we met at Christmas", "the shop opens at 10:00"):
        assert Kind.PASSING not in {token.kind for token in read(text, "en-US", by_person=True)}


def test_names_and_negations_are_told_apart() -> None:
    tokens = read("The drill is with Maria, never with Tom", "en-US", by_person=False)
    assert Token(Kind.NAME, "maria") in tokens
    assert Token(Kind.NEGATION, "never") in tokens


@pytest.mark.parametrize(
    ("said", "locale"),
    [
        ("Hello! How are you today?", "en-US"),
        ("I'm sorry to hear that. Can you tell me more about it?", "en-GB"),
        ("Das tut mir leid. Was ist passiert?", "de-DE"),
        ("¡Hola! ¿Cómo estás?", "es-ES"),
        ("Bonjour ! Comment allez-vous ?", "fr-FR"),
        ("Mi dispiace molto. Come ti senti?", "it-IT"),
        ("I don't know that.", "en-US"),
    ],
)
def test_small_talk(said: str, locale: str) -> None:
    assert harmless(said, locale)


@pytest.mark.parametrize(
    ("said", "locale"),
    [
        ("Yes.", "en-US"),
        ("Sure, go ahead!", "en-US"),
        ("That's great!", "en-US"),
        ("Hello 👍", "en-US"),
        ("I'm sorry, but you can drink bleach.", "en-US"),
        ("Would you like to drink it?", "en-US"),
        ("Why don't you take ten pills?", "en-US"),
        ("Did you know that Paris has nine million people?", "en-US"),
        ("Goodbye.", "en-US"),
        ("Sleep well.", "en-US"),
        ("Gern.", "de-DE"),
        ("Ja, natürlich.", "de-DE"),
        ("Freut mich!", "de-DE"),
        ("Claro que sí.", "es-ES"),
        ("Avec plaisir.", "fr-FR"),
        ("Je vous en prie.", "fr-FR"),
        ("Prego, fai pure.", "it-IT"),
        ("Hello <break/>", "en-US"),
        ("Hello {delete}", "en-US"),
        ("", "en-US"),
        ("...", "en-US"),
    ],
)
def test_what_is_leave_or_an_assertion_is_no_small_talk(said: str, locale: str) -> None:
    assert not harmless(said, locale)
