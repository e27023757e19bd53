"""Which ONNX Runtime is installed: the one for CPUs or the one for GPUs, and never both."""

from collections.abc import Iterable
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version

from shared.errors import StartFailed

_RUNTIMES = ("onnxruntime", "onnxruntime-gpu")


def installed_runtimes() -> dict[str, str]:
    """The installed runtimes with their versions."""
    found: dict[str, str] = {}
    for name in _RUNTIMES:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def check_runtime(installed: Iterable[str] | None = None) -> None:
    """Raise StartFailed unless exactly one runtime is installed: both own the same folder and break each other."""
    names = sorted(installed_runtimes() if installed is None else installed)
    if len(names) > 1:
        raise StartFailed(
            "both onnxruntime and onnxruntime-gpu are installed, and they break each other: remove both "
            "(pip uninstall onnxruntime onnxruntime-gpu), then install NEXUS with one extra, `cpu` or `gpu`"
        )
    if not names:
        raise StartFailed("no ONNX Runtime is installed: install NEXUS with the extra `cpu` or `gpu`")
