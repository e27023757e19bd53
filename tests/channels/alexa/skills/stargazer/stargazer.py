# Written as skills for Alexa are, without an eye to type checkers, whom the SDK's re-exports do not suit.
# mypy: ignore-errors
# pyright: reportPrivateImportUsage=false, reportOptionalMemberAccess=false, reportOptionalSubscript=false
# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportOperatorIssue=false
"""A small skill with decorators: opens, tells a fact about a planet, helps, stops. What else is said is not its own."""

from typing import Any

from ask_sdk_core.handler_input import HandlerInput
from ask_sdk_core.skill_builder import SkillBuilder
from ask_sdk_core.utils import get_slot_value, is_intent_name, is_request_type
from ask_sdk_model import Response
from ask_sdk_model.ui import Image, SimpleCard, StandardCard

FACTS = {
    "mercury": "A year on Mercury lasts 88 days.",
    "venus": "Venus turns the other way round.",
    "mars": "The highest mountain we know stands on Mars.",
}
HELP = "Ask me about a planet, for example: tell me about Mars."

sb = SkillBuilder()


@sb.request_handler(can_handle_func=is_request_type("LaunchRequest"))
def launched(handler_input: HandlerInput) -> Response:
    """Open."""
    builder = handler_input.response_builder
    return builder.speak("Welcome to the stars. Which planet?").ask(HELP).response


@sb.request_handler(can_handle_func=is_intent_name("PlanetIntent"))
def planet(handler_input: HandlerInput) -> Response:
    """Tell a fact, with a card that has a picture."""
    name = (get_slot_value(handler_input, "planet") or "").lower()
    fact = FACTS.get(name)
    if fact is None:
        return handler_input.response_builder.speak(f"I know nothing about {name}.").response
    picture = f"https://pictures.example/{name}.png"
    card = StandardCard(name.title(), fact, Image(picture, picture))
    speech = f'<amazon:emotion name="excited" intensity="low">{fact}</amazon:emotion><break time="300ms"/>Lovely.'
    return handler_input.response_builder.speak(speech).set_card(card).response


@sb.request_handler(can_handle_func=is_intent_name("AMAZON.HelpIntent"))
def helped(handler_input: HandlerInput) -> Response:
    """Help."""
    return handler_input.response_builder.speak(HELP).ask(HELP).set_card(SimpleCard("Help", HELP)).response


@sb.request_handler(
    can_handle_func=lambda handler_input: (
        is_intent_name("AMAZON.StopIntent")(handler_input) or is_intent_name("AMAZON.CancelIntent")(handler_input)
    )
)
def stopped(handler_input: HandlerInput) -> Response:
    """Stop."""
    return handler_input.response_builder.speak("Clear skies.").set_should_end_session(True).response


@sb.request_handler(can_handle_func=is_request_type("SessionEndedRequest"))
def ended(handler_input: HandlerInput) -> Any:
    """Nothing to clean up."""
    return handler_input.response_builder.response


lambda_handler = sb.lambda_handler()
