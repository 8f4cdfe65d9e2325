"""Attention against the causal graph: how much of a step's attention goes to the steps that it follows from.

Attention is no explanation by itself (Jain & Wallace 2019, arXiv 1902.10186); it says where information can come from
in one layer. Ours: the premises of a step are known from the SCM, so each weight stands beside its control, the
weight of steps stated as early that are no premise.
"""

from collections.abc import Sequence
from typing import Any

import torch
from einops import einsum, repeat
from jaxtyping import Float
from torch import Tensor

from reasonlab.probes.capture import Row, capture
from reasonlab.probes.hooks import hook_name
from reasonlab.probes.roles import Layout


def attention(model: Any, made: Layout) -> Float[Tensor, "layer head pos key"]:
    """The attention pattern on one problem and chain; each row over `key` sums to 1.

    Raises:
        BadInput: the model has no hook point on the pattern, or the chain is longer than its positions.
    """
    return patterns(model, [made])[0]


def patterns(model: Any, layouts: Sequence[Layout], *, batch: int = 16) -> list[Float[Tensor, "layer head pos key"]]:
    """`attention` of each layout."""
    names = [hook_name("pattern", layer) for layer in range(model.cfg.n_layers)]
    found: list[Tensor] = []
    for first in range(0, len(layouts), batch):
        part = layouts[first : first + batch]
        captured = capture(model, [made.tokens for made in part], names, batch=batch)
        every = torch.stack([captured.activations[name] for name in names], 1)
        found += [every[i, :, :, : len(made.tokens), : len(made.tokens)] for i, made in enumerate(part)]
    return found


def value_norms(model: Any, layouts: Sequence[Layout], *, batch: int = 16) -> list[Float[Tensor, "layer head key"]]:
    """How long the vector is that each head would write for a key if it looked at nothing else: |W_O v|.

    Times the pattern it is |p W_O v|, the measure of Kobayashi et al. (2020, arXiv 2004.10102). Query heads of a group
    share their key/value head.

    Raises:
        BadInput: the model has no hook point on the values, or the chain is longer than its positions.
    """
    names = [hook_name("v", layer) for layer in range(model.cfg.n_layers)]
    outputs = [block.attn.W_O.detach().float() for block in model.blocks]
    found: list[Tensor] = []
    for first in range(0, len(layouts), batch):
        part = layouts[first : first + batch]
        captured = capture(model, [made.tokens for made in part], names, batch=batch)
        layers = []
        for name, output in zip(names, outputs):
            v = captured.activations[name].float().to(output.device)
            v = repeat(v, "row key kv d_head -> row key (kv group) d_head", group=len(output) // v.shape[2])
            written = einsum(v, output, "row key head d_head, head d_head d_model -> row head key d_model")
            layers.append(written.norm(dim=-1).cpu())
        every = torch.stack(layers, 1)
        found += [every[i, :, :, : len(made.tokens)] for i, made in enumerate(part)]
    return found


def attention_rows(model: Any, layouts: Sequence[Layout], *, batch: int = 16) -> list[Row]:
    """The attention from each step to each of its premises' steps, by layer and head.

    Columns: problem, layer, head, step and premise (variables), weight (the largest, over the step's words, of the
    attention summed over the premise's step), control (the same for the other variables stated before this step, on
    average; None where there is none), others (how many those are).

    A premise of x is a parent of x in the SCM that is stated before x's step. The largest and not the mean over words,
    since a step looks for each of its premises at one word.
    """
    rows: list[Row] = []
    for made, pattern in zip(layouts, patterns(model, layouts, batch=batch)):
        graph = made.problem.scm().graph()
        earlier: dict[str, list[int]] = {}
        for variable, place in made.stated().items():
            step = list(place.positions)
            parents = set(graph.predecessors(variable)) if variable in graph else set()
            weights = {
                name: pattern[:, :, step][:, :, :, keys].sum(-1).amax(-1).tolist() for name, keys in earlier.items()
            }
            others = [name for name in earlier if name not in parents]
            for premise in (name for name in earlier if name in parents):
                for layer in range(pattern.shape[0]):
                    for head in range(pattern.shape[1]):
                        rest = [weights[name][layer][head] for name in others]
                        rows.append(
                            {
                                "problem": made.problem.id,
                                "layer": layer,
                                "head": head,
                                "step": variable,
                                "premise": premise,
                                "weight": weights[premise][layer][head],
                                "control": sum(rest) / len(rest) if rest else None,
                                "others": len(rest),
                            }
                        )
            earlier[variable] = step
    return rows
