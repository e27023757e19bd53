"""Chooses tokens from logits: temperature, top-k, top-p, repetition penalty. The same seed chooses the same.

In this order, as transformers and llama.cpp do: penalty, temperature, top-k, top-p. Meaning of each: Holtzman et al. 2019
(top-p), Keskar et al. 2019 (repetition penalty: logits of tokens seen before are divided where positive, multiplied where
negative).
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from shared.errors import Malformed
from shared.generating import Sampling

Logits = npt.NDArray[np.float32]

_NUCLEUS = 256
"""Likeliest tokens that are looked at first for top-p; more are where they do not suffice."""


def check_sampling(sampling: Sampling) -> None:
    """Raises Malformed where a value makes no sense."""
    bad = [
        name
        for name, right in (
            ("temperature", 0 <= sampling.temperature <= 100),
            ("top_p", 0 < sampling.top_p <= 1),
            ("top_k", sampling.top_k >= 0),
            ("repetition_penalty", 0 < sampling.repetition_penalty <= 100),
            ("seed", 0 <= sampling.seed < 2**63),
        )
        if not right
    ]
    if bad:
        raise Malformed(
            f"sampling cannot be done with this {', '.join(bad)}", tuple(f"sampling.{name}" for name in bad)
        )


class Sampler:
    """Chooses the tokens of one answer."""

    def __init__(self, sampling: Sampling, seen: Iterable[int]) -> None:
        """`seen`: the tokens of the prompt, which the repetition penalty counts too."""
        check_sampling(sampling)
        self._sampling = sampling
        self._seen = np.unique(np.fromiter(seen, np.int64)) if sampling.repetition_penalty != 1 else None
        self._random = np.random.Generator(np.random.PCG64(sampling.seed))

    def choose(self, logits: Logits) -> int:
        """The next token. `logits` (vocabulary) is left as it is."""
        if self._seen is not None:
            logits = self._penalised(logits, self._seen)
        token = int(logits.argmax()) if self._sampling.temperature == 0 else self._drawn(logits)
        if self._seen is not None:
            self._seen = np.union1d(self._seen, [token])
        return token

    def _penalised(self, logits: Logits, seen: npt.NDArray[np.int64]) -> Logits:
        found = logits.copy()
        values = found[seen]
        penalty = np.float32(self._sampling.repetition_penalty)
        found[seen] = np.where(values > 0, values / penalty, values * penalty)
        return found

    def _drawn(self, logits: Logits) -> int:
        """One number is drawn a token, whatever the settings: so a seed means the same in all of them."""
        lot = self._random.random()
        tokens, weights = self._kept(logits / np.float32(self._sampling.temperature))
        steps = np.cumsum(weights, dtype=np.float64)
        place = int(np.searchsorted(steps, lot * steps[-1], side="right"))
        return int(tokens[min(place, len(tokens) - 1)])

    def _kept(self, logits: Logits) -> tuple[npt.NDArray[np.int64], Logits]:
        """The tokens that may be chosen, likeliest first where any are left out, and their weights."""
        weights = np.exp(logits - logits.max())
        count = self._sampling.top_k
        if 0 < count < len(weights):
            tokens = _best(weights, count)
        elif self._sampling.top_p < 1:
            tokens = self._nucleus(weights)
        else:
            return np.arange(len(weights)), weights
        kept = weights[tokens]
        needed = self._sampling.top_p * float(kept.sum() if count > 0 else weights.sum())
        most = int(np.searchsorted(np.cumsum(kept, dtype=np.float64), needed)) + 1
        return tokens[:most], kept[:most]

    def _nucleus(self, weights: Logits) -> npt.NDArray[np.int64]:
        """The likeliest tokens, so many that together they reach top-p, and some more."""
        needed, count = self._sampling.top_p * float(weights.sum()), _NUCLEUS
        while count < len(weights):
            tokens = _best(weights, count)
            if weights[tokens].sum() >= needed:
                return tokens
            count *= 8
        return _best(weights, len(weights))


def _best(weights: Logits, count: int) -> npt.NDArray[np.int64]:
    """The `count` likeliest tokens, likeliest first; of equals the lower id."""
    if count < len(weights):
        least = np.partition(weights, -count)[-count]
        candidates = np.flatnonzero(weights >= least)
    else:
        candidates = np.arange(len(weights))
    return candidates[np.argsort(-weights[candidates], kind="stable")][:count]
