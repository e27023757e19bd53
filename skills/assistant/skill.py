"""The assistant itself: what it can do, how it greets, and the small words of a conversation.

What is said about an open question (cancel, repeat, help, yes, no, start over, go back, correct) is the dialogue's; it comes
here only where nothing is asked. So does "go on" where no answer is owed.
"""

from datetime import datetime
from zlib import crc32
from zoneinfo import ZoneInfo

from shared.skill import Skill, TurnContext, intent
from shared.turn import Choice, Kind, Reply
from skills.assistant import help as helping

NAME = "assistant"
PARTS = ("morning", "afternoon", "evening")
"""The parts of a day, each with its greetings among the answers."""


class Assistant(Skill):
    """Answers `assistant.*`. Nothing is kept: wording varies with the message id alone."""

    @intent("assistant.help")
    async def help(self, turn: TurnContext) -> Reply:
        """What NEXUS can do here, or what one skill does when it is named."""
        named = helping.meant(turn.text, turn.skills, NAME)
        return helping.about(turn, named) if named else helping.overview(turn, NAME)

    @intent("assistant.greet")
    async def greet(self, turn: TurnContext) -> Reply:
        """A greeting that fits the hour; at the start of a session with something to try."""
        return _greeting(turn)

    @intent("assistant.identity")
    async def identity(self, turn: TurnContext) -> Reply:
        """Who it is, honestly: a program."""
        return Reply(text=turn.say("identity"), expects_answer=True)

    @intent("assistant.mood")
    async def mood(self, turn: TurnContext) -> Reply:
        """How it is doing."""
        return Reply(text=turn.say("mood"), expects_answer=True)

    @intent("assistant.thanks")
    async def thanks(self, turn: TurnContext) -> Reply:
        """An answer to thanks or praise."""
        return Reply(text=turn.say("thanks"))

    @intent("assistant.complaint")
    async def complaint(self, turn: TurnContext) -> Reply:
        """An apology, and how to get on."""
        return Reply(text=turn.say("complaint"), expects_answer=True)

    @intent("assistant.joke")
    async def joke(self, turn: TurnContext) -> Reply:
        """A joke, not the last one again."""
        return Reply(text=turn.say("joke"))

    @intent("assistant.repeat")
    async def repeat(self, turn: TurnContext) -> Reply:
        """The last answer once more."""
        last = turn.session.last_reply
        return Reply(text=last) if last else Reply(text=turn.say("nothing_said"), expects_answer=True)

    @intent("assistant.go_on")
    async def go_on(self, turn: TurnContext) -> Reply:
        """Nothing is owed: an answer that was not ready is said before anybody asks here."""
        return Reply(text=turn.say("nothing_owed"), expects_answer=True)

    @intent("assistant.cancel")
    async def cancel(self, turn: TurnContext) -> Reply:
        """Nothing to leave; a platform's own cancel ends the session."""
        if turn.understanding.source == "platform":
            return await self.goodbye(turn)
        return Reply(text=turn.say("nothing_open"))

    @intent("assistant.start_over", "assistant.go_back")
    async def start_over(self, turn: TurnContext) -> Reply:
        """Nothing to begin again, and no way back."""
        return Reply(text=turn.say("nothing_begun"), expects_answer=True)

    @intent("assistant.correct", "assistant.follow_up")
    async def unclear(self, turn: TurnContext) -> Reply:
        """A correction, or a follow-up, of nothing that it fits."""
        return Reply(text=turn.say("unclear"), expects_answer=True)

    @intent("assistant.goodbye")
    async def goodbye(self, turn: TurnContext) -> Reply:
        """Takes leave and ends the session."""
        return Reply(text=turn.say("goodbye"), end_session=True)

    @intent("assistant.yes")
    async def yes(self, turn: TurnContext) -> Reply:
        """A yes to nothing: asks what is wanted."""
        return Reply(text=turn.say("yes"), expects_answer=True)

    @intent("assistant.no")
    async def no(self, turn: TurnContext) -> Reply:
        """A no to nothing."""
        return Reply(text=turn.say("no"))


def _greeting(turn: TurnContext) -> Reply:
    hello = turn.say(_part_of_day(turn))
    examples = [info.examples[0] for info in turn.skills if info.examples and info.name != NAME]
    choices = tuple(Choice(example, example) for example in examples[:4])
    if turn.request.kind is not Kind.OPEN:
        return Reply(text=turn.say("greeted", hello=hello), choices=choices, expects_answer=True)
    if not examples:
        return Reply(text=turn.say("opened", hello=hello), expects_answer=True)
    example = helping.quoted(turn, [examples[crc32(turn.request.message_id.encode()) % len(examples)]])
    return Reply(
        text=turn.say("opened_with", hello=hello, example=example),
        choices=choices,
        expects_answer=True,
        reprompt=turn.say("opened_again", example=example),
    )


def _part_of_day(turn: TurnContext) -> str:
    """What the person called it, else what the clock says where they are."""
    said = f" {helping.plain(turn.text)} "
    for part in PARTS:
        if any(helping.plain(hello).strip(" .!¡") in said for hello in turn.answers[part]):
            return part
    hour = datetime.fromtimestamp(turn.clock.now(), ZoneInfo(turn.timezone)).hour
    if hour < 4 or hour >= 18:
        return "evening"
    return "morning" if hour < 12 else "afternoon"
