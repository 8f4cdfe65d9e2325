"""Cutting a distribution, on one small enough to do by hand; and the streams of random numbers."""

import numpy as np
import pytest
import torch

from reasonlab.decoding import Sampling
from reasonlab.decoding.sampling import choose, probabilities, uniforms

LOGITS = torch.tensor([[0.1, 0.5, 0.15, 0.25]]).log()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [0.1, 0.5, 0.15, 0.25]),
        ({"top_k": 2}, [0, 2 / 3, 0, 1 / 3]),
        ({"top_k": 1}, [0, 1, 0, 0]),
        ({"top_k": 9}, [0.1, 0.5, 0.15, 0.25]),
        ({"top_p": 0.499}, [0, 1, 0, 0]),  # reached by the first alone
        ({"top_p": 0.51}, [0, 2 / 3, 0, 1 / 3]),
        ({"top_p": 0.8}, [0, 5 / 9, 1.5 / 9, 2.5 / 9]),
        ({"top_p": 1.0}, [0.1, 0.5, 0.15, 0.25]),
        ({"top_p": 0.001}, [0, 1, 0, 0]),
        ({"top_k": 3, "top_p": 0.6}, [0, 2 / 3, 0, 1 / 3]),  # of what top_k left: 5/9 and 2.5/9
        ({"temperature": 0.5}, [0.01 / 0.345, 0.25 / 0.345, 0.0225 / 0.345, 0.0625 / 0.345]),
    ],
)
def test_cuts(options, expected):
    p = probabilities(LOGITS, Sampling(**{"temperature": 1.0, **options}))
    assert p[0].tolist() == pytest.approx(expected, abs=1e-6)


def test_a_uniform_number_picks_the_token_whose_interval_holds_it():
    """Cumulative: 0.1, 0.6, 0.75, 1."""
    numbers = torch.tensor([0.0, 0.09, 0.11, 0.59, 0.61, 0.74, 0.76, 0.9999999], dtype=torch.float64)
    chosen = choose(LOGITS.expand(8, -1), numbers, Sampling(temperature=1.0))
    assert chosen.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    cut = choose(LOGITS.expand(8, -1), numbers, Sampling(temperature=1.0, top_k=2))
    assert cut.tolist() == [1, 1, 1, 1, 1, 3, 3, 3]


def test_impossible_tokens_are_never_chosen_at_the_edges():
    logits = torch.tensor([[-torch.inf, 0.0, -torch.inf], [0.0, -torch.inf, -torch.inf]])
    for u in (0.0, 1 - 2**-53):
        chosen = choose(logits, torch.full((2,), u, dtype=torch.float64), Sampling(temperature=1.0))
        assert chosen.tolist() == [1, 0]


def test_greedy_ignores_the_numbers():
    assert choose(LOGITS, None, Sampling(temperature=0.0, top_k=3)).tolist() == [1]


def test_streams_are_fixed_distinct_and_prefixes_of_each_other():
    # A golden: the same numbers on every machine and in every version.
    assert uniforms(0, 0, 0, 3) == pytest.approx(GOLDEN, abs=1e-15)
    streams = {tuple(uniforms(*key, 4)) for key in [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 11, 0), (0, 1, 10)]}
    assert len(streams) == 6
    assert np.array_equal(uniforms(3, 4, 5, 100)[:7], uniforms(3, 4, 5, 7))


GOLDEN = [0.8699682506284953, 0.5526813836468446, 0.2083930683677867]
