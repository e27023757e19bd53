"""Runs bound to a device give what plain runs give. Where there is a GPU, on it; `make gpu` measures it too."""

import numpy as np
import onnxruntime as ort  # type: ignore[import-untyped]
import pytest

from bench.gpu import CLOSE
from core.models.encoder import Encoder
from core.models.sessions import CPU, CUDA, cuda_installed, device_of, open_session
from core.models.store import GRAPH, TOKENIZER
from infra.models import GPU, encoder_folder, prepare


@pytest.fixture(scope="module")
def bound() -> Encoder:
    """The shipped encoder, its inputs and outputs bound to the CPU as they would be to a GPU."""
    return Encoder(encoder_folder() / GRAPH, encoder_folder() / TOKENIZER, device="cpu")


@pytest.mark.parametrize("together", [1, 7, 32])
def test_bound_runs_give_what_plain_ones_give(
    encoder: Encoder, bound: Encoder, texts: list[str], together: int
) -> None:
    some = texts[:together]
    assert np.array_equal(bound.encode(some), encoder.encode(some))
    same = ["what time is it"] * together
    for one, other in zip(bound.read(same), encoder.read(same), strict=True):
        assert np.array_equal(one.vector, other.vector)
        assert np.array_equal(one.stream, other.stream)
        assert np.array_equal(one.states, other.states)


def test_a_session_is_bound_to_what_it_got_and_not_to_what_was_wished() -> None:
    session = open_session(encoder_folder() / GRAPH, providers=CUDA)
    got = tuple(session.get_providers())
    assert got[-1] == CPU[0]
    assert device_of(session) == ("cuda" if got[0] == CUDA[0] else None)
    assert cuda_installed() or got == CPU


def test_threads_are_those_that_were_asked_for(encoder: Encoder) -> None:
    for threads in (1, 2):
        options: ort.SessionOptions = open_session(encoder_folder() / GRAPH, threads).get_session_options()
        assert (options.intra_op_num_threads, options.inter_op_num_threads) == (threads, 1)


@pytest.mark.skipif(not cuda_installed(), reason="this ONNX Runtime is the one for CPUs: the extra `gpu`")
def test_a_gpu_gives_what_the_cpu_gives_in_float32(float_encoder: Encoder, texts: list[str]) -> None:
    folder = encoder_folder(GPU)
    prepare(folder, GPU)
    gpu = Encoder(folder / GRAPH, folder / TOKENIZER, providers=CUDA)
    if gpu.providers[0] != CUDA[0]:
        pytest.skip("there is no NVIDIA GPU")
    cosines = (gpu.encode(texts) * float_encoder.encode(texts)).sum(axis=1)
    assert cosines.min() >= CLOSE
