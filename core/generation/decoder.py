"""A decoder under plain onnxruntime: a fixed cache with a place a stream, and one run for all streams' next tokens.

The cache of a layer is (places, kv heads, length, head size). The graph reads it as `past` and writes it as `present` at
the same address, so nothing is copied from token to token; which rows count is told by the mask, right-padded. Streams lie in
the first places, without gaps, so that a run takes no more of the cache than there are streams. One more place, `staging`, is
where prompts are read, alone, before they are copied to their stream's. On a GPU the cache lies there and stays there: what
travels are tokens in and logits out.
"""

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime as ort  # type: ignore[import-untyped]  # it carries no types

from core.generation.cache import Cache, Snapshot
from core.generation.layout import Decoder, read_config
from core.generation.sampling import Logits
from core.models.sessions import CPU, device_of, open_session
from shared.errors import ModelInvalid

log = logging.getLogger("nexus.generation")

MOST_AT_ONCE = 128
"""Tokens of a prompt that are read in one run: bounds how long other streams wait, and the memory of the run."""

_KINDS: dict[str, type[np.generic]] = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
}


class SlotDecoder:
    """A model and its cache. Blocking, and for one thread."""

    def __init__(self, folder: Path, slots: int, length: int, threads: int = 1, providers: Sequence[str] = CPU) -> None:
        """Open the model in `folder` for up to `slots` streams of up to `length` tokens each. Raises ModelInvalid."""
        config = read_config(folder)
        self.slots, self.length = slots, min(length, config.model.context_length)
        self.vocabulary = config.model.vocab_size
        self._config = config.model.decoder
        self._session = self._opened(folder / self._config.filename, threads, providers)
        self.providers: tuple[str, ...] = tuple(self._session.get_providers())
        self._inputs = {one.name: one for one in self._session.get_inputs()}
        self._outputs = {one.name: one for one in self._session.get_outputs()}
        self._names = _names(self._config)
        self._check()
        self._kinds = {name: _kind(one) for name, one in self._inputs.items()}
        self._kind = _kind(self._inputs[self._names[0][0]])
        row = (self._config.num_key_value_heads, self.length, self._config.head_size)
        device = device_of(self._session) or "cpu"
        self.cache = Cache(len(self._names), slots + 1, row, self._kind, device)
        self._logits = np.empty((slots, 1, self.vocabulary), _kind(self._outputs[self._config.outputs.logits]))
        self._bindings: dict[tuple[int, int], ort.IOBinding] = {}

    def _opened(self, path: Path, threads: int, providers: Sequence[str]) -> ort.InferenceSession:
        """The session; on the CPU where the model attends in float32, which the GPU's kernels do not: halves would be copied
        to and fro for every token."""
        session = open_session(path, threads, providers, decoder=True)
        floats = {one.type for one in session.get_inputs()} & {"tensor(float)"}
        if device_of(session) == "cuda" and floats:
            log.warning("a model in float32 runs on the CPU", extra={"file": path.name})
            return open_session(path, threads, CPU, decoder=True)
        return session

    @property
    def staging(self) -> int:
        """The place where prompts are read."""
        return self.slots

    @property
    def stream_bytes(self) -> int:
        """What one stream's cache takes at most; the system hands it out as the stream grows."""
        return self.cache.place_bytes

    def read(self, place: int, ids: Sequence[int], start: int) -> Logits:
        """Read at most `MOST_AT_ONCE` tokens behind the `start` tokens that a place holds; the logits after the last.

        They are overwritten by the next run.
        """
        tokens = np.array([ids], np.int64)
        row: Logits = self._run(place, tokens, np.array([start + len(ids)]))[0]
        return row

    def step(self, tokens: Sequence[int], lengths: Sequence[int]) -> Logits:
        """The next token of each of the first streams; `lengths` are theirs before it. Logits (streams, vocabulary).

        They are overwritten by the next run.
        """
        return self._run(0, np.array(tokens, np.int64)[:, None], np.array(lengths) + 1)

    def move(self, source: int, target: int, length: int) -> None:
        """Copy the first `length` tokens of a place to another."""
        if source != target:
            self.cache.move(source, target, length)

    def save(self, place: int, length: int) -> Snapshot:
        """A copy of the first `length` tokens of a place."""
        return self.cache.save(place, length)

    def restore(self, place: int, snapshot: Snapshot) -> None:
        """Let a place begin with what was saved."""
        self.cache.restore(place, snapshot)

    def _run(self, first: int, tokens: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64]) -> Logits:
        """Run the streams in the places from `first` on: (streams, tokens) in, the logits of the last ones out."""
        count, width = tokens.shape
        names = self._config.inputs
        binding = self._binding(first, count)
        mask = np.arange(int(lengths.max())) < lengths[:, None]
        fed = {names.input_ids: tokens, names.attention_mask: mask}
        if names.position_ids in self._inputs:
            fed[names.position_ids] = lengths[:, None] - width + np.arange(width)
        kept = [value.astype(self._kinds[name], copy=False) for name, value in fed.items()]
        for name, value in zip(fed, kept, strict=True):
            binding.bind_input(name, "cpu", 0, value.dtype.type, value.shape, value.ctypes.data)
        logits = self._place_for(count, width)
        name = self._config.outputs.logits
        binding.bind_output(name, "cpu", 0, logits.dtype.type, logits.shape, logits.ctypes.data)
        self._session.run_with_iobinding(binding)
        return logits[:, -1].astype(np.float32, copy=False)

    def _place_for(self, count: int, width: int) -> npt.NDArray[np.generic]:
        """Where logits are written; that of single tokens is kept, for fresh memory costs as much as choosing a token."""
        given = self._outputs[self._config.outputs.logits]
        wide = 1 if given.shape[1] == 1 else width
        if wide > 1:
            return np.empty((count, wide, self.vocabulary), _kind(given))
        return self._logits[:count]

    def _binding(self, first: int, count: int) -> ort.IOBinding:
        """Past and present of these places, at the same addresses; made once."""
        key = (first, count)
        if key not in self._bindings:
            binding = self._bindings[key] = self._session.io_binding()
            shape, device = (count, *self.cache.row), self.cache.device
            for array, (past, present) in enumerate(self._names):
                place = self.cache.address(array, first)
                binding.bind_input(past, device, 0, self._kind, shape, place)
                binding.bind_output(present, device, 0, self._kind, shape, place)
        return self._bindings[key]

    def _check(self) -> None:
        """Raises ModelInvalid where the graph is not what its configuration says."""
        given = {self._config.inputs.input_ids, self._config.inputs.attention_mask, *(past for past, _ in self._names)}
        missing = given - set(self._inputs)
        missing |= {self._config.outputs.logits, *(present for _, present in self._names)} - set(self._outputs)
        unknown = set(self._inputs) - given - {self._config.inputs.position_ids}
        if missing or unknown:
            raise ModelInvalid(
                f"the graph {self._config.filename} does not fit its configuration: "
                f"{', '.join(sorted(missing)) or 'nothing'} is missing, {', '.join(sorted(unknown)) or 'nothing'} unknown"
            )
        for past, _ in self._names:
            shape = self._inputs[past].shape
            if (shape[1], shape[3]) != (self._config.num_key_value_heads, self._config.head_size):
                raise ModelInvalid(
                    f"the graph {self._config.filename} has caches of another shape than it says: {past}"
                )


def _names(decoder: Decoder) -> list[tuple[str, str]]:
    """The names of past and present, keys and values of each layer."""
    pairs: list[tuple[str, str]] = []
    for layer in range(decoder.num_hidden_layers):
        for past, present in (
            (decoder.inputs.past_key_names, decoder.outputs.present_key_names),
            (decoder.inputs.past_value_names, decoder.outputs.present_value_names),
        ):
            pairs.append((past.replace("%d", str(layer)), present.replace("%d", str(layer))))
    return pairs


def _kind(one: ort.NodeArg) -> type[np.generic]:
    if one.type not in _KINDS:
        raise ModelInvalid(f"{one.name} is {one.type}, which is not supported")
    return _KINDS[one.type]
