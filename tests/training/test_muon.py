"""Muon in batches is torch's Muon, one matrix at a time; experts are trained as if each were a matrix of its own."""

import pytest
import torch

from reasonlab.training.muon import Muon, orthogonal

SHAPES = [(24, 16), (16, 24), (24, 16), (16, 16), (24, 16), (7, 30)]
OPTIONS = {"lr": 0.02, "weight_decay": 0.1}
STEPS = 4


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def steps(optimizer: torch.optim.Optimizer, gradients: list[list[torch.Tensor]]) -> None:
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    for now in gradients:
        for parameter, gradient in zip(parameters, now, strict=True):
            parameter.grad = gradient.clone()
        optimizer.step()


def test_shapes_of_all_kinds_are_torchs_muon() -> None:
    gradients = [[drawn(*shape, seed=10 * t + i) for i, shape in enumerate(SHAPES)] for t in range(STEPS)]
    ours = [torch.nn.Parameter(drawn(*shape, seed=99)) for shape in SHAPES]
    theirs = [torch.nn.Parameter(p.detach().clone()) for p in ours]
    steps(Muon(ours, **OPTIONS), gradients)
    steps(torch.optim.Muon(theirs, momentum=0.95, **OPTIONS), gradients)
    for mine, other, shape in zip(ours, theirs, SHAPES):
        moved = (other - drawn(*shape, seed=99)).abs().max()
        assert (mine - other).abs().max() < 1e-3 * moved  # a batch may round in another order


@pytest.mark.parametrize("inputs_first", [False, True])
@pytest.mark.parametrize("shape", [(5, 12, 8), (5, 8, 12)])
def test_experts_are_matrices_of_their_own(shape: tuple[int, int, int], inputs_first: bool) -> None:
    gradients = [drawn(*shape, seed=t) for t in range(STEPS)]
    for gradient in gradients:
        gradient[3] = 0  # an expert without tokens
    stack = torch.nn.Parameter(drawn(*shape, seed=99))
    turned = (lambda x: x.mT.contiguous()) if inputs_first else torch.clone
    alone = [torch.nn.Parameter(turned(matrix)) for matrix in stack.detach()]
    steps(Muon([{"params": [stack], "inputs_first": inputs_first}], **OPTIONS), [[g] for g in gradients])
    steps(torch.optim.Muon(alone, momentum=0.95, **OPTIONS), [[turned(part) for part in g] for g in gradients])
    moved = (stack - drawn(*shape, seed=99)).abs().max()
    for mine, other in zip(stack, alone):
        assert (mine - turned(other.detach())).abs().max() < 1e-3 * moved


def test_singular_values_come_close_to_one() -> None:
    values = torch.linalg.svdvals(orthogonal(drawn(3, 16, 40)).float())
    assert values.min() > 0.5
    assert values.max() < 1.3


def test_a_parameter_without_a_gradient_stays() -> None:
    moved, still = torch.nn.Parameter(drawn(4, 4)), torch.nn.Parameter(drawn(4, 4, seed=1))
    moved.grad = drawn(4, 4, seed=2)
    Muon([moved, still], **OPTIONS).step()
    assert torch.equal(still, drawn(4, 4, seed=1))
    assert not torch.equal(moved, drawn(4, 4))
