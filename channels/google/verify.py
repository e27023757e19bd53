"""Who calls: Google's Assistant by its signature, or Dialogflow by its Authorization header. Headers alone say which.

A request with the Assistant's signature is the Assistant's or nobody's, whatever else it carries: that header wins, so that a
signature that does not hold cannot be made good by a password.
"""

import binascii
import hmac
from hashlib import sha256
from typing import Literal

from channels.google.config import Config
from channels.google.tokens import Tokens, looks_like_token
from shared.advice import how_to_set
from shared.channel import Verified, Wire
from shared.errors import NotAuthentic, SignatureInvalid

ACTIONS_STATUS = 403
DIALOGFLOW_STATUS = 401
MAX_CREDENTIAL = 10_000  # characters of an Authorization header

_SIGNATURE = "google-assistant-signature"
_ACTIONS_CLAIMS = ("iss", "aud", "iat", "exp", "jti")
_AGENT_CLAIMS = ("iss", "aud", "iat", "exp", "email", "email_verified")

Scheme = Literal["actions", "dialogflow"]


class GoogleVerified(Verified, frozen=True):
    """A request of Google's. `token_id` is the `jti` of the Assistant's token."""

    scheme: Scheme
    received_at: float
    token_id: str = ""


async def verified(wire: Wire, config: Config, tokens: Tokens, now: float) -> GoogleVerified:
    """The proven request. Raises NotAuthentic (403 for the Assistant, 401 for the rest) or KeySourceUnavailable.

    The body is not looked at: nothing signs it.
    """
    signature = wire.header(_SIGNATURE)
    if signature is not None:
        token_id = await _assistant(signature, config, tokens, now)
        return GoogleVerified(wire, config.app, "google-actions", "actions", now, token_id)
    authorization = wire.header("authorization")
    if authorization is None:
        raise NotAuthentic(
            f"google: neither {_SIGNATURE} (Actions) nor Authorization (Dialogflow) is there", DIALOGFLOW_STATUS
        )
    await _dialogflow(authorization, wire, config, tokens, now)
    return GoogleVerified(wire, config.app, "google-dialogflow", "dialogflow", now)


async def _assistant(token: str, config: Config, tokens: Tokens, now: float) -> str:
    """The id of a good token of the Assistant's."""
    if not config.project_id:
        how = how_to_set(config.app, "google", "project_id=…", "NEXUS_GOOGLE_PROJECT_ID")
        raise NotAuthentic(f"google: this door does not know its Actions project; {how}", ACTIONS_STATUS)
    claims = await tokens.claims(token, (config.project_id,), _ACTIONS_CLAIMS, now, ACTIONS_STATUS)
    if not claims.jti or len(claims.jti) > 512 or not claims.jti.isprintable():
        raise SignatureInvalid("google: the token has no usable id", ACTIONS_STATUS)
    return claims.jti


async def _dialogflow(authorization: str, wire: Wire, config: Config, tokens: Tokens, now: float) -> None:
    scheme, _, credential = authorization.partition(" ")
    if len(authorization) > MAX_CREDENTIAL:
        raise NotAuthentic("google: the Authorization header is too long", DIALOGFLOW_STATUS)
    if scheme.lower() == "basic":
        return _basic(credential, config)
    if scheme.lower() != "bearer":
        raise NotAuthentic("google: Authorization must be Basic or Bearer", DIALOGFLOW_STATUS)
    if config.token and _same(credential.encode("latin-1"), config.token.encode()):
        return None
    if config.service_agent and looks_like_token(credential):
        return await _service_agent(credential, wire, config, tokens, now)
    if config.token or config.service_agent:
        raise NotAuthentic("google: the token does not match", DIALOGFLOW_STATUS)
    how = how_to_set(config.app, "google", "token=…", "NEXUS_DIALOGFLOW_TOKEN")
    raise NotAuthentic(f"google: this door knows no token; {how}", DIALOGFLOW_STATUS)


def _basic(credential: str, config: Config) -> None:
    if not config.basic:
        how = how_to_set(config.app, "google", "basic=user:password", "NEXUS_DIALOGFLOW_BASIC=user:password")
        raise NotAuthentic(f"google: this door knows no user and password; {how}", DIALOGFLOW_STATUS)
    try:
        given = binascii.a2b_base64(credential.encode("latin-1"), strict_mode=True)
    except binascii.Error:
        raise NotAuthentic("google: the Basic credential is not base64", DIALOGFLOW_STATUS) from None
    if not _same(given, config.basic.encode()):
        raise NotAuthentic("google: user and password do not match", DIALOGFLOW_STATUS)


def _same(given: bytes, wanted: bytes) -> bool:
    """Whether both are equal, in a time that tells nothing of `wanted`, not even its length."""
    return hmac.compare_digest(sha256(given).digest(), sha256(wanted).digest())


async def _service_agent(token: str, wire: Wire, config: Config, tokens: Tokens, now: float) -> None:
    """Check an ID token of the project's Dialogflow service agent, made for this address (or for all of this NEXUS)."""
    path = wire.target.partition("?")[0]
    audience = (config.public_url + path, config.public_url)
    claims = await tokens.claims(token, audience, _AGENT_CLAIMS, now, DIALOGFLOW_STATUS)
    if not (claims.email_verified and claims.email == config.service_agent):
        raise SignatureInvalid("google: the token is not the Dialogflow service agent's", DIALOGFLOW_STATUS)
