"""Circuits: the few edges that carry a behaviour, and how faithful they are to it.

A circuit is a set of edges. It is run on the clean input with every other edge resampled: a reader gets the corrupted
run's input, plus what changes in the writers it keeps,

    input[r] = input[r] (corrupted) + sum over kept w of (written[w] (now) - written[w] (corrupted))

as in Conmy et al. 2023 (arXiv 2304.14997). With m the metric averaged over rows:

    faithfulness(C) = (m(C) - m(corrupted)) / (m(clean) - m(corrupted))
    CPR = area under faithfulness over the share of edges kept      CMD = area between it and 1

as MIB defines them (Mueller et al. 2025, arXiv 2504.13151), by the trapezoid rule over its shares of all edges. Edges
that lie on no path from the embedding to the logits do nothing under resampling and are not counted as kept. Ours: the
smallest circuit by a ranking, then pruned edge by edge with exact runs; random circuits of the same size beside it.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from reasonlab.language.errors import BadInput, quote
from reasonlab.models.graph import Graph
from reasonlab.probes.edges import Contrast, ablated
from reasonlab.probes.graph import by_writer, reader_hooks, writer_hooks

SHARES = (0.0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)  # MIB's
RESAMPLES = 1000  # of the bootstrap
HELD = 8  # contrasts whose corrupted run stays in memory; those of more are made again whenever they are needed

Mask = Bool[Tensor, "reader writer"]


@dataclass(frozen=True)
class Faithful:
    """A circuit's faithfulness, with its 95% interval over rows (percentile bootstrap)."""

    value: float
    low: float
    high: float


class Measured:
    """Contrasts whose circuits are to be run, all other edges under one of `edges.ABLATIONS`. The corrupted runs of the
    first `HELD` are kept, so that memory does not grow with the number of problems.

    Raises:
        BadInput: the metric is the same on clean and corrupted inputs, so that nothing can be faithful to the
            difference; the model writes to its stream besides what the graph's writers do.
    """

    @torch.no_grad()
    def __init__(self, model: Any, graph: Graph, contrasts: Sequence[Contrast], *, ablation: str = "resample") -> None:
        self.model, self.graph, self.contrasts, self.ablation = model, graph, tuple(contrasts), ablation
        self._held = [self._corrupted(contrast) for contrast in contrasts[:HELD]]
        self.clean = torch.cat([contrast.metric(model(contrast.clean)) for contrast in contrasts]).double().cpu()
        self.corrupted = self.metric(torch.zeros_like(graph.allowed))
        if abs(float((self.clean - self.corrupted).mean())) < 1e-6:
            raise BadInput(
                f"the metric of {len(self.clean)} pairs is the same on clean and corrupted inputs",
                "a behaviour that the corruption changes",
                "corrupt something that the output depends on, or take a trained model",
            )
        whole = self.metric(graph.allowed)
        if float((whole - self.clean).abs().max()) > 1e-3 * float((self.clean - self.corrupted).abs().max()):
            raise BadInput(
                "the model is more than its graph of heads and MLPs: with every edge kept its output is another",
                "blocks that write to the stream and nothing else that does (no norm after them, no patches)",
                "patch its activations instead (--what patching)",
            )

    def _corrupted(self, contrast: Contrast) -> dict[str, Tensor]:
        """Every point of the graph in the corrupted run, as [row pos writer d] or [row pos reader d]."""
        seen: dict[str, Tensor] = {}

        def keep(name: str) -> Any:
            def act(activation: Tensor, hook: Any) -> None:
                at = by_writer(activation)
                # All readers of one point see the same stream here: one copy of it will do.
                seen[name] = (at[:, :, :1] if name in reading else at).clone()

            return act

        reading = reader_hooks(self.graph)
        names = dict.fromkeys((*writer_hooks(self.graph), *reader_hooks(self.graph)))
        with self.model.hooks(fwd_hooks=[(name, keep(name)) for name in names]):
            self.model(contrast.corrupted)
        return seen if self.ablation == "resample" else self._other(contrast, seen)

    def _other(self, contrast: Contrast, seen: dict[str, Tensor]) -> dict[str, Tensor]:
        """The corrupted run with every writer's output exchanged for its ablation, and readers that see those."""
        names = writer_hooks(self.graph)
        was = torch.cat([seen[name] for name in names], 2)
        instead = ablated(contrast, was, self.ablation)
        found = dict(zip(names, instead.split([seen[name].shape[2] for name in names], 2)))
        for name, slot in reader_hooks(self.graph).items():
            before = self.graph.written_before(self.graph.readers[slot.start])
            # What no writer wrote (biases) stays; a rounding error does not, which a norm of nothing would blow up.
            rest = seen[name] - was[:, :, :before].sum(2, keepdim=True)
            rest = torch.where(rest.abs() > 1e-5 * seen[name].abs().max(), rest, 0.0)
            found[name] = rest + instead[:, :, :before].sum(2, keepdim=True)
        return found

    @torch.no_grad()
    def metric(self, kept: Mask) -> Float[Tensor, "row"]:
        """The metric of each row when only the edges `kept` are."""
        found = []
        for i, contrast in enumerate(self.contrasts):
            base = self._held[i] if i < len(self._held) else self._corrupted(contrast)
            found.append(self._run(contrast, base, kept))
        return torch.cat(found).double().cpu()

    def _run(self, contrast: Contrast, base: dict[str, Tensor], kept: Mask) -> Float[Tensor, "row"]:
        graph = self.graph
        some = next(iter(base.values()))
        rows, pos, _, d_model = some.shape
        # Writers first, so that what readers get is one product with their kept edges.
        changes, weights = some.new_zeros(len(graph.writers), rows, pos, d_model), kept.to(some)
        filled = 0

        def write(name: str) -> Any:
            def act(activation: Tensor, hook: Any) -> None:
                nonlocal filled
                change = by_writer(activation) - base[name]
                changes[filled : filled + change.shape[2]] = change.movedim(2, 0)
                filled += change.shape[2]

            return act

        def read(name: str, slot: slice) -> Any:
            def act(activation: Tensor, hook: Any) -> Tensor:
                mine, value = weights[slot, :filled], base[name]
                if mine.any():
                    summed = (mine @ changes[:filled].flatten(1)).view(-1, rows, pos, d_model)
                    value = value + summed.movedim(0, 2)
                return value.expand(-1, -1, slot.stop - slot.start, -1).reshape(activation.shape)

            return act

        hooks = [(name, write(name)) for name in writer_hooks(graph)]
        hooks += [(name, read(name, slot)) for name, slot in reader_hooks(graph).items()]
        with self.model.hooks(fwd_hooks=hooks):
            return contrast.metric(self.model(contrast.clean))

    def faithfulness(self, kept: Mask) -> float:
        """Of the circuit `kept`."""
        return float(self._share(self.metric(kept)))

    def _share(self, metric: Tensor) -> Tensor:
        corrupted = self.corrupted.mean(-1)
        return (metric.mean(-1) - corrupted) / (self.clean.mean(-1) - corrupted)

    def interval(self, kept: Mask, *, seed: int = 0) -> Faithful:
        """`faithfulness` with its interval."""
        metric = self.metric(kept)
        generator = torch.Generator().manual_seed(seed)
        rows = torch.randint(len(metric), (RESAMPLES, len(metric)), generator=generator)
        least = self.corrupted[rows].mean(1)
        found = (metric[rows].mean(1) - least) / (self.clean[rows].mean(1) - least)
        low, high = found.quantile(torch.tensor([0.025, 0.975], dtype=found.dtype)).tolist()
        return Faithful(float(self._share(metric)), low, high)


def top(graph: Graph, scores: Float[Tensor, "reader writer"], count: int) -> Mask:
    """The `count` edges of the largest absolute scores, less those that lie on no path."""
    size = torch.where(graph.allowed, scores.abs(), torch.tensor(-1.0))
    chosen = torch.zeros_like(graph.allowed)
    chosen.view(-1)[size.flatten().argsort(descending=True, stable=True)[:count]] = True
    return graph.useful(chosen)


def at_random(graph: Graph, count: int, seed: int) -> Mask:
    """A circuit of edges drawn evenly from all that there are, until at least `count` of them lie on a path."""
    places = graph.allowed.flatten().nonzero()[:, 0]
    order = places[torch.randperm(len(places), generator=torch.Generator().manual_seed(seed))]

    def first(number: int) -> Mask:
        chosen = torch.zeros_like(graph.allowed)
        chosen.view(-1)[order[:number]] = True
        return graph.useful(chosen)

    low, high = 0, len(order)  # edges on a path only grow in number with edges drawn
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if int(first(middle).sum()) >= count else (middle, high)
    return first(high)


@dataclass(frozen=True)
class Point:
    """One circuit of a curve: how many edges were asked for, how many lie on a path, and their faithfulness."""

    share: float
    edges: int
    faithfulness: float


def curve(measured: Measured, scores: Float[Tensor, "reader writer"], shares: Sequence[float] = SHARES) -> list[Point]:
    """Faithfulness of the top edges at each share of all edges."""
    points = []
    for share in shares:
        kept = top(measured.graph, scores, round(share * measured.graph.size))
        points.append(Point(share, int(kept.sum()), measured.faithfulness(kept)))
    return points


def cpr(points: Sequence[Point]) -> float:
    """The area under the curve: the higher, the better; 1 would be a circuit of no edge that does it all."""
    return _area(points, lambda point: point.faithfulness)


def cmd(points: Sequence[Point]) -> float:
    """The area between the curve and 1: the lower, the better."""
    return _area(points, lambda point: abs(1 - point.faithfulness))


def _area(points: Sequence[Point], height: Callable[[Point], float]) -> float:
    ordered = sorted(points, key=lambda point: point.share)
    return sum((b.share - a.share) * (height(a) + height(b)) / 2 for a, b in pairwise(ordered))


def smallest(measured: Measured, scores: Float[Tensor, "reader writer"], bar: float) -> Mask:
    """The fewest top edges that are at least `bar` faithful (found by halving, so that it is a local smallest where the
    curve is not monotone)."""
    graph, low, high = measured.graph, 0, measured.graph.size
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if measured.faithfulness(top(graph, scores, middle)) >= bar else (middle, high)
    return top(graph, scores, high)


def prune(
    measured: Measured,
    kept: Mask,
    scores: Float[Tensor, "reader writer"],
    bar: float,
    *,
    progress: Callable[[int], None] | None = None,
) -> Mask:
    """`kept` without each edge, smallest score first, that can go while it stays at least `bar` faithful."""
    graph = measured.graph
    for index in torch.where(kept, scores.abs(), torch.tensor(torch.inf)).flatten().argsort(stable=True).tolist():
        if kept.view(-1)[index]:
            less = kept.clone()
            less.view(-1)[index] = False
            less = graph.useful(less)
            if measured.faithfulness(less) >= bar:
                kept = less
            if progress is not None:
                progress(1)
    return kept


@dataclass(frozen=True)
class Circuit:
    """A circuit with its evidence, as it is written to JSON.

    Attributes:
        edges: (writer, reader). possible: how many edges the model has.
        faithfulness: on inputs not used to find it. chosen_on, held_out: how many pairs.
        random: the mean faithfulness of random circuits of at least as many edges, all on paths from the embedding to
            the logits; random_highest: of the best of them.
    """

    model: str
    task: str
    ablation: str
    method: str
    layers: int
    heads: int
    kv_heads: int
    edges: tuple[tuple[str, str], ...]
    possible: int
    faithfulness: Faithful
    random: float
    random_highest: float
    random_circuits: int
    chosen_on: int
    held_out: int
    format: int = 1

    @property
    def graph(self) -> Graph:
        return Graph(self.layers, self.heads, self.kv_heads)

    def sentence(self) -> str:
        """One line for a person."""
        found = self.faithfulness
        return (
            f"{len(self.edges)} of {self.possible} edges ({len(self.edges) / self.possible:.1%}) keep "
            f"{found.value:.1%} [{found.low:.1%}, {found.high:.1%}] of '{self.task}' on {self.held_out} pairs not used "
            f"to find them; {self.random_circuits} random circuits of as many edges keep {self.random:.1%} on average, "
            f"{self.random_highest:.1%} at best"
        )

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: str, origin: str = "the circuit") -> "Circuit":
        """The reverse of `to_json`.

        Raises:
            BadInput: no such circuit; `origin` says where it comes from.
        """
        try:
            made = json.loads(text)
            if made["format"] != 1:
                raise ValueError("another format")
            made["edges"] = tuple((str(writer), str(reader)) for writer, reader in made["edges"])
            found = cls(**{**made, "faithfulness": Faithful(**made["faithfulness"])})
            found.graph.mask(list(found.edges))
        except (ValueError, TypeError, KeyError) as fault:
            raise BadInput(
                f"{origin} is no circuit ({fault})", "JSON that `Circuit.to_json` wrote", "find it anew"
            ) from None
        return found

    @classmethod
    def read(cls, path: Path) -> "Circuit":
        """Raises: BadInput: no such file, or no circuit in it."""
        if not path.is_file():
            raise BadInput(
                f"there is no file {quote(str(path))}", "a circuit's JSON", "run reasonlab probe --what circuit"
            )
        return cls.from_json(path.read_text(encoding="utf-8"), path.name)
