"""The Google door holds what every door must hold, in each of its forms."""

import pytest

from channels.google.contracts.actions import ActionsContract
from channels.google.contracts.cx import DialogflowCxAgentContract, DialogflowCxContract
from channels.google.contracts.es import DialogflowContract
from infra.keysource import key_source


@pytest.mark.fuzz
class TestActions(ActionsContract):
    """Actions Builder, with real tokens and certificates."""

    key_sources = key_source


@pytest.mark.fuzz
class TestDialogflow(DialogflowContract):
    """Dialogflow ES with a bearer token."""

    key_sources = key_source


@pytest.mark.fuzz
class TestDialogflowCx(DialogflowCxContract):
    """Dialogflow CX with user and password."""

    key_sources = key_source


@pytest.mark.fuzz
class TestDialogflowCxAgent(DialogflowCxAgentContract):
    """Dialogflow CX with ID tokens of the service agent."""

    key_sources = key_source
