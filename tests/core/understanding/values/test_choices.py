"""Lists of a person's or skill's own: names, synonyms, forms, typos, ties."""

import pytest

from core.understanding.values import Context, Span, UnknownType, find, resolve, tied, wordings

LISTS = {
    "list": {"groceries": ["food", "supermarket"], "todo": ["to do", "tasks"], "birthday_party": ["party"]},
    "drink": {"silk": [], "wine_red": ["wine"], "wine_white": ["wine"]},
}
HERE = Context("en-US", choices=LISTS)


@pytest.mark.parametrize(
    ("type_", "text", "expected"),
    [
        ("list", "groceries", "groceries"),
        ("list", "grocries", "groceries"),
        ("list", "grocereis", "groceries"),
        ("list", "Grocery", "groceries"),
        ("list", "FOOD", "groceries"),
        ("list", "to-do", "todo"),
        ("list", "task", "todo"),
        ("list", "the birthday party please", "birthday_party"),
        ("list", "my supermarket list", "groceries"),
        ("list", "food and tasks", None),
        ("list", "banana", None),
        ("list", "🍌", None),
        ("drink", "milk", None),
        ("drink", "sill", None),
        ("drink", "wine", None),
        ("choice", "grocries", "groceries"),
        ("choice", "silk", "silk"),
    ],
)
def test_a_choice(type_: str, text: str, expected: str | None) -> None:
    found = resolve(type_, text, HERE)
    assert (found.value if found else None) == expected


def test_what_ties_can_be_asked_about() -> None:
    assert tied("drink", "wine", HERE) == ["wine_red", "wine_white"]
    assert tied("list", "grocries", HERE) == ["groceries"]
    assert tied("list", "banana", HERE) == []


def test_choices_are_found_where_they_stand() -> None:
    assert find("list", "add milk to the grocries list", HERE) == [Span(16, 24, "groceries")]


def test_words_of_another_language_are_stemmed_by_its_rules() -> None:
    german = Context("de-DE", choices={"list": {"einkauf": ["einkäufe"], "garten": []}})
    assert [found.value for text in ("Einkäufen", "Gärten") if (found := resolve("list", text, german))] == [
        "einkauf",
        "garten",
    ]


def test_a_type_that_nobody_knows_is_refused() -> None:
    with pytest.raises(UnknownType, match="no type 'colour'"):
        resolve("colour", "red", HERE)


@pytest.mark.parametrize("name", ["birthday_party"])
def test_a_choice_is_said_with_blanks(name: str) -> None:
    assert wordings(name, "list", "en-US") == "birthday party"
