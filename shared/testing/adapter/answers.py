"""Cases of AdapterContract: what goes out, and the door itself."""

import re

import msgspec

from shared.channel import Wire
from shared.errors import NexusError, NotAuthentic
from shared.testing.adapter.hooks import AdapterHooks
from shared.testing.adapter.values import (
    CANARY,
    MAX_BODY,
    SAYINGS,
    Said,
    assert_well_formed,
    every_error,
    rich_reply,
    rich_words,
    turn_of,
)
from shared.text import clean
from shared.turn import Card, Outcome, Reply


class AnswerCases(AdapterHooks):
    """Answers are pure, complete and well-formed; so are errors, which tell nothing."""

    def test_rendering_twice_gives_the_same_and_changes_nothing(self) -> None:
        request = self.request()
        turn = turn_of(request, rich_reply())
        before = msgspec.msgpack.encode((request, turn))
        replies = [self.door().render(request, turn) for _ in range(3)]
        assert replies[0] == replies[1] == replies[2]
        assert msgspec.msgpack.encode((request, turn)) == before
        assert replies[0] != self.door().render(request, turn_of(request, Reply(text="something else")))

    def test_rendering_drops_nothing(self) -> None:
        request = self.request()
        body = self.door().render(request, turn_of(request, rich_reply())).body
        missing = [word for word in rich_words() if word.encode() not in body]
        assert not missing, f"not in the answer: {missing}"

    def test_every_outcome_has_an_answer(self) -> None:
        request = self.request()
        for outcome in Outcome:
            for reply in (None, Reply(text="Here."), Reply(text="")):
                assert_well_formed(self.door().render(request, turn_of(request, reply, outcome)))

    def test_any_words_can_be_answered(self) -> None:
        request = self.request()
        for text in (*SAYINGS, "long words. " * 20_000, "x" * 50_000, "😀" * 20_000):
            reply = Reply(
                text=clean(text), cards=(Card(title=clean(text)[:2_000], text=clean(text)),), reprompt=clean(text)
            )
            assert_well_formed(self.door().render(request, turn_of(request, reply)))

    def test_every_error_has_an_answer(self) -> None:
        door = self.door()
        for error in every_error():
            reply = door.render_error(error)
            assert_well_formed(reply)
            assert reply.status == (door.unauthenticated if isinstance(error, NotAuthentic) else error.status)

    def test_every_error_after_parsing_has_an_answer(self) -> None:
        door, request = self.door(), self.request()
        for error in every_error():
            reply = door.render_error(error, request)
            assert_well_formed(reply)
            assert reply.status in (200, door.unauthenticated, error.status)

    def test_errors_tell_nothing_of_what_was_said(self) -> None:
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
        text = self.shut()
        assert self.setting in text, f"the text must name {self.setting}: {text}"

    def test_the_door_declares_sensible_bounds(self) -> None:
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
