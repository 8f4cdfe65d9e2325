"""Where each variable of a program is computed, and where in the residual stream it is written.

A variable is an operation of the program. Maps take an MLP, what gathers takes a head, each in the first layer where
what it reads is there; every variable has a subspace of its own, one axis for each category or one for a number
(Lindner et al. 2023, 'Tracr', arXiv 2301.05062, sections 3.1 and 3.2). One axis marks BOS, the first position of every
input: the key to look at where a selector selects nothing.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from reasonlab.compiled.rasp import Aggregate, Indices, InverseWidth, Map, SequenceMap, SOp, Tokens, Value
from reasonlab.language.errors import BadInput
from reasonlab.models.graph import EMBED, head_node, mlp_node

BOS_AXIS = 0


@dataclass(frozen=True)
class Variable:
    """An operation of the program in the compiled model.

    Attributes:
        writer: the node that writes it; `layer` is its layer (-1: the embedding), `head` its head.
        axes: its axes in the residual stream.
        at_bos: what is written there at BOS, the same for every input.
    """

    op: SOp
    writer: str
    layer: int
    head: int | None
    axes: tuple[int, ...]
    at_bos: tuple[float, ...]

    def code(self, value: Value) -> list[float]:
        """How a value is written."""
        return encode(self.op, value)


def encode(op: SOp, value: Value) -> list[float]:
    """A number as itself, a category one-hot."""
    return [float(value)] if op.numerical else [float(value == other) for other in op.values]


@dataclass(frozen=True)
class Layout:
    """The variables in the order in which they are computed, and the sizes that follow.

    Attributes:
        junk: axes that no variable has: what is written there is read by nothing that matters.
    """

    variables: dict[SOp, Variable]
    n_layers: int
    n_heads: int
    d_model: int
    junk: range


def lay_out(output: SOp, *, spare_heads: int, d_junk: int, seed: int) -> Layout:
    """Layers, heads and axes for everything that `output` needs.

    Args:
        spare_heads: how many heads of every layer compute no variable, at least.
        seed: draws which ones, so that a head's number says nothing about it.
    """
    order = _ordered(output)
    layers = _layers(order)
    gathering = [op for op in order if isinstance(op, Aggregate | InverseWidth)]
    n_layers = max(2, 1 + max(layers.values()))
    busiest = max(sum(layers[op] == layer for op in gathering) for layer in range(n_layers))
    n_heads = busiest + spare_heads
    rng = random.Random(f"heads/{seed}")
    free = [rng.sample(range(n_heads), n_heads) for _ in range(n_layers)]

    variables: dict[SOp, Variable] = {}
    next_axis = BOS_AXIS + 1
    for op in order:
        size = 1 if op.numerical else len(op.values)
        axes = tuple(range(next_axis, next_axis + size))
        next_axis += size
        layer, head = layers[op], free[layers[op]].pop() if op in gathering else None
        if layer < 0:
            writer = EMBED
        elif head is None:
            writer = mlp_node(layer)
        else:
            writer = head_node(layer, head)
        variables[op] = Variable(op, writer, layer, head, axes, tuple(_at_bos(op, size)))
    return Layout(variables, n_layers, n_heads, next_axis + d_junk, range(next_axis, next_axis + d_junk))


def _ordered(output: SOp) -> list[SOp]:
    """What `output` needs, itself last, each after what it is computed from."""
    found: dict[SOp, None] = {}

    def visit(op: SOp) -> None:
        if op not in found:
            for operand in op.operands:
                visit(operand)
            found[op] = None

    visit(output)
    return list(found)


def _layers(order: list[SOp]) -> dict[SOp, int]:
    """The first layer for each; -1 for the embedding. In a layer the heads come before the MLP.

    Raises:
        BadInput: the operation has no place in a transformer.
    """
    # Half-steps: the embedding at -1, the heads of layer l at 2l, its MLP at 2l + 1.
    steps: dict[SOp, int] = {}
    for op in order:
        after = max((steps[operand] for operand in op.operands), default=-1) + 1
        if isinstance(op, Tokens | Indices):
            steps[op] = -1
        elif isinstance(op, Aggregate | InverseWidth):
            steps[op] = after + after % 2
        elif isinstance(op, Map | SequenceMap):
            steps[op] = after + 1 - after % 2
        else:
            raise BadInput(f"an operation {type(op).__name__}", "one of reasonlab.compiled.rasp", "express it by those")
    return {op: step // 2 for op, step in steps.items()}


def _at_bos(op: SOp, size: int) -> list[float]:
    """Where nothing is selected a head writes its default, and at BOS it selects nothing; MLPs are silent there."""
    if isinstance(op, Aggregate):
        return encode(op, op.default)
    if isinstance(op, InverseWidth):
        return [1.0]
    return [0.0] * size
