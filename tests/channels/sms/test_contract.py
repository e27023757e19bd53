"""The SMS door at Twilio holds what every door must hold, for forms and for JSON."""

import pytest

from channels.sms.contract import TwilioFormContract, TwilioJsonContract


@pytest.mark.fuzz
class TestTwilioForm(TwilioFormContract):
    """All the cases over forms."""


@pytest.mark.fuzz
class TestTwilioJson(TwilioJsonContract):
    """All the cases over JSON."""
