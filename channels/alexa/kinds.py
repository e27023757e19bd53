"""The request types of Alexa: what sort of thing each reports, and what Amazon takes as an answer to it.

https://developer.amazon.com/docs/custom-skills/request-types-reference.html and the reference page of each interface
"""

from enum import Enum

from shared.turn import Kind

INTENT = "IntentRequest"
LAUNCH = "LaunchRequest"
CAN_FULFILL = "CanFulfillIntentRequest"


class Answer(Enum):
    """What may be answered."""

    SPEECH = "speech"  # anything: speech, card, reprompt, directives
    DIRECTIVES = "directives"  # directives only, and nothing about the session
    CAN_FULFILL = "canFulfill"  # canFulfillIntent only
    NOTHING = "nothing"  # an empty response


_KINDS = {
    LAUNCH: Kind.OPEN,
    INTENT: Kind.UTTERANCE,
    "SessionEndedRequest": Kind.CLOSE,
    "Display.ElementSelected": Kind.ACTION,
    "Alexa.Presentation.APL.UserEvent": Kind.ACTION,
    "Alexa.Presentation.APLT.UserEvent": Kind.ACTION,
    "Alexa.Presentation.HTML.Message": Kind.ACTION,
    "GameEngine.InputHandlerEvent": Kind.ACTION,
    "CustomInterfaceController.EventsReceived": Kind.ACTION,
    "PlaybackController.NextCommandIssued": Kind.ACTION,
    "PlaybackController.PauseCommandIssued": Kind.ACTION,
    "PlaybackController.PlayCommandIssued": Kind.ACTION,
    "PlaybackController.PreviousCommandIssued": Kind.ACTION,
}

_ANSWERS = {
    CAN_FULFILL: Answer.CAN_FULFILL,
    "SessionEndedRequest": Answer.NOTHING,
    "Alexa.Presentation.APL.LoadIndexListData": Answer.DIRECTIVES,
    "Alexa.Presentation.APL.LoadTokenListData": Answer.DIRECTIVES,
    "Alexa.Presentation.APL.RuntimeError": Answer.NOTHING,
    "Alexa.Presentation.APLA.RuntimeError": Answer.NOTHING,
    "Alexa.Presentation.HTML.RuntimeError": Answer.NOTHING,
    "System.ExceptionEncountered": Answer.NOTHING,
}

# Families whose members, known or not yet, are never spoken to.
_FAMILIES = {
    "AudioPlayer": Answer.DIRECTIVES,
    "PlaybackController": Answer.DIRECTIVES,
    "Alexa.Advertisement": Answer.DIRECTIVES,
    "Alexa.Authorization": Answer.NOTHING,
    "Alexa.DataStore": Answer.NOTHING,
    "Alexa.DataStore.PackageManager": Answer.NOTHING,
    "AlexaHouseholdListEvent": Answer.NOTHING,
    "AlexaSkillEvent": Answer.NOTHING,
    "Messaging": Answer.NOTHING,
    "Reminders": Answer.NOTHING,
}


def kind_of(type_: str) -> Kind:
    """What sort of thing a request of this type is; an event where nobody knows it."""
    return _KINDS.get(type_, Kind.EVENT)


def answer_of(type_: str) -> Answer:
    """What Amazon takes as an answer to a request of this type; speech where nobody knows it."""
    known = _ANSWERS.get(type_)
    return known or _FAMILIES.get(type_.rpartition(".")[0], Answer.SPEECH)
