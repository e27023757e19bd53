# Written as skills for Alexa are, without an eye to type checkers, whom the SDK's re-exports do not suit.
# mypy: ignore-errors
# pyright: reportPrivateImportUsage=false, reportOptionalMemberAccess=false, reportOptionalSubscript=false
# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportOperatorIssue=false
"""What the jukebox takes."""

from ask_sdk_core.dispatch_components import AbstractRequestHandler, AbstractResponseInterceptor
from ask_sdk_core.handler_input import HandlerInput
from ask_sdk_core.utils import get_slot_value, get_supported_interfaces, is_intent_name, is_request_type
from ask_sdk_model import Response
from ask_sdk_model.canfulfill import (
    CanFulfillIntent,
    CanFulfillIntentValues,
    CanFulfillSlot,
    CanFulfillSlotValues,
    CanUnderstandSlotValues,
)
from ask_sdk_model.interfaces.alexa.presentation.apl import RenderDocumentDirective
from ask_sdk_model.interfaces.audioplayer import (
    AudioItem,
    AudioItemMetadata,
    PlayBehavior,
    PlayDirective,
    StopDirective,
    Stream,
)

from .songs import SONGS, address, after


def play(song: str, behavior: PlayBehavior = PlayBehavior.REPLACE_ALL, before: str | None = None) -> PlayDirective:
    """Play `song`, after `before` where it is enqueued."""
    stream = Stream(token=song, url=address(song), offset_in_milliseconds=0, expected_previous_token=before)
    return PlayDirective(behavior, AudioItem(stream, AudioItemMetadata(title=song.title())))


class Launched(AbstractRequestHandler):
    """Greets by the name that Amazon's own service tells, and shows what was played last."""

    def can_handle(self, handler_input: HandlerInput) -> bool:
        """On launch."""
        return is_request_type("LaunchRequest")(handler_input)

    def handle(self, handler_input: HandlerInput) -> Response:
        """Greet."""
        name = handler_input.service_client_factory.get_ups_service().get_profile_given_name()
        kept = handler_input.attributes_manager.persistent_attributes
        builder = handler_input.response_builder.speak(f"Hello {name}, {kept.get('plays', 0)} songs so far.").ask(
            "Play?"
        )
        if get_supported_interfaces(handler_input).alexa_presentation_apl is not None:
            document = {
                "type": "APL",
                "version": "2024.3",
                "mainTemplate": {"items": [{"type": "Text", "text": "${x}"}]},
            }
            builder.add_directive(RenderDocumentDirective(token="last", document=document, datasources={"x": kept}))
        return builder.response


class Played(AbstractRequestHandler):
    """Plays a song and counts it."""

    def can_handle(self, handler_input: HandlerInput) -> bool:
        """On a song."""
        return is_intent_name("PlayIntent")(handler_input)

    def handle(self, handler_input: HandlerInput) -> Response:
        """Count and play."""
        song = (get_slot_value(handler_input, "song") or SONGS[0]).lower()
        manager = handler_input.attributes_manager
        kept = manager.persistent_attributes
        manager.persistent_attributes = {**kept, "plays": kept.get("plays", 0) + 1, "last": song}
        manager.save_persistent_attributes()
        builder = handler_input.response_builder.speak(f"Playing {song}.").add_directive(play(song))
        return builder.set_should_end_session(True).response


class Forgotten(AbstractRequestHandler):
    """Forgets everything."""

    def can_handle(self, handler_input: HandlerInput) -> bool:
        """When asked to."""
        return is_intent_name("ForgetIntent")(handler_input)

    def handle(self, handler_input: HandlerInput) -> Response:
        """Delete the attributes."""
        handler_input.attributes_manager.delete_persistent_attributes()
        return handler_input.response_builder.speak("All forgotten.").response


class NearlyFinished(AbstractRequestHandler):
    """Enqueues the next song."""

    def can_handle(self, handler_input: HandlerInput) -> bool:
        """Near the end of one."""
        return is_request_type("AudioPlayer.PlaybackNearlyFinished")(handler_input)

    def handle(self, handler_input: HandlerInput) -> Response:
        """The next one."""
        now = handler_input.request_envelope.request.token
        return handler_input.response_builder.add_directive(play(after(now), PlayBehavior.ENQUEUE, now)).response


class Paused(AbstractRequestHandler):
    """The button on a remote."""

    def can_handle(self, handler_input: HandlerInput) -> bool:
        """On pause."""
        return is_request_type("PlaybackController.PauseCommandIssued")(handler_input)

    def handle(self, handler_input: HandlerInput) -> Response:
        """Stop the music."""
        return handler_input.response_builder.add_directive(StopDirective()).response


class Touched(AbstractRequestHandler):
    """A song on the screen."""

    def can_handle(self, handler_input: HandlerInput) -> bool:
        """On touch."""
        return is_request_type("Alexa.Presentation.APL.UserEvent")(handler_input)

    def handle(self, handler_input: HandlerInput) -> Response:
        """Play it."""
        song = handler_input.request_envelope.request.arguments[0]
        return handler_input.response_builder.speak(f"You touched {song}.").add_directive(play(song)).response


class Able(AbstractRequestHandler):
    """Whether it could play something, asked by Alexa before the person names the skill."""

    def can_handle(self, handler_input: HandlerInput) -> bool:
        """When Alexa asks."""
        return is_request_type("CanFulfillIntentRequest")(handler_input)

    def handle(self, handler_input: HandlerInput) -> Response:
        """Its own songs, yes."""
        slots = handler_input.request_envelope.request.intent.slots or {}
        known = "song" in slots and slots["song"].value in SONGS
        slot = CanFulfillSlot(
            CanUnderstandSlotValues.YES, CanFulfillSlotValues.YES if known else CanFulfillSlotValues.NO
        )
        values = CanFulfillIntentValues.YES if known else CanFulfillIntentValues.NO
        return handler_input.response_builder.set_can_fulfill_intent(CanFulfillIntent(values, {"song": slot})).response


class Ended(AbstractRequestHandler):
    """Cleans up: notes why the session ended."""

    def can_handle(self, handler_input: HandlerInput) -> bool:
        """At its end."""
        return is_request_type("SessionEndedRequest")(handler_input)

    def handle(self, handler_input: HandlerInput) -> Response | None:
        """Save, and say nothing at all."""
        manager = handler_input.attributes_manager
        reason = handler_input.request_envelope.request.reason
        manager.persistent_attributes = {**manager.persistent_attributes, "ended": reason.value}
        manager.save_persistent_attributes()
        return None


class Stamp(AbstractResponseInterceptor):
    """Counts answers in the session."""

    def process(self, handler_input: HandlerInput, response: Response | None) -> None:
        """After each."""
        if handler_input.request_envelope.session is not None:
            session = handler_input.attributes_manager.session_attributes
            session["answers"] = session.get("answers", 0) + 1
