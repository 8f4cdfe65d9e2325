"""Does the network look where the causal graph says? Heads and depths as detectors of the graph's edges, by their ROC.

For every step b of a chain and every variable a that was stated before it, a score says how much b takes from a; the
truth is whether a is a parent of b in the SCM. AUROC is the chance that an edge scores higher than what is none, ties
counting half. Three scores:

    attention               what a head pays a's words, summed; the largest over the words of b's step
    value norm              the same with each weight times |W_O v| of the word looked at: |p W_O v| (Kobayashi et al.
                            2020, arXiv 2004.10102), since a word with a short value may be looked at and tell nothing
    gradient x activation   |sum over d of (d logit / d resid) resid| at a's value, of the logit of b's value where it
                            is about to be written (Shrikumar et al. 2016, arXiv 1605.01713)

The words of b's step name its parents, so a head that finds edges may only look up what it has just read; in the role
"step name" only b's own name looks, before any parent is named.

Ours: the interval (95%, percentiles) draws problems anew, not pairs, for those of one problem hang together; beside it
stand *permuted*, the scores exchanged among the variables of one step (so not one half where steps differ in how much
they look back at all), and *untrained*, fresh weights of the same shape.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from reasonlab.language.errors import BadInput
from reasonlab.models import HookedModel
from reasonlab.probes.attention import patterns, value_norms
from reasonlab.probes.capture import Row, padded
from reasonlab.probes.hooks import hook_name, require, require_room
from reasonlab.probes.interchange import untrained
from reasonlab.probes.roles import Layout
from reasonlab.tasks.streams import Stream

ROLES_LOOKING = ("step", "step name")  # the words of b that look
KEYS = ("step", "definition")  # the words of a that are looked at
GRADIENT_WORDS = ("before value", "value")
RESAMPLES = 1000
PERMUTATIONS = 20


@dataclass(frozen=True)
class Pair:
    """A step and a variable stated before it. `parent`: the SCM has the edge premise -> step."""

    problem: int  # its place among the layouts
    step: str
    premise: str
    parent: bool


def pairs(layouts: Sequence[Layout]) -> list[Pair]:
    """Every step that has a parent stated before it, with every variable stated before it. A step that breaks off
    before its value states nothing.

    Raises:
        BadInput: there is none, or all of them are parents.
    """
    found = []
    for problem, made in enumerate(layouts):
        graph = made.problem.scm().graph()
        stated = [name for name in made.stated() if made.positions("value", name)]
        for i, step in enumerate(stated):
            parents = set(graph.predecessors(step)) if step in graph else set()
            if parents.intersection(stated[:i]):
                found += [Pair(problem, step, premise, premise in parents) for premise in stated[:i]]
    if len({pair.parent for pair in found}) < 2:
        raise BadInput(
            f"in {len(layouts)} chains no step has both a parent and another variable stated before it",
            "steps that could take from the wrong variable",
            "give more or larger problems",
        )
    return found


def roc(scores: Float[Tensor, "pair"], labels: Bool[Tensor, "pair"]) -> float | None:
    """The area under the ROC curve: how often a true one scores higher than a false one, ties counting half (Mann &
    Whitney 1947). None where all labels are alike."""
    area = float(_weighted_roc(scores, labels, _once(labels)))
    return None if math.isnan(area) else area


def _once(labels: Bool[Tensor, "pair"]) -> Float[Tensor, "1 pair"]:
    return torch.ones(1, len(labels), dtype=torch.float64)


def _weighted_roc(
    scores: Float[Tensor, "pair"], labels: Bool[Tensor, "pair"], weights: Float[Tensor, "draw pair"]
) -> Float[Tensor, "draw"]:
    """`roc` with each pair counted as often as a draw has it; nan where a draw has only one kind."""
    values, rank = scores.unique(return_inverse=True)  # in order: what ties has one rank
    empty = torch.zeros(len(weights), len(values), dtype=weights.dtype)
    true = empty.index_add(1, rank, weights * labels)
    false = empty.index_add(1, rank, weights * ~labels)
    below = false.cumsum(1) - false
    return (true * (below + false / 2)).sum(1) / (true.sum(1) * false.sum(1))


def roc_rows(
    model: Any,
    layouts: Sequence[Layout],
    *,
    roles: Sequence[str] = ROLES_LOOKING,
    seed: int = 0,
    batch: int = 16,
) -> list[Row]:
    """How well each head, and each depth, tells the graph's edges: one row a (measure, role, keys, layer, head).

    Columns: measure, role (which words of the step look; of gradients "before value"), keys (which words of the premise
    are looked at), layer, head (None of gradients), auroc, low, high (None where no draw of problems has both kinds),
    permuted, untrained (AUROCs of the controls; None where the shape cannot be made anew), pairs, edges, problems.

    Args:
        roles: the words of b's step that look; steps without them are left out.
        seed: of the draws, the permutations and the fresh weights.

    Raises:
        BadInput: an unknown role; nothing to tell apart (see `pairs`); a model without the hook points; chains longer
            than its positions.
    """
    every = pairs(layouts)
    fresh = untrained(model, seed) if isinstance(model, HookedModel) else None
    asked = {words: _with_words(layouts, every, words) for words in (*product(roles, KEYS), GRADIENT_WORDS)}
    measured = _scores(model, layouts, asked, batch)
    control = None if fresh is None else _scores(fresh, layouts, asked, batch)
    draws = {words: _Draws.of(chosen, seed) for words, chosen in asked.items()}
    return [
        {
            "measure": site.measure,
            "role": site.words[0],
            "keys": site.words[1],
            "layer": site.layer,
            "head": site.head,
            **draws[site.words].areas(scores),
            "untrained": None if control is None else roc(control[site], draws[site.words].labels),
            "pairs": len(scores),
            "edges": sum(pair.parent for pair in asked[site.words]),
            "problems": len({pair.problem for pair in asked[site.words]}),
        }
        for site, scores in measured.items()
    ]


def _with_words(layouts: Sequence[Layout], chosen: Sequence[Pair], words: tuple[str, str]) -> list[Pair]:
    """The pairs whose step has the words that look and whose premise has those that are looked at."""
    looking, looked_at = words
    return [
        pair
        for pair in chosen
        if layouts[pair.problem].positions(looking, pair.step)
        and layouts[pair.problem].positions(looked_at, pair.premise)
    ]


class _Site(NamedTuple):
    measure: str
    words: tuple[str, str]  # role, keys
    layer: int
    head: int | None


@dataclass(frozen=True)
class _Draws:
    """What the interval and the permuted control of some pairs are computed from."""

    labels: Bool[Tensor, "pair"]
    weights: Float[Tensor, "draw pair"]  # how often each draw of problems has each pair
    orders: list[list[int]]  # the pairs with those of each step in another order

    @classmethod
    def of(cls, chosen: Sequence[Pair], seed: int) -> "_Draws":
        stream = Stream("probes", "roc", seed, len(chosen))
        problems = sorted({pair.problem for pair in chosen})
        weights = torch.zeros(RESAMPLES, len(problems), dtype=torch.float64)
        for draw in weights:
            for _ in problems:
                draw[stream.below(len(problems))] += 1
        steps: dict[tuple[int, str], list[int]] = {}
        for i, pair in enumerate(chosen):
            steps.setdefault((pair.problem, pair.step), []).append(i)
        orders = []
        for _ in range(PERMUTATIONS):
            order = list(range(len(chosen)))
            for where in steps.values():
                for i, j in zip(where, stream.sample(where, len(where))):
                    order[i] = j
            orders.append(order)
        column = {problem: i for i, problem in enumerate(problems)}
        return cls(
            labels=torch.tensor([pair.parent for pair in chosen]),
            weights=weights[:, [column[pair.problem] for pair in chosen]],
            orders=orders,
        )

    def areas(self, scores: Float[Tensor, "pair"]) -> dict[str, float | None]:
        """The columns auroc, low, high, permuted."""
        drawn = _weighted_roc(scores, self.labels, self.weights)
        drawn = drawn[~drawn.isnan()]
        ends = torch.tensor([0.025, 0.975], dtype=drawn.dtype)
        low, high = drawn.quantile(ends).tolist() if len(drawn) else (None, None)
        permuted = [roc(scores[order], self.labels) for order in self.orders]
        known = [area for area in permuted if area is not None]
        return {
            "auroc": roc(scores, self.labels),
            "low": low,
            "high": high,
            "permuted": sum(known) / len(known) if known else None,
        }


def _scores(
    model: Any, layouts: Sequence[Layout], asked: dict[tuple[str, str], list[Pair]], batch: int
) -> dict[_Site, Float[Tensor, "pair"]]:
    """Every measure at every site, of those pairs that have its words."""
    found: dict[_Site, Tensor] = {}
    seen = patterns(model, layouts, batch=batch)
    norms = value_norms(model, layouts, batch=batch)
    weighted = [pattern * norm[:, :, None] for pattern, norm in zip(seen, norms)]
    for measure, tables in (("attention", seen), ("value norm", weighted)):
        for words, chosen in asked.items():
            if words == GRADIENT_WORDS or not chosen:
                continue
            paid = [_paid(tables[pair.problem], layouts[pair.problem], pair, *words) for pair in chosen]
            for layer, heads in enumerate(torch.stack(paid, -1)):
                for head, scores in enumerate(heads):
                    found[_Site(measure, words, layer, head)] = scores
    for layer, scores in enumerate(gradient_scores(model, layouts, asked[GRADIENT_WORDS], batch=batch)):
        found[_Site("gradient x activation", GRADIENT_WORDS, layer, None)] = scores
    return found


def _paid(
    table: Float[Tensor, "layer head pos key"], made: Layout, pair: Pair, role: str, keys: str
) -> Float[Tensor, "layer head"]:
    looking, looked_at = list(made.positions(role, pair.step)), list(made.positions(keys, pair.premise))
    return table[:, :, looking][:, :, :, looked_at].sum(-1).amax(-1)


def gradient_scores(
    model: Any, layouts: Sequence[Layout], chosen: Sequence[Pair], *, batch: int = 16
) -> Float[Tensor, "layer pair"]:
    """Gradient x activation of each pair at the input of each layer.

    Raises:
        BadInput: a model without the hook points; chains longer than its positions.
    """
    names = [hook_name("resid_pre", layer) for layer in range(model.cfg.n_layers)]
    require(model, names)
    require_room(model, max(len(made.tokens) for made in layouts))
    steps = list(dict.fromkeys((pair.problem, pair.step) for pair in chosen))
    found: dict[tuple[int, str], Tensor] = {}  # [layer pos]
    for first in range(0, len(steps), batch):
        part = steps[first : first + batch]
        tokens = padded([layouts[problem].tokens for problem, _ in part]).to(model.cfg.device)
        ends = [layouts[problem].at("before value", step) for problem, step in part]
        seen: list[Tensor] = []

        def keep(activation: Tensor, hook: Any, seen: list[Tensor] = seen) -> Tensor:
            # The first is made a leaf, so that weights without gradients will do as well.
            activation = activation if seen else activation.detach().requires_grad_()
            seen.append(activation)
            return activation

        with torch.enable_grad(), model.hooks(fwd_hooks=[(name, keep) for name in names]):
            logits = model(tokens)
            rows = torch.arange(len(part))
            wanted = tokens[rows, torch.tensor(ends) + 1]
            gradients = torch.autograd.grad(logits[rows, ends, wanted].sum(), seen)
        both = torch.stack([(g * a.detach()).sum(-1) for g, a in zip(gradients, seen)], 1).abs().float().cpu()
        found |= dict(zip(part, both))
    return torch.stack(
        [found[pair.problem, pair.step][:, layouts[pair.problem].at("value", pair.premise)] for pair in chosen], -1
    )
