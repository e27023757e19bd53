"""The Google door holds what every door must hold, in each of its forms."""

import pytest

from channels.google import contract
from infra.keysource import key_source


@pytest.mark.fuzz
class TestActions(contract.ActionsContract):
    """Actions Builder, with real tokens and certificates."""

    key_sources = key_source


@pytest.mark.fuzz
class TestDialogflow(contract.DialogflowContract):
    """Dialogflow ES with a bearer token."""

    key_sources = key_source


@pytest.mark.fuzz
class TestDialogflowCx(contract.DialogflowCxContract):
    """Dialogflow CX with user and password."""

    key_sources = key_source


@pytest.mark.fuzz
class TestDialogflowCxAgent(contract.DialogflowCxAgentContract):
    """Dialogflow CX with ID tokens of the service agent."""

    key_sources = key_source
