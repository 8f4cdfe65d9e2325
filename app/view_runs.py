"""What the page of runs shows, as plain values: the table of runs, curves, scores with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reasonlab.app.shelf import Entry
from reasonlab.report import SERIES_COLOURS, points_of, score_entries, share_text

# Chosen runs are told apart by colour, and beyond some lines no colour helps.
MOST_CURVES = len(SERIES_COLOURS)


def run_rows(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """One row a run; of a broken one, what is wrong with it."""
    rows = []
    for entry in entries:
        summary = entry.summary
        first = next(iter(score_entries(summary.scores)), None)
        rows.append(
            {
                "run": entry.id,
                "family": summary.family,
                "kind": summary.kind,
                "status": summary.status,
                "proved": share_text(first[1]["overall"].get("proved")) if first else None,
                "answer right": share_text(first[1]["overall"].get("answer_right")) if first else None,
                "updated": (summary.updated or "").replace("T", " ").removesuffix("+00:00") or None,
                "problem": summary.problem,
            }
        )
    used = {name for row in rows for name, value in row.items() if value}
    return [{name: value for name, value in row.items() if name in used} for row in rows]


def curve_option(
    metrics: Mapping[str, Sequence[Mapping[str, Any]]], name: str, *, share: bool
) -> dict[str, Any] | None:
    """The ECharts option of one metric over training steps, a line a run; None where no run has it.

    Args:
        share: the metric is a share, drawn from 0 to 100%; otherwise on a logarithmic axis where it can be.
    """
    lines = {run: points_of(rows, name) for run, rows in metrics.items()}
    lines = {run: points for run, points in lines.items() if points}
    if not lines:
        return None
    positive = all(y > 0 for points in lines.values() for _, y in points)
    axis: dict[str, Any] = {"type": "value", "min": 0, "max": 1} if share else {"type": "log" if positive else "value"}
    return {
        "tooltip": {"trigger": "axis", "valueFormatter": "percent" if share else "%.4f"},
        "legend": {"top": 0, "type": "scroll"} if len(lines) > 1 else {"show": False},
        "grid": {"containLabel": True, "left": 8, "right": 24, "top": 36, "bottom": 28},
        "xAxis": {
            "type": "value",
            "name": "step",
            "nameLocation": "middle",
            "nameGap": 26,
            "splitLine": {"show": False},
        },
        "yAxis": axis,
        "series": [
            {
                "type": "line",
                "name": run,
                "data": [[x, round(y, 5)] for x, y in points],
                "showSymbol": len(points) <= 40,
                "lineStyle": {"width": 2},
                "color": colour,
            }
            for (run, points), colour in zip(lines.items(), SERIES_COLOURS)
        ],
    }


def score_rows(scores: Mapping[str, Any], size_name: str) -> list[dict[str, Any]]:
    """The scores of a run: a row a set, then a row a size of each set."""
    rows = []
    for name, entry in score_entries(scores):
        found = entry.get("by_size")
        sizes: dict[str, Any] = found if isinstance(found, dict) else {}
        parts = [("all", entry["overall"]), *((size, over) for size, over in sizes.items() if isinstance(over, dict))]
        for size, over in parts:
            rows.append(
                {
                    "set": name,
                    size_name: size,
                    "chains": over.get("chains"),
                    "proved": share_text(over.get("proved")),
                    "answer right": share_text(over.get("answer_right")),
                    "right, but flawed": share_text(over.get("flawed")),
                    "a needless step": share_text(over.get("needless")),
                }
            )
    return rows


def size_option(scores: Mapping[str, Any], size_name: str) -> dict[str, Any] | None:
    """The ECharts option of the proved share by problem size: a dot, and a bar for its 95% interval.

    ECharts draws no intervals without code of its own, so each is a thin bar on top of an invisible one.
    """
    series: list[dict[str, Any]] = []
    sizes: list[str] = []
    found = [
        (
            name,
            {size: over["proved"] for size, over in entry["by_size"].items() if share_text(over.get("proved")) != "–"},
        )
        for name, entry in score_entries(scores)
        if isinstance(entry.get("by_size"), dict)
    ]
    for _, shares in found:
        sizes += [size for size in shares if size not in sizes]
    sizes.sort(key=lambda size: (len(size), size))
    for (name, shares), colour in zip(found, SERIES_COLOURS):
        if not shares:
            continue
        ends = [(shares[s]["low"], shares[s]["high"]) if s in shares else None for s in sizes]
        bar = {"type": "bar", "stack": name, "barWidth": 5, "silent": True, "tooltip": {"show": False}}
        series.append({**bar, "data": [e and round(e[0], 4) for e in ends], "itemStyle": {"color": "transparent"}})
        series.append({**bar, "data": [e and round(e[1] - e[0], 4) for e in ends],
                       "itemStyle": {"color": colour, "opacity": 0.4, "borderRadius": 3}})  # fmt: skip
        # The line is thin: sizes are no continuum, it only leads the eye.
        series.append({"type": "line", "name": name, "color": colour, "symbol": "circle", "symbolSize": 8,
                       "data": [round(shares[s]["value"], 4) if s in shares else None for s in sizes],
                       "connectNulls": True, "lineStyle": {"width": 1.5, "opacity": 0.6}})  # fmt: skip
    if not series:
        return None
    return {
        "tooltip": {"trigger": "axis", "valueFormatter": "percent"},
        "legend": {"top": 0, "data": [name for name, shares in found if shares]},
        "grid": {"containLabel": True, "left": 8, "right": 24, "top": 36, "bottom": 28},
        "xAxis": {"type": "category", "data": sizes, "name": size_name, "nameLocation": "middle", "nameGap": 26},
        "yAxis": {"type": "value", "min": 0, "max": 1},
        "series": series,
    }
