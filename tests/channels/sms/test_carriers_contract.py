"""The SMS door holds what every door must hold, at every carrier beside Twilio."""

import pytest

from channels.sms.bandwidth.contract import BandwidthContract
from channels.sms.plivo.contract import PlivoContract, PlivoV3Contract
from channels.sms.telnyx.contract import TelnyxContract
from channels.sms.vonage.contract import VonageContract


@pytest.mark.fuzz
class TestVonage(VonageContract):
    """All the cases."""


@pytest.mark.fuzz
class TestPlivo(PlivoContract):
    """All the cases."""


@pytest.mark.fuzz
class TestPlivoV3(PlivoV3Contract):
    """All the cases."""


@pytest.mark.fuzz
class TestTelnyx(TelnyxContract):
    """All the cases."""


@pytest.mark.fuzz
class TestBandwidth(BandwidthContract):
    """All the cases."""
