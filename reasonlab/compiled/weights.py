"""The weights of one head or one MLP neuron that compute an operation exactly.

Everything that reads the residual stream reads zeros at BOS, whatever stands there: the BOS axis takes it back. So a
head's query there finds nothing and goes to BOS, its key there is the BOS key alone, and no neuron fires.

Heads (Weiss et al. 2021, arXiv 2106.06981; the BOS key is Tracr's, Lindner et al. 2023, arXiv 2301.05062): a query's
vector is the row of the predicate's table, a key's its one-hot value, so that the score is `sharpness` where selected
and 0 elsewhere. BOS scores half of it as a default, and all of it for the inverse width, which counts it in.

Neurons: one for each pair of categories, relu(a + b - 1); a step of a function of a number is the difference of two
ramps, so that it is exact at every value that the number can have.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from reasonlab.compiled.layout import BOS_AXIS, Layout, Variable, encode
from reasonlab.compiled.rasp import Aggregate, InverseWidth, Map, Select, SequenceMap, SOp, Value
from reasonlab.language.errors import BadInput


@dataclass(frozen=True)
class Reading:
    """An affine function of the residual stream: x weight + bias."""

    weight: Float[Tensor, "d_model size"]
    bias: Float[Tensor, "size"]


@dataclass(frozen=True)
class HeadWeights:
    """One head; all its vectors are as short as they can be, and padded with zeros later."""

    q: Reading
    k: Reading
    v: Reading
    out: Float[Tensor, "size d_model"]


@dataclass(frozen=True)
class Neuron:
    """relu(x reads + bias) writes."""

    reads: Float[Tensor, "d_model"]
    bias: float
    writes: Float[Tensor, "d_model"]


def head_weights(op: Aggregate | InverseWidth, layout: Layout, sharpness: float) -> HeadWeights:
    """The head that computes `op`."""
    q, k = _query_key(op.selector, layout, sharpness, bos_score=1.0 if isinstance(op, InverseWidth) else 0.5)
    own = layout.variables[op]
    size = len(own.axes)
    v = Reading(torch.zeros(layout.d_model, size), torch.zeros(size))
    if isinstance(op, Aggregate):
        read = layout.variables[op.operand]
        for value, axis in zip(op.operand.values, read.axes):
            v.weight[axis] = torch.ones(1) if op.numerical else torch.tensor(own.code(value))
        _silence_bos(v, [read])
    v.weight[BOS_AXIS] += torch.tensor(own.at_bos)
    out = torch.zeros(size, layout.d_model)
    out[range(size), list(own.axes)] = 1.0
    return HeadWeights(q, k, v, out)


def _query_key(selector: Select, layout: Layout, sharpness: float, *, bos_score: float) -> tuple[Reading, Reading]:
    """Scores: sharpness where selected, 0 elsewhere, sharpness * bos_score at BOS.

    What the predicate ignores is not read: a bias stands for it.
    """
    for op in selector.operands:
        if op.numerical:
            raise BadInput(f"a selector of the number {op.name}", "categories", "map it to categories first")
    table = sharpness * torch.tensor(selector.table(), dtype=torch.float32)  # [query value, key value]
    if not selector.reads_keys:
        table = table[:, :1]
    size = table.shape[1]
    q = Reading(torch.zeros(layout.d_model, size + 1), torch.zeros(size + 1))
    k = Reading(torch.zeros(layout.d_model, size + 1), torch.zeros(size + 1))
    if selector.reads_queries:
        queries = [layout.variables[selector.queries]]
        q.weight[list(queries[0].axes), :size] = table
    else:
        queries = []
        q.bias[:size] = table[0]
    if selector.reads_keys:
        keys = [layout.variables[selector.keys]]
        k.weight[list(keys[0].axes), :size] = torch.eye(size)
    else:
        keys = []
        k.bias[:size] = 1.0
    _silence_bos(q, queries)
    _silence_bos(k, keys)
    q.bias[size] = sharpness * bos_score
    k.weight[BOS_AXIS, size] = 1.0
    return q, k


def _silence_bos(reading: Reading, variables: list[Variable]) -> None:
    """Makes the reading zero at BOS."""
    there = reading.bias.clone()
    for variable in variables:
        there += torch.tensor(variable.at_bos) @ reading.weight[list(variable.axes)]
    reading.weight[BOS_AXIS] -= there


def neurons(op: Map | SequenceMap, layout: Layout) -> list[Neuron]:
    """The neurons that compute `op`.

    Raises:
        BadInput: `op` is a function of two numbers, or ignores an operand (an edge that would carry nothing).
    """
    if isinstance(op, Map):
        function, first, second = lambda x, _: op.function(x), op.operand, None
    else:
        function, first, second = op.function, op.first, op.second
        _require_both(op)
        if first.numerical:
            function, first, second = _swapped(function), second, first
    if second is None:
        made = _steps(function, first, layout) if first.numerical else _cases(function, first, layout)
    elif first.numerical:
        raise BadInput(f"{op.name}, a function of two numbers", "a category among them", "map one to categories first")
    else:
        made = (_steps_in_cases if second.numerical else _pairs)(function, first, second, layout)
    read = [layout.variables[x] for x in op.operands]
    return [neuron for piece in made if (neuron := _neuron(piece, op, read, layout)) is not None]


def _require_both(op: SequenceMap) -> None:
    table = [[op.function(x, y) for y in op.second.values] for x in op.first.values]
    for ignored, rows in ((op.first, table), (op.second, [list(column) for column in zip(*table)])):
        if all(row == rows[0] for row in rows):
            raise BadInput(f"{op.name}, which does not depend on {ignored.name}", "a function of both", "use Map")


def _swapped(function: Callable[[Value, Value], Value]) -> Callable[[Value, Value], Value]:
    return lambda x, y: function(y, x)


@dataclass(frozen=True)
class _Piece:
    """A neuron to be: coefficients by axis, bias, and the values whose codes it writes, each with a sign."""

    reads: dict[int, float]
    bias: float
    writes: list[tuple[float, Value]]


def _cases(function: Callable[..., Value], op: SOp, layout: Layout) -> Iterator[_Piece]:
    """f(a), a category: relu(a)."""
    for value, axis in zip(op.values, layout.variables[op].axes):
        yield _Piece({axis: 1.0}, 0.0, [(1.0, function(value, None))])


def _pairs(function: Callable[..., Value], first: SOp, second: SOp, layout: Layout) -> Iterator[_Piece]:
    """f(a, b), both categories: relu(a + b - 1)."""
    for x, x_axis in zip(first.values, layout.variables[first].axes):
        for y, y_axis in zip(second.values, layout.variables[second].axes):
            yield _Piece({x_axis: 1.0, y_axis: 1.0}, -1.0, [(1.0, function(x, y))])


def _steps(function: Callable[..., Value], op: SOp, layout: Layout) -> Iterator[_Piece]:
    """f(x), a number: f(lowest), and at each step the new value less the old."""
    yield _Piece({}, 1.0, [(1.0, function(op.values[0], None))])
    yield from _ramps([function(x, None) for x in op.values], op, layout)


def _steps_in_cases(function: Callable[..., Value], category: SOp, number: SOp, layout: Layout) -> Iterator[_Piece]:
    """f(a, x): the steps of x -> f(a, x), which only fire where a holds."""
    for a, axis in zip(category.values, layout.variables[category].axes):
        yield _Piece({axis: 1.0}, 0.0, [(1.0, function(a, number.values[0]))])
        for ramp in _ramps([function(a, x) for x in number.values], number, layout):
            # A gate as high as the ramp can get.
            (slope,) = ramp.reads.values()
            gate = max(0.0, slope * float(number.values[-1]) + ramp.bias)
            yield _Piece({**ramp.reads, axis: gate}, ramp.bias - gate, ramp.writes)


def _ramps(results: list[Value], op: SOp, layout: Layout) -> Iterator[_Piece]:
    """From one value of a number to the next the two ramps rise by 0 and 0 before, by 3/2 and 1/2 at the next: 0, 1."""
    (axis,) = layout.variables[op].axes
    for low, high, old, new in zip(op.values, op.values[1:], results, results[1:]):
        if old != new:
            low, high = float(low), float(high)
            slope, middle = 2 / (high - low), (low + high) / 2
            for sign in (1.0, -1.0):
                yield _Piece({axis: slope}, sign / 2 - slope * middle, [(sign, new), (-sign, old)])


def _neuron(piece: _Piece, op: SOp, read: list[Variable], layout: Layout) -> Neuron | None:
    """The piece as weights, silent at BOS; None where it would write nothing."""
    code = sum((sign * torch.tensor(encode(op, value)) for sign, value in piece.writes), torch.zeros(()))
    if not code.any():
        return None
    reads = torch.zeros(layout.d_model, 1)
    for axis, coefficient in piece.reads.items():
        reads[axis] = coefficient
    _silence_bos(Reading(reads, torch.tensor([piece.bias])), read)
    writes = torch.zeros(layout.d_model)
    writes[list(layout.variables[op].axes)] = code
    return Neuron(reads[:, 0], piece.bias, writes)
