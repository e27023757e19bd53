"""Cases of AdapterContract: what goes out, and the door itself."""

import re

import msgspec

from shared.channel import Wire
from shared.errors import NexusError, NotAuthentic
from shared.testing.adapter.hooks import AdapterHooks
from shared.testing.adapter.replies import Told, missing
from shared.testing.adapter.values import (
    CANARY,
    MAX_BODY,
    SAYINGS,
    Said,
    assert_well_formed,
    every_error,
    given,
    rich_reply,
    turn_of,
)
from shared.text import clean
from shared.turn import Card, Outcome, Reply


class AnswerCases(AdapterHooks):
    """Answers are pure, complete and well-formed; so are errors, which tell nothing."""

    def test_rendering_twice_gives_the_same_and_changes_nothing(self) -> None:
        """The same turn gives the same bytes each time, and another turn others: rendering is pure."""
        door, request = self.door(), self.request()
        turn, other = turn_of(request, rich_reply()), turn_of(request, Reply(text="something else"))
        before = msgspec.msgpack.encode((request, turn))
        replies = [self.door().render(request, turn) for _ in range(3)]
        assert replies[0] == replies[1] == replies[2]
        assert msgspec.msgpack.encode((request, turn)) == before
        sent = [(door.render(request, one), door.outgoing(request, one)) for one in (turn, other)]
        assert sent[0] != sent[1], "two different replies are answered alike"

    def test_rendering_drops_nothing(self) -> None:
        """Text, cards, choices, media and reprompt of a rich reply are all in the answer, or in what is sent."""
        door, request, reply = self.door(), self.request(), rich_reply()
        turn = turn_of(request, reply)
        lost = missing(reply, self.said(door.render(request, turn), door.outgoing(request, turn)), self.reprompts)
        assert not lost, f"not said, shown or sent: {lost}"

    def test_every_outcome_has_an_answer(self) -> None:
        """Answered, refused, deferred, failed or still running, with a reply or without: the platform takes the answer."""
        wire, request = self.wire(), self.request()
        for outcome in Outcome:
            for reply in (None, Reply(text="Here."), Reply(text="")):
                with given(Told(reply, outcome)):
                    answer = self.door().render(request, turn_of(request, reply, outcome))
                    assert_well_formed(answer)
                    if reply is not None or outcome is not Outcome.ANSWERED:
                        self.assert_no_complaints(self.complaints(wire, answer), answer.body)

    def test_any_words_can_be_answered(self) -> None:
        """Every script, markup, control characters and fifty thousand letters can be said."""
        request = self.request()
        for text in (*SAYINGS, "long words. " * 20_000, "x" * 50_000, "😀" * 20_000):
            reply = Reply(
                text=clean(text), cards=(Card(title=clean(text)[:2_000], text=clean(text)),), reprompt=clean(text)
            )
            assert_well_formed(self.door().render(request, turn_of(request, reply)))

    def test_every_error_has_an_answer(self) -> None:
        """Every error before there is a request becomes a well-formed answer with the right status."""
        door = self.door()
        for error in every_error():
            with given(error):
                reply = door.render_error(error)
                assert_well_formed(reply)
                assert reply.status == (door.unauthenticated if isinstance(error, NotAuthentic) else error.status)

    def test_every_error_after_parsing_has_an_answer(self) -> None:
        """Every error after that becomes one that the platform takes: its status, or an apology in the platform's own form."""
        door, wire, request = self.door(), self.wire(), self.request()
        for error in every_error():
            with given(error):
                reply = door.render_error(error, request)
                assert_well_formed(reply)
                assert reply.status in (200, door.unauthenticated, error.status)
                if reply.status == 200:
                    self.assert_no_complaints(self.complaints(wire, reply), reply.body)

    def test_errors_tell_nothing_of_what_was_said(self) -> None:
        """No error, and no answer to one, holds what the person said."""
        body = self.body(Said())
        assert CANARY.encode() in body
        told = [self._error(wire) for wire in (self.unsigned(self.wire()), *self.forged(self.wire()), *self.stale())]
        told += [
            self._error(self.sign(broken, Said()))
            for broken in (body[:-1], body + b"x", b'"' + body.replace(b'"', b"'") + b'"')
        ]
        for error in told:
            assert CANARY not in str(error)
            assert CANARY.encode() not in self.door().render_error(error).body

    def test_without_credentials_the_door_is_shut_and_says_how_to_open_it(self) -> None:
        """Without credentials the door is shut, and its text names the setting that is missing."""
        text = self.shut()
        assert self.setting in text, f"the text must name {self.setting}: {text}"

    def test_the_door_declares_sensible_bounds(self) -> None:
        """Name, body limit, time budget and the status for the unproven are such as the front can work with."""
        door = self.door()
        assert re.fullmatch("[a-z][a-z0-9_-]*", door.name)
        assert 0 < door.body_limit <= MAX_BODY
        assert 0 < door.budget_s <= 60
        assert door.unauthenticated in (400, 401, 403)

    def _error(self, wire: Wire) -> NexusError:
        try:
            request = self.through(wire)
        except NexusError as error:
            return error
        raise AssertionError(f"this was taken for a message: {request!r:.300}")
