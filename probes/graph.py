"""Where the writers and readers of a model's graph (`models.graph`) are seen: TransformerLens' hook points.

Any model with its canonical names has them, ours, compiled or bridged, if what its blocks write is what is added to the
stream (no norm after it).
"""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from reasonlab.models.graph import Graph
from reasonlab.probes.hooks import require


def graph_of(model: Any) -> Graph:
    """The graph of a model.

    Raises:
        BadInput: it lacks a hook point that edges need.
    """
    for switch in ("set_use_attn_result", "set_use_split_qkv_input", "set_use_hook_mlp_in"):
        if hasattr(model, switch):  # TransformerLens' own models make these points only when asked to
            getattr(model, switch)(True)
    cfg = model.cfg
    graph = Graph(cfg.n_layers, cfg.n_heads, getattr(cfg, "n_key_value_heads", None) or cfg.n_heads)
    require(model, [*writer_hooks(graph), *reader_hooks(graph)])
    return graph


def writer_hooks(graph: Graph) -> list[str]:
    """The points where writers are seen, in their order: [row pos d_model], or [row pos head d_model] of heads."""
    found = ["blocks.0.hook_resid_pre"]
    for layer in range(graph.layers):
        found += [f"blocks.{layer}.attn.hook_result", f"blocks.{layer}.hook_mlp_out"]
    return found


def reader_hooks(graph: Graph) -> dict[str, slice]:
    """The points where readers read, in their order, and which readers those are."""
    found = {}
    for layer in range(graph.layers):
        for name, slot in graph.slots(layer).items():
            found[_hook(layer, name)] = slot
    return found | {f"blocks.{graph.layers - 1}.hook_resid_post": slice(len(graph.readers) - 1, len(graph.readers))}


def _hook(layer: int, name: str) -> str:
    return f"blocks.{layer}.hook_mlp_in" if name == "mlp" else f"blocks.{layer}.attn.hook_{name}_input"


def by_writer(activation: Float[Tensor, "row pos *rest"]) -> Float[Tensor, "row pos writer d_model"]:
    """What one of `writer_hooks` sees, with an axis of writers; the same for readers and `reader_hooks`."""
    return activation if activation.ndim == 4 else activation[:, :, None]


@torch.no_grad()
def written(model: Any, graph: Graph, tokens: Int[Tensor, "row pos"]) -> Float[Tensor, "row pos writer d_model"]:
    """What every writer writes."""
    seen: dict[str, Tensor] = {}

    def keep(name: str) -> Any:
        def act(activation: Tensor, hook: Any) -> None:
            seen[name] = by_writer(activation).clone()

        return act

    with model.hooks(fwd_hooks=[(name, keep(name)) for name in writer_hooks(graph)]):
        model(tokens)
    return torch.cat([seen[name] for name in writer_hooks(graph)], 2)
