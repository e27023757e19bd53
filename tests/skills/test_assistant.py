"""Help stays short and useful however many skills there are, and names what may be asked about, in every language."""

from pathlib import Path

import pytest

import skills
from core.skillbook import SkillBook
from infra.plugins import load_skill
from shared.locales import LANGUAGES, in_language
from shared.manifest import SkillInfo
from shared.turn import Reply
from skills.assistant.help import meant
from tests.skills.talk import Talk

ASSISTANT = Path(skills.__path__[0]) / "assistant"
OWN = SkillInfo("assistant", "Help and small talk", "I chat.", ("Tell me a joke",))
MANY = (
    OWN,
    *(
        SkillInfo(name, title, f"I do {title.lower()}.", (f"Do {title}", f"More {title}"))
        for name, title in {
            "clock": "Time and dates", "notes": "Notes", "calculator": "Sums and units", "lists": "Lists", "timers": "Timers",
            "chance": "Dice, coins and chance", "weather": "Weather", "news": "News", "home": "Home", "reminders": "Reminders",
            "handoff": "A human, please",
        }.items()
    ),
)  # fmt: skip


def talk(language: str = "en", infos: tuple[SkillInfo, ...] = MANY) -> Talk:
    return Talk(ASSISTANT, locale=in_language("", language) or "en-US", skills=infos)


def ask(talk: Talk, text: str) -> Reply:
    return talk.say("assistant.help", text)


def test_of_many_skills_the_titles_are_told_a_few_at_a_time() -> None:
    one = talk()
    first = ask(one, "help")
    assert first.text == (
        "I can help with these: Time and dates, Notes, Sums and units, Lists, Timers, and Dice, coins and chance. "
        "There are 6 more: say “what else” to hear them. Ask me about one of them, such as “help with Time and dates”."
    )
    assert [choice.title for choice in first.choices][:2] == ["Time and dates", "Notes"]
    assert first.choices[-1].value == "what else"
    second = ask(one, "what else")
    assert second.text == (
        "Then there are these: Weather, News, Home, Reminders, A human, please, and Help and small talk. "
        "Ask me about one of them, such as “help with Weather”."
    )
    assert ask(one, "what else").text == first.text


def test_after_something_else_it_begins_anew() -> None:
    one = talk()
    first = ask(one, "help")
    one.say("assistant.thanks", "thanks")
    assert ask(one, "help").text == first.text


def test_what_is_to_be_picked_leads_to_the_skill() -> None:
    for choice in ask(talk(), "help").choices[:-1]:
        assert ask(talk(), choice.value).text.startswith(f"I do {choice.title.lower()}.")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("count", [0, 1, 5, 6, 7, 12])
def test_it_is_short_in_every_language(language: str, count: int) -> None:
    reply = ask(talk(language, MANY[:count]), "?")
    assert 10 < len(reply.text) <= 560
    assert "{" not in reply.text
    assert reply.expects_answer == (count > 0)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("help with timer", "timers"), ("what can you do with lists", "lists"), ("help with the dice", "chance"), ("help", None),
        ("help with cooking", None), ("i want help and small talk", "assistant"), ("Hilfe zum wetter", None), ("notes?", "notes"),
    ],
)  # fmt: skip
def test_what_help_is_wanted_with(text: str, name: str | None) -> None:
    found = meant(text, MANY, "assistant")
    assert (found and found.name) == name


def test_accents_do_not_matter() -> None:
    meteo = SkillInfo("weather", "Météo", "", ())
    assert meant("aide pour meteo", (OWN, meteo), "assistant") is meteo


@pytest.mark.parametrize("language", LANGUAGES)
def test_where_nothing_is_owed_it_says_so_in_varied_words(language: str) -> None:
    one = talk(language)
    replies = [one.say("assistant.go_on", text) for text in ("and?", "is it ready", "go on", "did you find out") * 4]
    assert all(reply.expects_answer and not reply.end_session for reply in replies)
    wordings = set(load_skill(ASSISTANT).locales[language].answers["nothing_owed"])
    assert {reply.text for reply in replies} <= wordings
    assert len({reply.text for reply in replies}) > 1


def test_alexa_means_it_by_resume() -> None:
    assert SkillBook([load_skill(ASSISTANT)]).from_platform("AMAZON.ResumeIntent") == "assistant.go_on"
