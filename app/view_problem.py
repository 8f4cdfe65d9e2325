"""What the page of a problem shows, as plain values: the causal graph, the steps with their verdicts, edits."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from reasonlab.app.cases import Case
from reasonlab.language.chains import ANSWER_WORD, read_steps, split_steps
from reasonlab.language.records import chain_from_record
from reasonlab.report import BLUE, GREY, ORANGE, PURPLE, layered_layout, node_label, variable_of
from reasonlab.verifiers import compare, verify_chain

Colour = Literal["blue", "red", "orange", "violet", "gray"]
# status -> (colour of the badge, icon, what it says to a newcomer). Blue and red, not green and red.
VERDICTS: dict[str, tuple[Colour, str, str]] = {
    "entailed": ("blue", ":material/check_circle:", "follows from the givens"),
    "refuted": ("red", ":material/cancel:", "contradicts the givens"),
    "unsupported": ("orange", ":material/help:", "neither follows nor contradicts"),
    "unknown": ("violet", ":material/hourglass_empty:", "a limit was reached before it was settled"),
    "unparsed": ("violet", ":material/question_mark:", "was not understood"),
    "no_claim": ("gray", ":material/remove:", "claims nothing"),
    "agrees": ("blue", ":material/check_circle:", "equals the reference"),
    "differs": ("red", ":material/cancel:", "is not the reference"),
    "unchecked": ("gray", ":material/remove:", "cannot be checked"),
    "absent": ("gray", ":material/remove:", "none was given"),
}
OUTCOMES: dict[str, tuple[Colour, str, str]] = {
    "proved": ("blue", ":material/verified:", "Every step follows from the givens, and the answer is stated by them."),
    "consistent": ("blue", ":material/check:", "Every step holds; nothing formal proves the answer."),
    "flawed": ("orange", ":material/report:", "The answer is right, the reasoning is not."),
    "wrong": ("red", ":material/cancel:", "A step or the answer does not hold."),
    "unknown": ("violet", ":material/hourglass_empty:", "Something could not be settled within the limits."),
    "unparsed": ("violet", ":material/question_mark:", "Something was not understood."),
}


@dataclass(frozen=True)
class StepView:
    """One step as the page shows it. `role`: "chosen", "premise" (of the chosen one) or ""; `note`: why, in words."""

    id: str
    text: str
    status: str
    premises: tuple[str, ...]
    leap: int | None
    note: str
    role: str


def verify(record: Mapping[str, Any], edges: Sequence[tuple[str, str]], nodes: Sequence[str]) -> dict[str, Any]:
    """The report on a chain record, and how it compares with the causal graph (None without one): plain JSON."""
    import networkx as nx

    chain = chain_from_record(record)
    report = verify_chain(chain)
    found: dict[str, Any] = {"report": report.to_record(), "comparison": None}
    if nodes:
        graph = nx.DiGraph()
        graph.add_nodes_from(nodes)
        graph.add_edges_from(edges)
        comparison = compare(chain, report, graph)
        found["comparison"] = {
            "missing": list(comparison.missing),
            "needless": [f"s{index}" for index in comparison.needless],
            "misordered": [list(pair) for pair in comparison.misordered],
        }
    return found


def step_views(report: Mapping[str, Any], chosen: int | None) -> list[StepView]:
    """The steps in order; the premises of the chosen one are marked."""
    lit = set(premises_of(report, chosen))
    views = []
    for step in report["steps"]:
        notes = []
        if step["reason"]:
            notes.append(step["reason"])
        if step["witness"]:
            notes.append(f"it should be {step['witness']}" if step["status"] == "refuted" else step["witness"])
        if step["fault"] == "inherited":
            notes.append("the fault is inherited: it would hold if the earlier bad steps were true")
        elif step["fault"] == "fresh":
            notes.append("a fresh fault: no earlier step explains it")
        name = f"s{step['index']}"
        role = "chosen" if step["index"] == chosen else "premise" if name in lit else ""
        premises = tuple(step["premises"])
        views.append(StepView(name, step["text"], step["status"], premises, step["leap"], "; ".join(notes), role))
    return views


def premises_of(report: Mapping[str, Any], chosen: int | None) -> tuple[str, ...]:
    """The ids that the chosen step's verdict rests on."""
    if chosen is None or not 0 <= chosen < len(report["steps"]):
        return ()
    return tuple(report["steps"][chosen]["premises"])


def pieces_of(text: str, mark: str) -> tuple[list[str], str | None]:
    """The steps of a written chain as pieces of text, and the piece that gives the answer."""
    steps, answer = [], None
    for piece, _ in split_steps(text, mark):
        if piece.split(None, 1)[0].lower().rstrip(":") == ANSWER_WORD:
            answer = piece
        else:
            steps.append(piece)
    return steps, answer


def edited_text(text: str, mark: str, edits: Mapping[int, str]) -> str:
    """The chain with some of its steps rewritten; an edit to nothing takes the step out."""
    steps, answer = pieces_of(text, mark)
    # A mark inside an edit would make two steps of one and shift the numbers of those behind it.
    written = [" ".join(edits.get(i, step).replace(mark, " ").split()) for i, step in enumerate(steps)]
    return f" {mark} ".join([step for step in written if step] + ([answer] if answer else []))


def shown_indices(text: str, mark: str, edits: Mapping[int, str]) -> list[int]:
    """For each step of the edited chain, its number in the original one."""
    steps, _ = pieces_of(text, mark)
    return [i for i in range(len(steps)) if edits.get(i, "x").replace(mark, " ").strip()]


def lines_to_text(lines: str, mark: str) -> str:
    """A chain typed one step a line, as one text."""
    return f" {mark} ".join(line.strip().rstrip(mark).strip() for line in lines.splitlines() if line.strip())


def variables_lit(case: Case, text: str, report: Mapping[str, Any], chosen: int | None) -> tuple[str | None, set[str]]:
    """The variable that the chosen step states, and those that its premises state."""
    steps, _ = read_steps(text, case.surface)
    if chosen is None or not 0 <= chosen < len(steps):
        return None, set()
    found = set()
    for name in premises_of(report, chosen):
        place = case.givens if name.startswith("g") else steps
        if int(name[1:]) < len(place) and (variable := variable_of(place[int(name[1:])].claim)):
            found.add(variable)
    return variable_of(steps[chosen].claim), found


def step_stating(case: Case, text: str, variable: str) -> int | None:
    """The last step that states a variable: where its value is worked out."""
    steps, _ = read_steps(text, case.surface)
    return next((i for i in reversed(range(len(steps))) if variable_of(steps[i].claim) == variable), None)


def graph_option(case: Case, chosen: str | None = None, lit: Collection[str] = ()) -> dict[str, Any]:
    """The ECharts option of the causal graph. Needed, irrelevant and queried differ in colour and in shape.

    The nodes stand on two hidden axes (a graph without axes is stretched to its box), and a node is its label: a symbol
    that is not square is drawn with a stretched outline.
    """
    layout = layered_layout(case.graph, case.needed)
    labels = {node: node_label(node, case.values) for node in case.graph}
    wide, long = node_width(case), is_wide(case)
    asked = case.needed[0] if case.needed else None
    nodes = []
    for node in case.graph:
        column, row = layout.places[node]
        quiet = node not in case.needed
        ink, fill = (GREY, "transparent") if quiet else ("#1d2430", ORANGE) if node == asked else ("#ffffff", BLUE)
        edge, thick = (PURPLE, 4 if node == chosen else 3) if node in lit or node == chosen else (GREY, 1)
        # Braces would be read as a template.
        label = {"formatter": labels[node].replace("{", "(").replace("}", ")"), "color": ink, "backgroundColor": fill,
                 "borderColor": edge, "borderWidth": thick if quiet or edge == PURPLE else 0,
                 "borderType": "dashed" if quiet and edge == GREY else "solid"}  # fmt: skip
        # Short names run downwards, in a column of the page; long ones to the right, over the page's width.
        nodes.append({"name": node, "value": [column, row] if long else [row, column], "label": label})
    along = {"type": "value", "show": False, "min": 0, "max": max(1, layout.layers - 1)}
    down = {"type": "value", "show": False, "min": -0.5, "max": max(0.5, layout.rows - 0.5), "inverse": True}
    links = []
    for cause, effect in case.graph.edges:
        quiet = cause not in case.needed or effect not in case.needed
        # An edge over several layers goes round the nodes between.
        bend = 0.05 if layout.places[effect][0] - layout.places[cause][0] == 1 else 0.28
        line = {"opacity": 0.35 if quiet else 0.9, "curveness": bend}
        links.append({"source": cause, "target": effect, "lineStyle": line})
    return {
        "tooltip": {"show": False},
        "animation": False,
        "grid": {"left": wide / 2 + 6, "right": wide / 2 + 6, "top": 6, "bottom": 6},
        "xAxis": along if long else {**down, "inverse": False},
        "yAxis": down if long else {**along, "min": -0.5, "max": layout.layers - 0.5, "inverse": True},
        "series": [
            {
                "type": "graph",
                "coordinateSystem": "cartesian2d",
                "selectedMode": "single",
                "symbol": "rect",
                "symbolSize": [wide, 28],
                "itemStyle": {"color": "transparent"},
                "label": {
                    "show": True,
                    "fontSize": 11 if long else 13,
                    "fontWeight": "bold",
                    "width": wide - 12,
                    "padding": [7, 6],
                    "borderRadius": 7,
                    "align": "center",
                },
                "edgeSymbol": ["none", "arrow"],
                "edgeSymbolSize": 9,
                "lineStyle": {"color": GREY, "width": 1.6},
                "data": nodes,
                "links": links,
            }
        ],
    }


def is_wide(case: Case) -> bool:
    """Whether the graph's names are so long that it wants the page's whole width."""
    return any(len(node) > 6 for node in case.graph)


def node_width(case: Case) -> float:
    """Pixels that the longest label needs."""
    longest = max((len(node_label(node, case.values)) for node in case.graph), default=1)
    return 18 + (6.4 if is_wide(case) else 8.5) * longest


def graph_size(case: Case) -> tuple[int, int]:
    """Pixels that the causal graph needs: across at least, and down."""
    layout, wide = layered_layout(case.graph, case.needed), node_width(case)
    if is_wide(case):
        return int(layout.layers * (wide + 34)), int(min(620, 20 + 46 * max(1.0, layout.rows)))
    return int(layout.rows * (wide + 10)), 20 + 52 * max(1, layout.layers)


def clicked_node(event: Any, case: Case) -> str | None:
    """The variable of a node that was clicked, from Streamlit's selection of a chart."""
    names = list(case.graph)
    for group in event["selection"]["selected"]:
        if group["data_type"] in ("node", "main") and group["data_indices"]:
            index = group["data_indices"][0]
            return names[index] if 0 <= index < len(names) else None
    return None


def comparison_sentence(comparison: Mapping[str, Any] | None) -> str:
    """What the chain leaves out, adds and turns round, held against the causal graph."""
    if comparison is None:
        return "There is no causal graph to hold the chain against."
    parts = []
    if comparison["missing"]:
        parts.append(f"never establishes {', '.join(comparison['missing'])}, which the query depends on")
    if comparison["needless"]:
        parts.append(f"has steps that the answer does not rest on ({', '.join(comparison['needless'])})")
    if comparison["misordered"]:
        pairs = ", ".join(f"{effect} before its cause {cause}" for effect, cause in comparison["misordered"])
        parts.append(f"states {pairs}")
    if not parts:
        return "Held against the causal graph: nothing missing, nothing needless, causes before effects."
    return f"Held against the causal graph, the chain {'; '.join(parts)}."
