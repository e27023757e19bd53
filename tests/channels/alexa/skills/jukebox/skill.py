# Written as skills for Alexa are, without an eye to type checkers, whom the SDK's re-exports do not suit.
# mypy: ignore-errors
# pyright: reportPrivateImportUsage=false, reportOptionalMemberAccess=false, reportOptionalSubscript=false
# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportOperatorIssue=false
"""The jukebox put together: once for a keeper of persistent attributes that is not its own, once with a shelf in memory."""

from typing import Any

from ask_sdk_core.attributes_manager import AbstractPersistenceAdapter
from ask_sdk_core.skill_builder import CustomSkillBuilder
from ask_sdk_model import RequestEnvelope
from ask_sdk_model.services import ApiClient, ApiClientRequest, ApiClientResponse

from . import handlers


class Shelf(AbstractPersistenceAdapter):
    """Persistent attributes of each account, for as long as the process lives."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, Any]] = {}

    def get_attributes(self, request_envelope: RequestEnvelope) -> dict[str, Any]:
        """Those of the account."""
        return dict(self.kept.get(_account(request_envelope), {}))

    def save_attributes(self, request_envelope: RequestEnvelope, attributes: dict[str, Any]) -> None:
        """Those of the account."""
        self.kept[_account(request_envelope)] = dict(attributes)

    def delete_attributes(self, request_envelope: RequestEnvelope) -> None:
        """Those of the account."""
        self.kept.pop(_account(request_envelope), None)


class Registry(ApiClient):
    """Stands for Amazon's services: knows one name, and notes which token it was asked with."""

    def __init__(self) -> None:
        self.tokens: list[str] = []

    def invoke(self, request: ApiClientRequest) -> ApiClientResponse:
        """Answer a request of the SDK."""
        self.tokens.append(dict(request.headers)["Authorization"])
        return ApiClientResponse(headers={}, status_code=200, body='"Robin"')


def build(persistence: AbstractPersistenceAdapter | None) -> CustomSkillBuilder:
    """The skill, with an adapter of its own or without."""
    builder = CustomSkillBuilder(persistence_adapter=persistence, api_client=registry)
    for name in ("Launched", "Played", "Forgotten", "NearlyFinished", "Paused", "Touched", "Able", "Ended"):
        builder.add_request_handler(getattr(handlers, name)())
    builder.add_global_response_interceptor(handlers.Stamp())
    return builder


def _account(request_envelope: RequestEnvelope) -> str:
    return str(request_envelope.context.system.user.user_id)


registry = Registry()
shelf = Shelf()
builder = build(None)
shelved = build(shelf)
skill = shelved.create()
lambda_handler = builder.lambda_handler()
shelved_handler = shelved.lambda_handler()
