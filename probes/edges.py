"""What each edge of the graph carries: exact patching, and its estimates by gradients.

A clean and a corrupted input of one shape. Patching an edge (w, r) in the clean run gives r alone, of all readers, what
w writes in the corrupted run; what changes after r follows from that. With D = written(corrupted) - written(clean):

    exact    metric(clean run with D[w] added to r's input) - metric(clean run)          a pass an edge
    EAP      sum over positions of D[w] . d metric / d input[r]
    EAP-IG   the same, the gradient averaged over m runs whose embeddings lie between
             corrupted and clean: corrupted + k/m (clean - corrupted), k = 1 ... m

EAP: Syed et al. 2023, arXiv 2310.10348; EAP-IG: Hanna et al. 2024, arXiv 2403.17806. All with q, k and v apart and
one score a row, so that they can be averaged with or without their signs.
Ours: on any model with TransformerLens' hooks, and the exact scores beside the estimates, by kind of node.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from einops import einsum
from jaxtyping import Float, Int
from torch import Tensor

from reasonlab.language.errors import BadInput, quote
from reasonlab.models.graph import Graph
from reasonlab.probes.capture import Row
from reasonlab.probes.graph import by_writer, reader_hooks, written

ABLATIONS = ("resample", "mean", "zero")
STEPS = 5  # of EAP-IG, as in its paper
Metric = Callable[[Float[Tensor, "row pos vocab"]], Float[Tensor, "row"]]
Scores = Float[Tensor, "row reader writer"]


@dataclass(frozen=True)
class Contrast:
    """Inputs in pairs, and what is measured of the logits.

    Attributes:
        clean, corrupted: a pair a row, of equal length; padded on the right where rows differ.
        metric: one number a row; what it says of padding must not depend on it.
        lengths: of the rows, if some are padded: a mean ablation leaves padding out.
    """

    clean: Int[Tensor, "row pos"]
    corrupted: Int[Tensor, "row pos"]
    metric: Metric
    lengths: Int[Tensor, "row"] | None = None

    def swapped(self) -> "Contrast":
        """The other way round: a circuit's edges then carry the corrupted run into the clean one, and the metric is
        high where the corrupted output is preferred."""
        return Contrast(self.corrupted, self.clean, lambda logits: -self.metric(logits), self.lengths)


def ablated(
    contrast: Contrast, corrupted: Float[Tensor, "row pos writer d_model"], ablation: str
) -> Float[Tensor, "row pos writer d_model"]:
    """What an ablated edge carries: under "resample" what the writer writes in the corrupted run; under "mean" its mean
    over that run's rows and positions; under "zero" nothing.

    Raises:
        BadInput: there is no such ablation.
    """
    if ablation not in ABLATIONS:
        raise BadInput(
            f"there is no ablation {quote(ablation)}", f"one of {', '.join(ABLATIONS)}", "choose one of these"
        )
    if ablation == "resample":
        return corrupted
    if ablation == "zero":
        return torch.zeros_like(corrupted)
    if contrast.lengths is None:
        return corrupted.mean((0, 1)).expand_as(corrupted)
    real = torch.arange(corrupted.shape[1], device=corrupted.device) < contrast.lengths[:, None]
    return corrupted[real].mean(0).expand_as(corrupted)


def add_to(heads: int | None, what: Float[Tensor, "row pos d_model"]) -> Callable[[Tensor, Any], Tensor]:
    """A hook that adds to a reader's input (to one head's)."""

    def act(activation: Tensor, hook: Any) -> Tensor:
        activation = activation.clone()
        target = activation if heads is None else activation[:, :, heads]
        target += what
        return activation

    return act


@torch.no_grad()
def exact(
    model: Any,
    graph: Graph,
    contrast: Contrast,
    *,
    ablation: str = "resample",
    progress: Callable[[int], None] | None = None,
) -> Scores:
    """How the metric changes when one edge is patched: a pass an edge. `ablation`: see `ablated`."""
    instead = ablated(contrast, written(model, graph, contrast.corrupted), ablation)
    change = instead - written(model, graph, contrast.clean)
    plain = contrast.metric(model(contrast.clean))
    scores = torch.zeros(len(plain), len(graph.readers), len(graph.writers))
    for hook, slot in reader_hooks(graph).items():
        for reader in range(slot.start, slot.stop):
            head = reader - slot.start if ".attn." in hook else None
            for writer in range(graph.written_before(graph.readers[reader])):
                with model.hooks(fwd_hooks=[(hook, add_to(head, change[:, :, writer]))]):
                    scores[:, reader, writer] = (contrast.metric(model(contrast.clean)) - plain).float().cpu()
                if progress is not None:
                    progress(1)
    return scores


def attribution(
    model: Any, graph: Graph, contrast: Contrast, *, steps: int | None = None, ablation: str = "resample"
) -> Scores:
    """EAP, or with a number of `steps` EAP-IG: two passes, and as many more with a gradient as there are steps."""
    clean, corrupted = (written(model, graph, tokens) for tokens in (contrast.clean, contrast.corrupted))
    change = ablated(contrast, corrupted, ablation) - clean
    scores = torch.zeros(len(change), len(graph.readers), len(graph.writers))
    for step in range(steps or 1):
        share = 1.0 if steps is None else (step + 1) / steps
        embedding = torch.lerp(corrupted[:, :, 0], clean[:, :, 0], share)
        for hook, gradient in _gradients(model, graph, contrast, embedding).items():
            slot = reader_hooks(graph)[hook]
            found = einsum(change, by_writer(gradient), "row pos writer d, row pos reader d -> row reader writer")
            scores[:, slot] += (found / (steps or 1)).float().cpu()
    return scores * graph.allowed


def _gradients(
    model: Any, graph: Graph, contrast: Contrast, embedding: Float[Tensor, "row pos d_model"]
) -> dict[str, Tensor]:
    """The metric's gradient at each reader's input, in a run on this embedding, by hook."""
    inputs: dict[str, Tensor] = {}

    def start(activation: Tensor, hook: Any) -> Tensor:
        return embedding.to(activation).requires_grad_()

    def keep(name: str) -> Any:
        def act(activation: Tensor, hook: Any) -> None:
            inputs[name] = activation

        return act

    hooks = [("blocks.0.hook_resid_pre", start), *((name, keep(name)) for name in reader_hooks(graph))]
    with torch.enable_grad(), model.hooks(fwd_hooks=hooks):
        value = contrast.metric(model(contrast.clean)).sum()
        gradients = torch.autograd.grad(value, list(inputs.values()), allow_unused=True)
    return {
        name: torch.zeros_like(at) if gradient is None else gradient
        for (name, at), gradient in zip(inputs.items(), gradients)
    }


def kinds(graph: Graph) -> dict[str, Tensor]:
    """The edges by kind: those into q, k, v, MLPs and logits, and those out of the embedding, heads and MLPs."""
    into = {
        "into q": lambda name: name.endswith(" q"),
        "into k": lambda name: name.endswith(" k"),
        "into v": lambda name: name.endswith(" v"),
        "into mlp": lambda name: name.startswith("mlp"),
        "into logits": lambda name: name == "logits",
    }
    out_of = {
        "out of embed": lambda name: name == "embed",
        "out of head": lambda name: name.startswith("head"),
        "out of mlp": lambda name: name.startswith("mlp"),
    }
    found = {"all": graph.allowed.clone()}
    for kind, test in into.items():
        found[kind] = graph.allowed & torch.tensor([test(name) for name in graph.readers])[:, None]
    for kind, test in out_of.items():
        found[kind] = graph.allowed & torch.tensor([test(name) for name in graph.writers])[None]
    return found


def correlations(graph: Graph, exact_scores: Scores, estimates: dict[str, Scores]) -> list[Row]:
    """How an estimate agrees with exact patching, the mean over rows compared edge by edge, by kind of edge.

    Columns: method, kind, edges, pearson, spearman (None of fewer than three edges, or where one side is constant).
    """
    rows: list[Row] = []
    for method, estimate in estimates.items():
        for kind, mask in kinds(graph).items():
            a, b = (scores.mean(0)[mask].double() for scores in (exact_scores, estimate))
            rows.append(
                {
                    "method": method,
                    "kind": kind,
                    "edges": len(a),
                    "pearson": correlation(a, b),
                    "spearman": correlation(ranks(a), ranks(b)),
                }
            )
    return rows


def correlation(a: Float[Tensor, "edge"], b: Float[Tensor, "edge"]) -> float | None:
    """Pearson's; None of fewer than three, or where one side is constant."""
    if len(a) < 3 or float(a.std()) == 0 or float(b.std()) == 0:
        return None
    return float(torch.corrcoef(torch.stack((a, b)))[0, 1])


def ranks(values: Float[Tensor, "edge"]) -> Float[Tensor, "edge"]:
    """Ranks from 1, equal values sharing their mean rank."""
    below = (values[None] < values[:, None]).sum(1).double()
    return below + ((values[None] == values[:, None]).sum(1).double() + 1) / 2


def auroc(scores: Float[Tensor, "edge"], true: Sequence[bool] | Tensor) -> float | None:
    """The share of pairs (a true edge, another) that the scores order rightly, ties counting half: the area under the
    ROC curve, as the Mann-Whitney statistic. None where one of the two is empty."""
    wanted = torch.as_tensor(true, dtype=torch.bool)
    good, bad = int(wanted.sum()), int((~wanted).sum())
    if not good or not bad:
        return None
    return float((ranks(scores.double())[wanted].sum() - good * (good + 1) / 2) / (good * bad))
