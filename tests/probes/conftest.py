"""Small random models and hand-sized problems for the probes' tests; the shipped model where it is there."""

from pathlib import Path

import pytest
import torch

from reasonlab.models import Qwen3Config, Tokenizer, create, load
from reasonlab.tasks import Problem, family, parse_difficulty, problems
from reasonlab.tasks.arithmetic import Definition, Instance

SHIPPED = Path(__file__).resolve().parents[2] / "data" / "arithmetic" / "model"


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def tokenizer_of(name: str) -> Tokenizer:
    made = family(name)
    return Tokenizer.build(made.vocabulary(made.difficulty()), made.pattern)


@pytest.fixture(scope="session")
def tokenizer():
    return tokenizer_of("arithmetic")


@pytest.fixture(scope="session")
def words():
    """The tokenizer of the deduction family."""
    return tokenizer_of("deduction")


@pytest.fixture(scope="session")
def model(tokenizer):
    """An untrained model whose activations and logits are of ordinary size, so that differences can be seen."""
    config = Qwen3Config(
        vocab_size=tokenizer.vocab_size, d_model=32, n_layers=2, n_heads=4, n_kv_heads=2, d_head=8, d_mlp=48,
        max_positions=160, init_std=0.2,
    )  # fmt: skip
    return create("qwen3", config, seed=3)


@pytest.fixture(scope="session")
def hand():
    """`mod 10 ; b = a + a ; a = 3 ; b ?`"""
    definitions = (Definition("b", "+", "a", "a"), Definition("a", value=3))
    return Problem(
        "arithmetic", parse_difficulty("arithmetic", "modulus=10"), "test", 0, 0, Instance(10, definitions, "b")
    )


@pytest.fixture(scope="session")
def asked():
    """40 arithmetic problems."""
    return list(problems("arithmetic", parse_difficulty("arithmetic", "variables=3-5"), "test", 5, 40))


@pytest.fixture(scope="session")
def deduced():
    return list(problems("deduction", parse_difficulty("deduction", "hops=1-3"), "test", 5, 12))


@pytest.fixture(scope="session")
def shipped():
    if not (SHIPPED / "config.json").is_file():
        pytest.skip("data/arithmetic holds no checkpoint: nothing trained to look into")
    return load(SHIPPED, dtype=torch.float32)
