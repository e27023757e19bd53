"""Opens the model service that the settings name: in this process, in the model process beside it, or in a Ray cluster.

Imports the models only where they run here: a web worker that asks the model process does without ONNX Runtime.
"""

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from core.models.client import ModelClient
from core.skillbook import SkillBook
from infra.home import Home
from infra.settings import Settings
from infra.system import SystemClock
from shared.errors import StartFailed
from shared.ports import ModelService

if TYPE_CHECKING:
    from core.models.batches import Watch
    from core.models.frames import Health
    from core.models.service import InProcessModels

SOCKET = "core.sock"


@runtime_checkable
class Remote(Protocol):
    """A model service that lives elsewhere and can be asked how it is."""

    async def health(self, deadline: float) -> "Health":
        """How it is; raises as `ModelService.encode`."""
        ...


@runtime_checkable
class Computing(Protocol):
    """A model service that computes in this process."""

    def report_to(self, watch: "Watch") -> None:
        """Have `watch` count what is computed."""

    def waiting(self) -> int:
        """How many calls wait."""
        ...


def in_process(settings: Settings, skills: SkillBook) -> "InProcessModels":
    """The models in this process, to be entered. Raises ModelInvalid, StartFailed."""
    from infra.models import open_models

    utterances = {language: skills.utterances(language) for language in skills.languages()}
    home = Home(settings.home, settings.runtime_dir)
    return open_models(home.models, utterances, settings.model_threads, SystemClock(), provider=settings.model_provider)


def by_settings(settings: Settings, skills: SkillBook) -> AbstractContextManager[ModelService]:
    """The models where the settings say that they are. Raises as `in_process`, or StartFailed where nothing runs there."""
    if settings.models == "in-process":
        return in_process(settings, skills)
    if settings.models == "ray":
        from infra.serve.client import RayModels  # the extra `ray`

        return RayModels(settings.ray_address, SystemClock())
    socket = Home(settings.home, settings.runtime_dir).models_socket()
    if socket is None:
        raise StartFailed(
            "no model process was started for this NEXUS_HOME: start NEXUS with `nexus up`, or set NEXUS_MODELS=in-process"
        )
    return ModelClient(socket, SystemClock())
