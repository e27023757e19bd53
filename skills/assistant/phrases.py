"""What the assistant says. Lists are wordings of the same answer, so that it does not say the same twice in a row."""

from zlib import crc32

MOOD = (
    "I'm well, thank you. What can I do for you?",
    "All good here, thanks for asking. What would you like to know?",
    "Very well, thank you. How can I help?",
)
THANKS = ("You're welcome.", "Any time.", "Glad I could help.", "My pleasure.")
COMPLAINT = (
    "Sorry about that. Try saying it another way, or ask what I can do.",
    "I'm sorry, I got that wrong. Could you put it in other words?",
    "Sorry, that missed the mark. Say it once more in different words, or ask for help.",
)
IDENTITY = (
    (
        "I'm NEXUS, a computer program, not a person. I run on a machine that somebody near you looks after. "
        "Ask what I can do, and I'll tell you."
    ),
    (
        "My name is NEXUS. I'm an assistant, a program rather than a person, and I live on your own server. "
        "You can ask me what I can do."
    ),
)
GOODBYE = ("Goodbye.", "Bye for now.", "See you.", "Take care.")
CANCELLED = ("All right, never mind.", "OK, I've dropped that.", "Never mind, then.")
NOTHING_TO_CANCEL = ("There's nothing open just now.", "OK. Nothing was waiting for an answer.")
YES = (
    "Good. What would you like me to do?",
    "All right, though I hadn't asked anything. What can I do for you?",
)
NO = ("All right. I'm here when you need me.", "OK. Just say so if something comes up.")
JOKES = (
    "I told my computer I needed a break. It said: no problem, I'll go to sleep.",
    "Why did the scarecrow win a prize? He was outstanding in his field.",
    "I used to be a banker, but I lost interest.",
    "Parallel lines have so much in common. It's a shame they'll never meet.",
    "Why don't skeletons fight each other? They don't have the guts.",
    "What do you call a fish with no eyes? A fsh.",
    "I'm reading a book about anti-gravity. It's impossible to put down.",
    "Why did the bicycle fall over? It was two tired.",
    "What do you call cheese that isn't yours? Nacho cheese.",
    "I would tell you a joke about time travel, but you didn't like it.",
    "How does the ocean say hello? It waves.",
    "There are ten kinds of people: those who know binary, and those who don't.",
)


def choose(wordings: tuple[str, ...], message_id: str, last: str = "") -> str:
    """One of `wordings`, told by the message id, so that the same message always gets the same; not `last` if that can be."""
    fresh = tuple(wording for wording in wordings if wording != last) or wordings
    return fresh[crc32(message_id.encode()) % len(fresh)]
