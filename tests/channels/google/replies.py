"""Replies with one feature each, for golden files and for Google's own types."""

from typing import Any

from shared.turn import Card, Choice, Elicit, Media, Reply

LONG = "This sentence is one of many, and there are more of them than a bubble can hold. " * 30
PICTURE = Media("https://media.example/picture.png", "image/png", "a picture")
SOUND = Media("https://media.example/sound.mp3", "audio/mpeg", "a sound")
CARD = Card("Tokyo", "Thirty-seven million people.", "https://media.example/tokyo.png", "https://links.example/tokyo")
OTHER = Card("Paris", "Two million people.", None, "https://links.example/paris")
PLAIN = Card("Rome", "Three million people.")
FILM = Media("https://media.example/film.mp4", "video/mp4", "a film")
INSECURE = Card("Old", "From long ago.", "http://media.example/old.png", "http://links.example/old")
CHOICES = tuple(
    Choice(title, title.lower()) for title in ("Yes", "No", "A title that is too long for any chip there is")
)
MANY = tuple(Choice(f"Number {number}", str(number)) for number in range(14))
TABLE: dict[str, Any] = {
    "title": "Cities",
    "subtitle": "and their people",
    "columns": [{"header": "City"}, {"header": "People", "align": "TRAILING"}],
    "rows": [["Tokyo", "37 million"], ["Paris", "2 million"]],
}

REPLIES: dict[str, Reply] = {
    "text": Reply(text="It is five o'clock."),
    "nothing": Reply(text=""),
    "human": Reply(text="", human="Somebody of us has taken over."),
    "long_text": Reply(text=LONG, expects_answer=True),
    "speech": Reply(text="It is 5.", speech='It is <emphasis level="strong">five</emphasis> & <b>no</b> more.'),
    "speech_alone": Reply(text="", speech="<p>One.</p><p>Two.</p>"),
    "text_like_ssml": Reply(text="<speak>not ours</speak> & so on"),
    "question": Reply(text="Which city?", reprompt="Tell me a city.", expects_answer=True),
    "elicit": Reply(text="Which city?", elicit=Elicit("clock.time", "place")),
    "end": Reply(text="Goodbye.", end_session=True),
    "choices": Reply(text="Shall I?", choices=CHOICES, expects_answer=True),
    "many_choices": Reply(text="Which one?", choices=MANY, expects_answer=True),
    "choices_at_the_end": Reply(text="Next time.", choices=CHOICES[:2], end_session=True),
    "card": Reply(text="Here is Tokyo.", cards=(CARD,)),
    "card_without_words": Reply(text="", cards=(CARD,)),
    "card_without_links": Reply(text="Here is Rome.", cards=(PLAIN,)),
    "card_with_insecure_links": Reply(text="Here it is.", cards=(INSECURE,)),
    "card_with_long_text": Reply(text="Read.", cards=(Card("Long", LONG, "https://media.example/l.png"),)),
    "two_pages": Reply(text="Two cities.", cards=(CARD, OTHER), expects_answer=True),
    "two_cards": Reply(text="Two cities.", cards=(CARD, PLAIN), expects_answer=True),
    "picture": Reply(text="Look.", media=(PICTURE,)),
    "picture_on_a_card": Reply(text="Look.", cards=(PLAIN,), media=(PICTURE,)),
    "sound": Reply(text="Listen.", media=(SOUND, PICTURE), expects_answer=True),
    "film": Reply(text="Watch.", media=(FILM,)),
    "everything": Reply(
        text="All of it.",
        speech="All <break time='200ms'/> of it.",
        cards=(CARD, OTHER),
        choices=CHOICES,
        media=(PICTURE, SOUND, FILM),
        reprompt="Well?",
        expects_answer=True,
    ),
    "table": Reply(text="Here they are.", native={"google": {"table": TABLE}}),
    "table_and_card": Reply(text="Here they are.", cards=(PLAIN,), native={"google": {"table": TABLE}}),
    "stored": Reply(text="Kept.", native={"google": {"sessionParams": {"city": "Tokyo", "old": None}}}),
}

_PIN_PAGE = "projects/p/locations/l/agents/a/flows/f/pages/pin"
DIGITS: dict[str, Reply] = {
    "elicited_again": Reply(
        text="That was no PIN. Please enter four digits.",
        elicit=Elicit("bank.balance", "pin"),
        reprompt="Four digits, please.",
    ),
    "emptied": Reply(text="Please enter your PIN.", expects_answer=True, native={"google": {"slots": {"pin": {}}}}),
    "taken": Reply(text="Thank you.", native={"google": {"slots": {"pin": {"value": "1234"}}}}),
    "from_another_page": Reply(
        text="Please enter your PIN.", expects_answer=True, native={"google": {"targetPage": _PIN_PAGE}}
    ),
}
"""What asks for digits on the telephone, where the page's form has a parameter `pin`."""

NATIVE: dict[str, dict[str, Reply]] = {
    "actions": {
        "native_scene_and_slots": Reply(
            text="On we go.",
            native={"google": {"scene": "Checkout", "slots": {"place": {"value": "Tokyo"}, "nobody": {}}}},
        ),
        "native_slot_asked_again": Reply(
            text="Which city?", native={"google": {"slots": {"place": {"invalid": True}}}}, expects_answer=True
        ),
        "native_content": Reply(
            text="Choose.",
            expects_answer=True,
            native={
                "google": {
                    "content": {"list": {"items": [{"key": "A"}, {"key": "B"}]}},
                    "typeOverrides": [{"name": "option", "mode": "TYPE_REPLACE", "synonym": {"entries": []}}],
                    "replace": True,
                }
            },
        ),
        "native_storage": Reply(text="Kept.", native={"google": {"userParams": {"score": 7, "old": None}}}),
        "native_canvas": Reply(text="Play.", native={"google": {"canvas": {"url": "https://canvas.example/"}}}),
    },
    "es": {
        "native_contexts": Reply(
            text="Noted.",
            native={
                "google": {
                    "contexts": [
                        {"name": "order", "lifespanCount": 3, "parameters": {"size": "large"}},
                        {"name": "old", "lifespanCount": 0},
                    ]
                }
            },
        ),
        "native_followup_event": Reply(
            text="", native={"google": {"followupEvent": {"name": "REMIND_NOW", "parameters": {"note": "milk"}}}}
        ),
        "native_messages_and_payload": Reply(
            text="More.",
            native={
                "google": {
                    "messages": [{"linkOutSuggestion": {"destinationName": "Us", "uri": "https://links.example"}}],
                    "payload": {"own": {"a": [1, "two", None]}},
                }
            },
        ),
    },
    "cx": {
        "native_page": Reply(
            text="On we go.", native={"google": {"targetPage": "projects/p/locations/l/agents/a/flows/f/pages/1"}}
        ),
        "native_flow": Reply(
            text="On we go.", native={"google": {"targetFlow": "projects/p/locations/l/agents/a/flows/f"}}
        ),
        "native_form": Reply(
            text="Which city?",
            native={"google": {"slots": {"place": {"invalid": True}, "day": {"value": "today", "required": False}}}},
        ),
        "native_transfer": Reply(text="I connect you.", native={"google": {"transfer": "+18005550100"}}),
        "native_handoff": Reply(
            text="Somebody will be with you.",
            native={"google": {"handoff": {"topic": "orders"}, "replace": True, "payload": {"own": 1}}},
        ),
        "native_messages": Reply(
            text="Done.", native={"google": {"messages": [{"conversationSuccess": {"metadata": {"why": "paid"}}}]}}
        ),
    },
}
