# Written as skills for Alexa are, without an eye to type checkers, whom the SDK's re-exports do not suit.
# mypy: ignore-errors
# pyright: reportPrivateImportUsage=false, reportOptionalMemberAccess=false, reportOptionalSubscript=false
# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportOperatorIssue=false
"""Orders lunch: session attributes, dialogues that Alexa leads or the skill leads, interceptors, exception handlers."""

from typing import Any

import wording
from ask_sdk_core.dispatch_components import (
    AbstractExceptionHandler,
    AbstractRequestHandler,
    AbstractRequestInterceptor,
    AbstractResponseInterceptor,
)
from ask_sdk_core.handler_input import HandlerInput
from ask_sdk_core.skill_builder import SkillBuilder
from ask_sdk_core.utils import get_dialog_state, get_slot, get_slot_value, is_intent_name, is_request_type
from ask_sdk_model import DialogState, IntentConfirmationStatus, Response
from ask_sdk_model.dialog import ConfirmIntentDirective, ConfirmSlotDirective, DelegateDirective, ElicitSlotDirective
from ask_sdk_model.slot_confirmation_status import SlotConfirmationStatus


class KitchenClosed(Exception):
    """Nothing is cooked on that day."""


class Launched(AbstractRequestHandler):
    """Opens; greets whoever was here in this session before."""

    def can_handle(self, handler_input: HandlerInput) -> bool:
        """On launch."""
        return is_request_type("LaunchRequest")(handler_input)

    def handle(self, handler_input: HandlerInput) -> Response:
        """Greet."""
        text = handler_input.attributes_manager.request_attributes["greeting"]
        return handler_input.response_builder.speak(text).ask(text).response


class OrderInProgress(AbstractRequestHandler):
    """Alexa leads the dialogue for an order."""

    def can_handle(self, handler_input: HandlerInput) -> bool:
        """While slots are missing."""
        order = is_intent_name("OrderIntent")(handler_input)
        return order and get_dialog_state(handler_input) != DialogState.COMPLETED

    def handle(self, handler_input: HandlerInput) -> Response:
        """Hand the dialogue to Alexa; on a closed day there is none."""
        if (get_slot_value(handler_input, "day") or "").lower() == "sunday":
            raise KitchenClosed("sunday")
        return handler_input.response_builder.add_directive(DelegateDirective()).response


class Ordered(AbstractRequestHandler):
    """An order with all that it needs, confirmed or taken back."""

    def can_handle(self, handler_input: HandlerInput) -> bool:
        """Once Alexa is done."""
        order = is_intent_name("OrderIntent")(handler_input)
        return order and get_dialog_state(handler_input) == DialogState.COMPLETED

    def handle(self, handler_input: HandlerInput) -> Response:
        """Note the order in the session."""
        intent = handler_input.request_envelope.request.intent
        if intent.confirmation_status == IntentConfirmationStatus.DENIED:
            return handler_input.response_builder.speak("Nothing ordered.").ask(wording.WELCOME).response
        dish = get_slot_value(handler_input, "dish")
        session = handler_input.attributes_manager.session_attributes
        session["orders"] = [*session.get("orders", []), {"dish": dish, "day": get_slot_value(handler_input, "day")}]
        speech = f"Order {len(session['orders'])} is {dish}."
        return handler_input.response_builder.speak(speech).ask("Anything else?").response


class Drink(AbstractRequestHandler):
    """Leads its own dialogue: asks for the size, has it confirmed, then the whole."""

    def can_handle(self, handler_input: HandlerInput) -> bool:
        """On a drink."""
        return is_intent_name("DrinkIntent")(handler_input)

    def handle(self, handler_input: HandlerInput) -> Response:
        """One step of the dialogue."""
        builder, size = handler_input.response_builder, get_slot(handler_input, "size")
        intent = handler_input.request_envelope.request.intent
        if size is None or size.value is None:
            return builder.speak(wording.WHICH_SIZE).ask(wording.WHICH_SIZE).add_directive(self._ask(intent)).response
        if size.confirmation_status == SlotConfirmationStatus.NONE:
            speech = f"{size.value}, right?"
            directive = ConfirmSlotDirective(updated_intent=intent, slot_to_confirm="size")
            return builder.speak(speech).ask(speech).add_directive(directive).response
        if intent.confirmation_status == IntentConfirmationStatus.NONE:
            directive = ConfirmIntentDirective(updated_intent=intent)
            return builder.speak("Shall I pour it?").ask("Shall I?").add_directive(directive).response
        poured = intent.confirmation_status == IntentConfirmationStatus.CONFIRMED
        return builder.speak("Poured." if poured else "Then not.").ask("Anything else?").response

    def _ask(self, intent: Any) -> ElicitSlotDirective:
        return ElicitSlotDirective(updated_intent=intent, slot_to_elicit="size")


class Repeat(AbstractRequestHandler):
    """Says again what was said last, which the response interceptor noted."""

    def can_handle(self, handler_input: HandlerInput) -> bool:
        """On repeat, if there is something."""
        asked = is_intent_name("AMAZON.RepeatIntent")(handler_input)
        return asked and "said" in handler_input.attributes_manager.session_attributes

    def handle(self, handler_input: HandlerInput) -> Response:
        """Say it again."""
        said = handler_input.attributes_manager.session_attributes["said"]
        return handler_input.response_builder.speak(said).ask(said).response


class Burnt(AbstractRequestHandler):
    """Fails."""

    def can_handle(self, handler_input: HandlerInput) -> bool:
        """On what cannot be done."""
        return is_intent_name("ToastIntent")(handler_input)

    def handle(self, handler_input: HandlerInput) -> Response:
        """Burn it."""
        raise ValueError("burnt")


class Ended(AbstractRequestHandler):
    """The session is over."""

    def can_handle(self, handler_input: HandlerInput) -> bool:
        """At its end."""
        return is_request_type("SessionEndedRequest")(handler_input)

    def handle(self, handler_input: HandlerInput) -> Response:
        """Nothing can be said any more."""
        return handler_input.response_builder.response


class Greeting(AbstractRequestInterceptor):
    """Works out how to greet, before any handler is asked whether it takes the request."""

    def process(self, handler_input: HandlerInput) -> None:
        """Into the attributes of the request."""
        session = handler_input.request_envelope.session
        known = session is not None and bool(session.attributes)
        greeting = wording.WELCOME_BACK if known else wording.WELCOME
        handler_input.attributes_manager.request_attributes["greeting"] = greeting


class Note(AbstractResponseInterceptor):
    """Notes in the session what was said, and how often the skill answered."""

    def process(self, handler_input: HandlerInput, response: Response) -> None:
        """After every handler."""
        if handler_input.request_envelope.session is None:
            return
        session = handler_input.attributes_manager.session_attributes
        session["answers"] = session.get("answers", 0) + 1
        if response is not None and response.output_speech is not None:
            session["said"] = response.output_speech.ssml.removeprefix("<speak>").removesuffix("</speak>")


class Closed(AbstractExceptionHandler):
    """Says that the kitchen is closed."""

    def can_handle(self, handler_input: HandlerInput, exception: Exception) -> bool:
        """On that exception only."""
        return isinstance(exception, KitchenClosed)

    def handle(self, handler_input: HandlerInput, exception: Exception) -> Response:
        """Say so."""
        return handler_input.response_builder.speak(wording.CLOSED).ask(wording.WELCOME).response


class Trouble(AbstractExceptionHandler):
    """Apologises for everything else, as nearly every skill does."""

    def can_handle(self, handler_input: HandlerInput, exception: Exception) -> bool:
        """Always."""
        return True

    def handle(self, handler_input: HandlerInput, exception: Exception) -> Response:
        """Apologise."""
        return handler_input.response_builder.speak(wording.TROUBLE).ask(wording.TROUBLE).response


sb = SkillBuilder()
for handler in (Launched(), OrderInProgress(), Ordered(), Drink(), Repeat(), Burnt(), Ended()):
    sb.add_request_handler(handler)
sb.add_global_request_interceptor(Greeting())
sb.add_global_response_interceptor(Note())
sb.add_exception_handler(Closed())
sb.add_exception_handler(Trouble())

handler = sb.lambda_handler()
