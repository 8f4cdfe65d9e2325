"""Attribution patching: every site's effect estimated by two forward passes and one backward (Nanda 2023, "Attribution
patching"; Kramár et al. 2024, arXiv 2403.00745, on where it goes wrong).

    patching puts the giver's activation g for the taker's t         effect ~ (g - t) . d metric / d t

to first order, so it fails where attention or a norm saturates: each estimate stands beside the exact effect of
`patching.patch_rows`, and `agreement` says how well they agree for each kind of node. Ours: only that comparison.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from reasonlab.models import Tokenizer
from reasonlab.probes.capture import Row, capture
from reasonlab.probes.counterparts import Case
from reasonlab.probes.edges import correlation, ranks
from reasonlab.probes.hooks import hook_name
from reasonlab.probes.patching import metric_of, pairs_of


def with_estimates(
    model: Any,
    tokenizer: Tokenizer,
    cases: Sequence[Case],
    rows: Sequence[Row],
    *,
    read: str = "first use",
    batch: int = 64,
) -> list[Row]:
    """The rows of `patch_rows` of the same cases and read, with the column estimate: the effect by attribution."""
    hooks = sorted({hook_name(row["component"], row["layer"]) for row in rows})
    direction, metric = rows[0]["direction"], rows[0]["metric"]
    pairs = pairs_of(model, tokenizer, cases, read, metric, batch)
    giver, taker = ("base", "source") if direction == "denoising" else ("source", "base")
    found: dict[str, dict[str, Tensor]] = {}
    for i, pair in enumerate(pairs):
        tokens = getattr(pair.case, taker).tokens[: pair.read.position + 1]
        values, gradients = _gradients(model, tokens, hooks, pair.clean_token, pair.corrupted_token, metric)
        given = capture(model, [getattr(cases[i], giver).tokens[: len(tokens)]], hooks).activations
        found[pair.case.base.problem.id] = {
            # [pos], or [pos head] of z
            hook: ((given[hook][0] - values[hook]) * gradients[hook]).sum(-1)
            for hook in hooks
        }
    by_id = {pair.case.base.problem.id: pair for pair in pairs}
    estimated = []
    for row in rows:
        sizes = found[row["problem"]][hook_name(row["component"], row["layer"])][row["position"]]
        change = float(sizes if row["head"] is None else sizes[row["head"]])
        pair = by_id[row["problem"]]
        start = pair.corrupted if direction == "denoising" else pair.clean
        estimated.append({**row, "estimate": pair.effect(start + change)})
    return estimated


def _gradients(
    model: Any, tokens: Sequence[int], hooks: Sequence[str], clean: int, corrupted: int, metric: str
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """What the taker's run has at the hooks, and the gradient of its metric there."""
    seen: dict[str, Tensor] = {}

    def keep(name: str) -> Any:
        def act(activation: Tensor, hook: Any) -> Tensor:
            seen[name] = activation if activation.requires_grad else activation.requires_grad_()
            return seen[name]

        return act

    with torch.enable_grad(), model.hooks(fwd_hooks=[(name, keep(name)) for name in hooks]):
        logits = model(torch.tensor([list(tokens)], device=model.cfg.device))[0, -1].float()
        made = torch.autograd.grad(metric_of(logits, clean, corrupted, metric), list(seen.values()))
    return (
        {name: value[0].detach().cpu() for name, value in seen.items()},
        {name: value[0].cpu() for name, value in zip(seen, made)},
    )


def agreement(rows: Sequence[Row]) -> list[Row]:
    """How estimates and exact effects agree, by component. Columns: component, sites, pearson, spearman (None of fewer
    than three sites, or where one side is constant)."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        if row["effect"] is not None:
            groups.setdefault(row["component"], []).append(row)
    found: list[Row] = []
    for component, group in groups.items():
        a, b = (torch.tensor([row[name] for row in group]).double() for name in ("effect", "estimate"))
        found.append(
            {
                "component": component,
                "sites": len(group),
                "pearson": correlation(a, b),
                "spearman": correlation(ranks(a), ranks(b)),
            }
        )
    return found
