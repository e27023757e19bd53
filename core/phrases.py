"""The few things the engine says itself, when no skill is there to speak. English; skills bring their own languages."""

OUT_OF_SCOPE = "Sorry, I don't know how to help with that. Say “help” to hear what I can do."
OUT_OF_SCOPE_REPROMPT = "You can say “help”."
NOTHING_HEARD = "I didn't catch that. Say “help” to hear what I can do."
NOT_UNDERSTOOD_NOW = "Sorry, I can't understand messages at the moment. Please try again in a minute."
SKILL_FAILED = "Sorry, something went wrong on my side, and I could not do that."
TOO_SLOW = "Sorry, that took me too long. Please try again."
UNKNOWN_EVENT = "Sorry, I can't do anything with that."
GREETING = "Hello! What can I do for you?"
GOT_PICTURE = "I got your picture, but I can't look into pictures yet. Please tell me in words."
GOT_SOUND = "I got your recording, but I can't listen to recordings yet. Please tell me in words."
GOT_FILE = "I got your file, but I can't look into files yet. Please tell me in words."
STOPPED = "You will get no more messages from me. Reply START to get them again."
STARTED = "You are back: I will answer your messages again. Reply STOP to end this, HELP for help."
KEYWORD_HELP = "I am NEXUS, an assistant: send me a question or a request. Reply STOP to get no more messages."


def attached(media_type: str) -> str:
    """What is said to an attachment that comes without words."""
    match media_type.partition("/")[0].lower():
        case "image":
            return GOT_PICTURE
        case "audio":
            return GOT_SOUND
        case _:
            return GOT_FILE
