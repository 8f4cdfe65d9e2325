"""What the page on the network's inside shows, as plain values. The science is in `probes`; here it gets pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]
INTERCHANGE_COLUMNS = ("mode", "component", "layer", "role", "read", "accuracy", "low", "high", "total",
                       "random_position", "untrained", "chance", "trivial")  # fmt: skip


def head_means(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """For each head, the mean attention from steps to their premises, its control, and the difference."""
    groups: dict[tuple[int, int], list[Row]] = {}
    for row in rows:
        if row["control"] is not None:
            groups.setdefault((row["layer"], row["head"]), []).append(row)
    found = []
    for (layer, head), group in sorted(groups.items()):
        weight = sum(row["weight"] for row in group) / len(group)
        control = sum(row["control"] for row in group) / len(group)
        found.append({"layer": layer, "head": head, "weight": weight, "control": control, "excess": weight - control,
                      "pairs": len(group)})  # fmt: skip
    return found


def best_head(means: Sequence[Row]) -> tuple[int, int]:
    """The head whose attention to premises exceeds its control the most; the first one where nothing was measured."""
    best = max(means, key=lambda row: row["excess"], default=None)
    return (0, 0) if best is None else (best["layer"], best["head"])


def attention_sentence(means: Sequence[Row], layer: int, head: int) -> str:
    """What this head does on this problem, with its control."""
    row = next((row for row in means if (row["layer"], row["head"]) == (layer, head)), None)
    if row is None:
        return "No step of this chain has both a premise and another step stated before it: there is no control."
    return (
        f"Layer {layer}, head {head}: the word of a step that looks most at one of its premises' steps gives it "
        f"{row['weight']:.0%} of its attention (mean over {row['pairs']} pairs); other steps stated as early, the "
        f"control, get {row['control']:.0%}."
    )


def position_names(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Patching rows with the position and its word in one label, and the layer as text, ready for a heatmap."""
    return [{**row, "word": f"{row['position']} {row['token']}", "layer": f"layer {row['layer']}"} for row in rows]


def patching_figure(rows: Sequence[Row], value: str) -> dict[str, Any]:
    """The ECharts option of one table of patching: layers upwards, words across."""
    from reasonlab.probes.figures import heatmap  # brings torch, which the other pages do without

    option = heatmap(position_names(rows), x="word", y="layer", value=value)
    option["grid"] = {"containLabel": True, "left": 8, "right": 12, "top": 12, "bottom": 50}
    option["xAxis"]["name"] = option["yAxis"]["name"] = ""
    option["xAxis"]["axisLabel"] = {"rotate": 70, "fontSize": 10}  # as many words as fit
    option["tooltip"] = {"position": "top", "formatter": "{@[2]}"}
    return option


def patching_sentence(rows: Sequence[Row]) -> str:
    """Where the patch does most, beside what an unrelated problem's activation does there."""
    known = [row for row in rows if row["effect"] is not None]
    if not known:
        return "Both runs say the same here: there is no difference to trace."
    inner = [row for row in known if row["layer"] > 0] or known
    best = max(inner, key=lambda row: row["effect"] - (row["control"] or 0.0))
    control = "not measured" if best["control"] is None else f"{best['control']:.2f}"
    role = f" ({best['role']})" if best["role"] else ""
    return (
        f"The largest effect above its control is at layer {best['layer']}, word {best['position']} "
        f"'{best['token']}'{role}: {best['effect']:.2f}, where an activation from an unrelated problem (the control) "
        f"gives {control}. 1 means that this activation alone brings the clean answer back, 0 that it does nothing."
    )


def interchange_rows(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The table of interchanges with its controls, in the order in which it is read."""
    return [{name: row[name] for name in INTERCHANGE_COLUMNS if name in row} for row in rows]


def screen_reads(rows: Sequence[Row]) -> list[str]:
    """What was read in a screen: own, copy, child, answer."""
    return list(dict.fromkeys(str(row["read"]) for row in rows))


def screen_figure(rows: Sequence[Row], read: str) -> dict[str, Any] | None:
    """The ECharts option of the screen: interchange accuracy over role and layer; None without a value."""
    from reasonlab.probes.figures import heatmap

    chosen = [
        {**row, "site": f"{row['component']} {row['layer']}"}
        for row in rows
        if row["read"] == read and row["accuracy"] is not None
    ]
    if not chosen:
        return None
    option = heatmap(chosen, x="role", y="site", value="accuracy")
    option["xAxis"]["name"] = option["yAxis"]["name"] = ""
    option["xAxis"]["axisLabel"] = {"rotate": 20, "interval": 0}
    option["grid"] = {"containLabel": True, "left": 8, "right": 12, "top": 12, "bottom": 60}
    return option
