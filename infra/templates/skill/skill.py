"""The skill Skill name: one method an intent.

Handlers change nothing; what they want changed goes into the reply.
"""

from nexus import Reply, Skill, TurnContext, intent

MOST = 5  # cheers in one answer
LONGEST = 80  # characters of a name


class SkillName(Skill):
    """Cheers."""

    @intent("skillname.cheer")
    async def cheer(self, turn: TurnContext) -> Reply:
        """Cheers for `who`, which is known by now: the dialogue asks for what is required."""
        times = max(1, min(int(turn.slots.get("times", 1)), MOST))
        hoorays = ", ".join(["Hooray", *["hooray"] * (times - 1)])
        who = turn.slots["who"][:LONGEST]
        return Reply(text=turn.say("cheered", hoorays=hoorays, who=who))

    @intent("skillname.about")
    async def about(self, turn: TurnContext) -> Reply:
        """Says what this is for."""
        return Reply(text=turn.say("about"))
