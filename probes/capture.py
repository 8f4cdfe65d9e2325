"""Capture: activations at chosen hook points over many sequences; the logit lens read at step positions.

Sequences are padded on the right: attention is causal, so no real position sees the padding.

Logit lens: nostalgebraist (2020), "interpreting GPT: the logit lens". The residual stream after each layer goes
through the final norm and the unembedding as if it were the last. Ours: it is read at roles, against the value that
the SCM says.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from reasonlab.models import Tokenizer
from reasonlab.probes.hooks import hook_name, require, require_room
from reasonlab.probes.roles import NO_VARIABLE, Layout

Row = dict[str, Any]


@dataclass(frozen=True)
class Captured:
    """Activations by hook point, each [row pos ...] (a pattern [row head pos key]); what lies past a row's length is
    of padding. `lengths` [row]."""

    activations: dict[str, Tensor]
    lengths: Int[Tensor, "row"]

    def at(self, hook: str, rows: Sequence[int], positions: Sequence[int]) -> Float[Tensor, "chosen *rest"]:
        """The activations of one hook point at one position in each of some rows."""
        return self.activations[hook][torch.tensor(rows), torch.tensor(positions)]


def padded(rows: Sequence[Sequence[int]], width: int | None = None) -> Int[Tensor, "row pos"]:
    """The rows as one tensor, filled with zeros on the right."""
    tokens = torch.zeros(len(rows), width or max(map(len, rows)), dtype=torch.long)
    for row, values in zip(tokens, rows):
        row[: len(values)] = torch.tensor(values)
    return tokens


@torch.no_grad()
def capture(model: Any, rows: Sequence[Sequence[int]], hooks: Sequence[str], *, batch: int = 64) -> Captured:
    """The activations of `model` at `hooks` on each row of token ids, on the CPU.

    Raises:
        BadInput: the model lacks a hook point, or a row is longer than its positions.
    """
    require(model, list(hooks))
    require_room(model, max(map(len, rows)))
    width = max(map(len, rows))
    parts: dict[str, list[Tensor]] = {hook: [] for hook in hooks}
    for first in range(0, len(rows), batch):
        tokens = padded(rows[first : first + batch], width).to(model.cfg.device)
        seen: dict[str, Tensor] = {}

        def keep(name: str, seen: dict[str, Tensor] = seen) -> Any:
            # By the name that was asked for: a bridged model's point may call itself by another one (`hook_in`).
            def hook(activation: Tensor, hook: Any) -> None:
                seen[name] = activation.detach().clone()

            return hook

        with model.hooks(fwd_hooks=[(name, keep(name)) for name in hooks]):
            model(tokens)
        for name in hooks:
            parts[name].append(seen[name].cpu())
    lengths = torch.tensor([len(row) for row in rows])
    return Captured({name: torch.cat(found) for name, found in parts.items()}, lengths)


def depths(n_layers: int) -> list[tuple[str, int]]:
    """The residual stream from the embedding to the last layer: (component, layer), n_layers + 1 of them."""
    return [("resid_pre", layer) for layer in range(n_layers)] + [("resid_post", n_layers - 1)]


@torch.no_grad()
def lens_rows(
    model: Any, tokenizer: Tokenizer, layouts: Sequence[Layout], *, role: str = "before value", batch: int = 64
) -> list[Row]:
    """The logit lens at a role: one row a (problem, variable, depth), for each variable that the chain has the role of.

    Columns: problem, variable, role, component, layer, token (the word that follows), probability (of it), right (it is
    the likeliest).
    """
    sites = depths(model.cfg.n_layers)
    found = capture(model, [made.tokens for made in layouts], [hook_name(*site) for site in sites], batch=batch)
    rows: list[Row] = []
    for i, made in enumerate(layouts):
        for variable in (NO_VARIABLE, *made.stated()):
            position = made.at(role, variable)
            if position is None:
                continue
            wanted = made.tokens[position + 1]
            for component, layer in sites:
                resid = found.activations[hook_name(component, layer)][i, position].to(model.cfg.device)
                odds = model.unembed(model.ln_final(resid[None, None]))[0, 0].float().softmax(-1)
                rows.append(
                    {
                        "problem": made.problem.id,
                        "variable": variable,
                        "role": role,
                        "component": component,
                        "layer": layer,
                        "token": tokenizer.vocabulary[wanted],
                        "probability": float(odds[wanted]),
                        "right": int(odds.argmax()) == wanted,
                    }
                )
    return rows
