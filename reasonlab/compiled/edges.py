"""The computational graph of a transformer: who writes the residual stream, who reads it, every edge between them.

The granularity of automatic circuit discovery (Conmy et al. 2023, arXiv 2304.14997): a head reads three times, for its
queries, keys and values. Writers are `embed` (tokens and positions together), `head 0.1`, `mlp 0`; readers are
`head 1.0 q`, `head 1.0 k`, `head 1.0 v`, `mlp 1`, `logits`. The residual stream being a sum, what a reader sees is the
sum of what the writers before it wrote: replacing one summand is patching one edge.
"""

from __future__ import annotations

from dataclasses import dataclass

from reasonlab.language.errors import BadInput, quote

EMBED = "embed"
LOGITS = "logits"


def head_node(layer: int, head: int) -> str:
    """`head 0.1`."""
    return f"head {layer}.{head}"


def mlp_node(layer: int) -> str:
    """`mlp 0`."""
    return f"mlp {layer}"


@dataclass(frozen=True, order=True)
class Edge:
    """What `writer` writes, as `reader` reads it."""

    writer: str
    reader: str

    def __str__(self) -> str:
        return f"{self.writer} -> {self.reader}"


@dataclass(frozen=True)
class Point:
    """A hook point, and the head there where it has one for each; of the embedding's two points the first."""

    name: str
    head: int | None = None


def writers(n_layers: int, n_heads: int) -> list[str]:
    """In forward order."""
    layers = [[*(head_node(layer, head) for head in range(n_heads)), mlp_node(layer)] for layer in range(n_layers)]
    return [EMBED, *(node for nodes in layers for node in nodes)]


def readers(n_layers: int, n_heads: int) -> list[str]:
    """In forward order."""
    layers = [
        [*(f"{head_node(layer, head)} {x}" for head in range(n_heads) for x in "qkv"), mlp_node(layer)]
        for layer in range(n_layers)
    ]
    return [*(name for names in layers for name in names), LOGITS]


def possible_edges(n_layers: int, n_heads: int) -> list[Edge]:
    """Every edge from a writer to a reader that comes after it, in forward order of the readers."""
    return [
        Edge(writer, reader)
        for reader in readers(n_layers, n_heads)
        for writer in writers(n_layers, n_heads)
        if _stage(writer, n_layers) < _stage(reader, n_layers)
    ]


def writer_points(writer: str) -> list[Point]:
    """Where the writer's output is seen; the sum, for the two points of `embed`.

    Raises:
        BadInput: there is no such writer.
    """
    match writer.split():
        case ["embed"]:
            return [Point("hook_embed"), Point("hook_pos_embed")]
        case ["mlp", layer]:
            return [Point(f"blocks.{layer}.hook_mlp_out")]
        case ["head", place]:
            layer, head = place.split(".")
            return [Point(f"blocks.{layer}.attn.hook_result", int(head))]
    raise _unknown("writer", writer)


def reader_point(reader: str, n_layers: int) -> Point:
    """Where the reader's own copy of the residual stream is seen, and can be changed for it alone.

    Raises:
        BadInput: there is no such reader.
    """
    match reader.split():
        case ["logits"]:
            return Point(f"blocks.{n_layers - 1}.hook_resid_post")
        case ["mlp", layer]:
            return Point(f"blocks.{layer}.hook_mlp_in")
        case ["head", place, ("q" | "k" | "v") as letter]:
            layer, head = place.split(".")
            return Point(f"blocks.{layer}.attn.hook_{letter}_input", int(head))
    raise _unknown("reader", reader)


def _stage(node: str, n_layers: int) -> int:
    """When a node is computed: heads of one layer together, its MLP after them."""
    match node.split():
        case ["embed"]:
            return -1
        case ["logits"]:
            return 2 * n_layers
        case ["mlp", layer]:
            return 2 * int(layer) + 1
        case ["head", place, *_]:
            return 2 * int(place.split(".")[0])
    raise _unknown("node", node)


def _unknown(kind: str, name: str) -> BadInput:
    return BadInput(f"the {kind} {quote(name)}", "embed, head 0.1, mlp 0 or such", f"list {kind}s() for all of them")
