"""A circuit drawn as it is computed, from the embedding at the bottom to the logits at the top: inline SVG.

An edge's colour says what it feeds: queries, keys, values, an MLP or the logits; each is named in the legend, and lines
differ in their dashes, too, so that nothing hangs on colour alone. Text takes the colour of the page around it.
"""

from html import escape

from reasonlab.models.graph import EMBED, LOGITS
from reasonlab.probes.circuits import Circuit

STYLES = {"q": ("#3e4989", "6 3"), "k": ("#1f9e89", "2 3"), "v": ("#e07b39", ""), "mlp": ("#888888", ""),
          "logits": ("#b0387b", "")}  # fmt: skip
_ACROSS, _UP, _WIDE, _HIGH, _MARGIN = 112, 78, 84, 26, 60


def circuit_svg(circuit: Circuit) -> str:
    """The picture of a circuit; nodes without an edge are left out."""
    edges = [(writer, _node(reader), _feeds(reader)) for writer, reader in circuit.edges]
    nodes = {EMBED, LOGITS, *(writer for writer, _, _ in edges), *(reader for _, reader, _ in edges)}
    width = circuit.heads * _ACROSS + 2 * _MARGIN
    height = (2 * circuit.layers + 1) * _UP + 2 * _MARGIN

    def place(node: str) -> tuple[float, float]:
        middle = width / 2
        if node in (EMBED, LOGITS):
            level, x = (0, middle) if node == EMBED else (2 * circuit.layers + 1, middle)
        else:
            kind, where = node.split()
            layer, _, head = where.partition(".")
            level = 2 * int(layer) + (1 if kind == "head" else 2)
            x = _MARGIN + (int(head) + 0.5) * _ACROSS if kind == "head" else middle
        return x, height - _MARGIN - level * _UP

    parts = [_edge(place(start), place(end), feeds, f"{start} to {end} ({feeds})") for start, end, feeds in edges]
    parts += [_box(*place(node), node) for node in sorted(nodes)]
    parts += [_legend(i, feeds) for i, feeds in enumerate(STYLES)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'role="img" aria-label="{escape(circuit.sentence(), quote=True)}" font-family="sans-serif" font-size="12">'
        f"<title>{escape(circuit.task)}</title>{''.join(parts)}</svg>"
    )


def _node(reader: str) -> str:
    """The node that a reader belongs to: `head 1.0 q` to head 1.0."""
    return " ".join(reader.split()[:2])


def _feeds(reader: str) -> str:
    kind, *rest = reader.split()
    return rest[-1] if kind == "head" else kind


def _edge(start: tuple[float, float], end: tuple[float, float], feeds: str, title: str) -> str:
    (x, y), (u, v) = start, end
    colour, dashes = STYLES[feeds]
    y, v = y - _HIGH / 2, v + _HIGH / 2
    # q, k and v arrive side by side; a bow keeps edges over several layers off the nodes between.
    u += {"q": -16, "k": 0, "v": 16}.get(feeds, 0)
    lean = 0.35 * (y - v)
    return (
        f'<path d="M{x:.0f},{y:.0f} C{x:.0f},{y - lean:.0f} {u:.0f},{v + lean:.0f} {u:.0f},{v:.0f}" fill="none" '
        f'stroke="{colour}" stroke-width="1.6" stroke-dasharray="{dashes}" opacity="0.85">'
        f"<title>{escape(title)}</title></path>"
    )


def _box(x: float, y: float, name: str) -> str:
    return (
        f'<rect x="{x - _WIDE / 2:.0f}" y="{y - _HIGH / 2:.0f}" width="{_WIDE}" height="{_HIGH}" rx="5" fill="#8884" '
        f'stroke="currentColor" stroke-opacity="0.5"/><text x="{x:.0f}" y="{y + 4:.0f}" text-anchor="middle" '
        f'fill="currentColor">{escape(name)}</text>'
    )


def _legend(index: int, feeds: str) -> str:
    colour, dashes = STYLES[feeds]
    y = 16 + 16 * index
    return (
        f'<path d="M8,{y} h26" stroke="{colour}" stroke-width="2" stroke-dasharray="{dashes}"/>'
        f'<text x="40" y="{y + 4}" fill="currentColor">feeds {escape(feeds)}</text>'
    )
