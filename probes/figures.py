"""Figures: pure functions from rows to a picture: an ECharts option (the app) or inline SVG (the offline report).

Colours: viridis (Smith & van der Walt 2015), readable with any colour blindness and in grey. Text takes the colour of
the page around it (`currentColor`), so a picture reads on light and dark alike. All text from models and files is
escaped.
"""

import math
from collections.abc import Sequence
from html import escape
from typing import Any

from jaxtyping import Float
from torch import Tensor

from reasonlab.language.errors import BadInput, quote
from reasonlab.probes.capture import Row

VIRIDIS = ("#440154", "#482878", "#3e4989", "#31688e", "#26828e", "#1f9e89", "#35b779", "#6ece58", "#b5de2b", "#fde725")


def _grid(rows: Sequence[Row], x: str, y: str, value: str) -> tuple[list[str], list[str], list[tuple[int, int, float]]]:
    """The names along both axes, in order of first appearance, and the cells (column, row, value).

    Raises:
        BadInput: two rows for one cell: the table was not averaged over its other columns.
    """
    across = list(dict.fromkeys(str(row[x]) for row in rows))
    down = list(dict.fromkeys(str(row[y]) for row in rows))
    cells: dict[tuple[int, int], float] = {}
    for row in rows:
        if row[value] is None or not math.isfinite(row[value]):
            continue
        place = across.index(str(row[x])), down.index(str(row[y]))
        if place in cells:
            raise BadInput(
                f"two rows for {x} = {row[x]}, {y} = {row[y]}", "one row a cell", "choose rows, or average them first"
            )
        cells[place] = float(row[value])
    return across, down, [(*place, number) for place, number in cells.items()]


def heatmap(
    rows: Sequence[Row], *, x: str, y: str, value: str, title: str = "", low: float = 0.0, high: float = 1.0
) -> dict[str, Any]:
    """The ECharts option of a heatmap of the column `value` over `x` (across) and `y` (upwards)."""
    across, down, cells = _grid(rows, x, y, value)
    return _option(across, down, [[i, j, round(number, 4)] for i, j, number in cells], title, x, y, low, high)


def attention_figure(pattern: Float[Tensor, "pos key"], words: Sequence[str], *, title: str = "") -> dict[str, Any]:
    """The ECharts option of one head's attention: a row for each word, read from the top, over the words it looks at.

    Only what a word may look at (itself and what is before it) is drawn.
    """
    names = [f"{i} {word}" for i, word in enumerate(words)]
    cells = [[j, i, round(float(pattern[i, j]), 4)] for i in range(len(names)) for j in range(i + 1)]
    option = _option(names, names, cells, title, "looked at", "word", 0.0, 1.0)
    option["yAxis"]["inverse"] = True
    return option


def depth_figure(rows: Sequence[Row], question: str, *, title: str = "") -> dict[str, Any]:
    """The ECharts option of one question's linear probes (`linear_rows`): accuracy over depth, a line for each moment,
    dashed on an untrained model, dotted with shuffled labels; a thin line at chance.

    Raises:
        BadInput: no row is about this question.
    """
    chosen = [row for row in rows if row["question"] == question]
    if not chosen:
        known = ", ".join(dict.fromkeys(str(row["question"]) for row in rows)) or "no rows at all"
        raise BadInput(f"no row is about {quote(question)}", f"one of {known}", "probe this question first")
    sites = list(dict.fromkeys(f"{row['component']} {row['layer']}" for row in chosen))
    moments = list(dict.fromkeys(row["moment"] for row in chosen))
    series = []
    for i, moment in enumerate(moments):
        ink = colour(i / len(moments))
        here = {f"{row['component']} {row['layer']}": row for row in chosen if row["moment"] == moment}
        for column, dash in (("accuracy", "solid"), ("untrained", "dashed"), ("shuffled", "dotted")):
            series.append(
                {
                    "type": "line",
                    "name": moment if column == "accuracy" else f"{moment}, {column}",
                    "data": [here[site][column] for site in sites],
                    "itemStyle": {"color": ink},
                    "lineStyle": {"color": ink, "type": dash},
                    "markLine": {
                        "silent": True,
                        "symbol": "none",
                        "lineStyle": {"color": ink, "width": 1},
                        "data": [{"yAxis": next(iter(here.values()))["chance"]}] if column == "accuracy" else [],
                    },
                }
            )
    return {
        "title": {"text": title or question, "textStyle": {"fontSize": 14}},
        "tooltip": {"trigger": "axis"},
        "legend": {"bottom": 0},
        "grid": {"containLabel": True, "top": 40, "bottom": 60},
        "xAxis": {"type": "category", "data": sites, "name": "depth"},
        "yAxis": {"type": "value", "min": 0, "max": 1, "name": "accuracy"},
        "series": series,
    }


def _option(
    across: list[str], down: list[str], cells: list[list[Any]], title: str, x: str, y: str, low: float, high: float
) -> dict[str, Any]:
    return {
        "title": {"text": title, "textStyle": {"fontSize": 14}},
        "tooltip": {"position": "top"},
        "grid": {"containLabel": True, "top": 40, "bottom": 60},
        "xAxis": {"type": "category", "data": across, "name": x, "axisLabel": {"rotate": 60, "interval": 0}},
        "yAxis": {"type": "category", "data": down, "name": y},
        "visualMap": {
            "min": low,
            "max": high,
            "calculable": True,
            "orient": "horizontal",
            "left": "center",
            "bottom": 0,
            "inRange": {"color": list(VIRIDIS)},
        },
        "series": [{"type": "heatmap", "data": cells, "emphasis": {"itemStyle": {"borderColor": "#888"}}}],
    }


def colour(value: float, low: float = 0.0, high: float = 1.0) -> str:
    """The viridis colour of a value, `low` darkest; values outside take the colour of the nearer end."""
    share = min(1.0, max(0.0, (value - low) / (high - low)))
    place = share * (len(VIRIDIS) - 1)
    i = min(int(place), len(VIRIDIS) - 2)
    ends = [[int(VIRIDIS[k][1 + 2 * c : 3 + 2 * c], 16) for c in range(3)] for k in (i, i + 1)]
    mixed = [round(a + (b - a) * (place - i)) for a, b in zip(*ends)]
    return "#" + "".join(f"{part:02x}" for part in mixed)


def svg_heatmap(
    rows: Sequence[Row],
    *,
    x: str,
    y: str,
    value: str,
    title: str = "",
    low: float = 0.0,
    high: float = 1.0,
    cell: int = 44,
) -> str:
    """An inline SVG heatmap: each cell coloured and with its number; cells without a value are left empty.

    The first of `y` is at the bottom, as in `heatmap`. Nothing in it is loaded from elsewhere.
    """
    across, down, cells = _grid(rows, x, y, value)
    left = 24 + 7 * max((len(name) for name in (*down, y)), default=0)
    foot = 24 + 6 * max((len(name) for name in across), default=0)
    tall = cell * 2 // 3
    top, width, height = 34, left + cell * len(across) + 60, tall * len(down)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {width} {top + height + foot}" '
        f'width="{width}" height="{top + height + foot}" font-family="sans-serif" font-size="12" fill="currentColor">',
        f"<title>{escape(title or value)}</title>",
        f'<text x="4" y="18" font-size="14">{escape(title)}</text>',
    ]
    for i, j, number in cells:
        left_edge, upper = left + cell * i, top + tall * (len(down) - 1 - j)
        # Dark cells take white digits and light ones black: both stand out at every value of the palette.
        ink = "#fff" if (number - low) / (high - low) < 0.6 else "#000"
        about = f"{across[i]}, {down[j]}: {number:z.3f}"
        parts.append(
            f'<rect x="{left_edge}" y="{upper}" width="{cell - 1}" height="{tall - 1}" '
            f'fill="{colour(number, low, high)}"><title>{escape(about)}</title></rect>'
            f'<text x="{left_edge + cell / 2:g}" y="{upper + tall / 2 + 4:g}" text-anchor="middle" fill="{ink}">'
            f"{number:z.2f}</text>"
        )
    for j, name in enumerate(down):
        parts.append(
            f'<text x="{left - 6}" y="{top + tall * (len(down) - 1 - j) + tall / 2 + 4:g}" text-anchor="end">'
            f"{escape(name)}</text>"
        )
    for i, name in enumerate(across):
        middle, below = left + cell * i + cell / 2, top + height + 12
        parts.append(
            f'<text transform="translate({middle:g} {below}) rotate(50)" text-anchor="start">{escape(name)}</text>'
        )
    return "".join(parts) + f'<text x="4" y="{top + height + 16}">{escape(y)}</text></svg>'
