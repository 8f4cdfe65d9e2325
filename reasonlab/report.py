"""One HTML file about a run that opens offline: what was asked, what came of it, and how to run it again.

No script, no network, no font that is not there: styles and drawings are inline. Every text that a model or a file
brought is escaped. A part that the run lacks is said to be missing. The causal graph is laid out in the manner of
Sugiyama, Tagawa & Toda (1981): layers by longest path, then barycentres to untangle the edges.
"""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import networkx as nx

from reasonlab.language.claims import Equal
from reasonlab.language.errors import BadInput, LabError
from reasonlab.language.formulas import Atom, Not, atom_of, render_formula
from reasonlab.language.terms import Symbol
from reasonlab.runs import Run, RunRecord
from reasonlab.runs.metrics import read_metrics
from reasonlab.runs.plain import flatten
from reasonlab.tasks import Problem, family, make, parse_difficulty
from reasonlab.tasks.problems import difficulty_from_json

REPORT_NAME = "report.html"
# Okabe & Ito's colours: told apart with any kind of colour vision, and every status has a sign of its own besides.
BLUE, VERMILLION, ORANGE, PURPLE, GREEN, SKY, GREY = (
    "#0072B2", "#D55E00", "#E69F00", "#CC79A7", "#009E73", "#56B4E9", "#8A8F98",
)  # fmt: skip
SERIES_COLOURS = (BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILLION)
SIGNS = {
    "entailed": ("✓", BLUE),
    "refuted": ("✗", VERMILLION),
    "unsupported": ("?", ORANGE),
    "unknown": ("…", PURPLE),
    "unparsed": ("¶", PURPLE),
    "no_claim": ("–", GREY),
}
TRUTH_SIGNS = {"true": "✓", "false": "✗", "conflict": "!"}
OUTCOME_COLOURS = {"proved": BLUE, "consistent": SKY, "flawed": ORANGE, "wrong": VERMILLION}


@dataclass(frozen=True)
class Contents:
    """What could be read of a run. `chains` and `probes`: file stem -> rows; `problems`: a line on each broken part."""

    run: Run
    record: RunRecord
    metrics: list[dict[str, Any]]
    scores: dict[str, Any]
    chains: dict[str, list[dict[str, Any]]]
    probes: dict[str, list[dict[str, Any]]]
    problems: tuple[str, ...]


def read_contents(run: Run) -> Contents:
    """Everything readable in a run folder; BadInput only where run.json itself is no use."""
    record = run.record
    problems: list[str] = []
    metrics: list[dict[str, Any]] = []
    scores: dict[str, Any] = {}
    try:
        read = read_metrics(run.path / "metrics.jsonl")
        metrics, problems = read.rows, list(read.problems)
    except BadInput as error:
        problems.append(str(error))
    try:
        scores = run.scores()
    except BadInput as error:
        problems.append(str(error))
    tables: dict[str, dict[str, list[dict[str, Any]]]] = {"chains": {}, "probes": {}}
    for kind, found in tables.items():
        for name in run.tables(kind):
            try:
                found[Path(name).stem] = run.read_table(name)
            except BadInput as error:
                problems.append(str(error))
    return Contents(run, record, metrics, scores, tables["chains"], tables["probes"], tuple(problems))


def problem_of(row: Mapping[str, Any], source: str, scores: Mapping[str, Any], record: RunRecord) -> Problem | None:
    """The problem that a row of a chains table is about, made again; None where the run does not say enough.

    The fingerprint in the id guards against a difficulty that is not the one the row was made with.
    """
    entry = scores.get(source)
    asked = entry.get("asked") if isinstance(entry, dict) else None
    recipe = record.config.get("recipe", record.config)
    try:
        if isinstance(asked, dict) and isinstance(asked.get("difficulty"), dict):
            difficulty = difficulty_from_json(row["family"], asked["difficulty"])
        else:
            text = recipe.get("difficulty", "") if isinstance(recipe, dict) else ""
            difficulty = parse_difficulty(row["family"], str(text))
        problem = make(row["family"], difficulty, row["split"], int(row["seed"]), int(row["index"]))
    except (LabError, KeyError, TypeError, ValueError):
        return None
    return problem if problem.id == row.get("id") else None


def verdicts_of(row: Mapping[str, Any]) -> dict[str, Any] | None:
    """The stored report on a row's chain, or None where it is not there or not whole."""
    try:
        found = json.loads(row["verdicts"])
    except (KeyError, TypeError, ValueError):
        return None
    whole = isinstance(found, dict) and isinstance(found.get("steps"), list) and isinstance(found.get("answer"), dict)
    return found if whole else None


def variable_of(claim: object) -> str | None:
    """The variable of the causal graph that a claim states, as the SCM names it."""
    if isinstance(claim, Equal) and isinstance(claim.terms[0], Symbol):
        return claim.terms[0].name
    if isinstance(claim, Atom | Not):
        return render_formula(atom_of(claim))
    return None


def solved_and_failed(
    contents: Contents,
) -> tuple[tuple[str, dict[str, Any]] | None, tuple[str, dict[str, Any]] | None]:
    """The proved chain with the most needed operations and the first chain that failed, each with its table's name."""
    rows = [(source, row) for source, table in contents.chains.items() for row in table if verdicts_of(row)]
    proved = [item for item in rows if item[1].get("outcome") == "proved"]
    failed = [item for item in rows if item[1].get("outcome") != "proved"]
    best = max(proved, key=lambda item: min(item[1].get("operations") or 0, 5), default=None)
    # A step that is refuted shows more than a chain that is merely cut off.
    worst = min(failed, key=lambda item: item[1].get("first_error") is None, default=None)
    return best, worst


# ---------------------------------------------------------------------------------------------- the causal graph


@dataclass(frozen=True)
class Layout:
    """Where the nodes go: (layer, row), both from 0, rows may be halves; layers run left to right."""

    places: dict[str, tuple[int, float]]
    layers: int
    rows: float


def layered_layout(graph: nx.DiGraph, needed: Sequence[str] = ()) -> Layout:
    """Causes left of their effects. Needed variables keep to the top; those with no edge at all fill rows below."""
    depth: dict[str, int] = {}
    for node in nx.lexicographical_topological_sort(graph):
        depth[node] = max((depth[parent] + 1 for parent in graph.predecessors(node)), default=0)
    alone = [node for node in graph if graph.degree(node) == 0 and node not in needed]
    layers: list[list[str]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for node in graph:
        if node not in alone:
            layers[depth[node]].append(node)
    # A root stands next to its first effect, not in the first column: its arrow is short then.
    for node in [node for node in layers[0] if graph.out_degree(node)] if layers else []:
        nearest = min(depth[child] for child in graph.successors(node)) - 1
        layers[0].remove(node)
        layers[nearest].append(node)
    row: dict[str, float] = {}
    for layer in layers:
        layer.sort(key=lambda node: node not in needed)
        row.update({node: float(i) for i, node in enumerate(layer)})
    for sweep in range(6):
        for layer in layers if sweep % 2 else reversed(layers):
            near = graph.predecessors if sweep % 2 else graph.successors
            centre = {node: _mean([row[other] for other in near(node)], row[node]) for node in layer}
            layer.sort(key=lambda node: (node not in needed, centre[node]))
            row.update({node: float(i) for i, node in enumerate(layer)})
    height = max(map(len, layers), default=0)
    places: dict[str, tuple[int, float]] = {}
    for column, layer in enumerate(layers):
        offset = (height - len(layer)) / 2 if not alone or len(layer) < height else 0.0
        places.update({node: (column, i + offset) for i, node in enumerate(layer)})
    width = max(1, len(layers))
    columns = max(width, min(len(alone), 3))
    for i, node in enumerate(alone):
        places[node] = (i % columns, height + 0.35 + i // columns)
    return Layout(places, columns if places else 0, max((y for _, y in places.values()), default=-1.0) + 1)


def _mean(values: Sequence[float], default: float) -> float:
    return sum(values) / len(values) if values else default


def graph_svg(graph: nx.DiGraph, asked: str | None, needed: Sequence[str], values: Mapping[str, object]) -> str:
    """The causal graph as inline SVG: needed variables filled, irrelevant ones dashed, the queried one framed twice."""
    layout = layered_layout(graph, needed)
    labels = {node: node_label(node, values) for node in graph}
    wide = max((len(label) for label in labels.values()), default=1) * 8 + 24
    step_x, step_y, tall = wide + 64, 52, 32
    spans = [layout.places[effect][0] - layout.places[cause][0] for cause, effect in graph.edges]
    head = 12 + (28 if max(spans, default=1) > 1 else 0)  # room for the edges that go over nodes

    def corner(node: str) -> tuple[float, float]:
        column, row = layout.places[node]
        return 12 + column * step_x, head + row * step_y

    parts = []
    for (cause, effect), span in zip(graph.edges, spans):
        (x1, y1), (x2, y2) = corner(cause), corner(effect)
        x1, y1, x2, y2 = x1 + wide, y1 + tall / 2, x2 - 3, y2 + tall / 2
        # An edge over several layers goes over the nodes between.
        bend, over = max(24.0, (x2 - x1) / (2 if span == 1 else 4)), 0 if span == 1 else min(60, 24 + 12 * span)
        quiet = "" if cause in needed and effect in needed else " quiet"
        parts.append(
            f'<path class="edge{quiet}" marker-end="url(#tip)" '
            f'd="M{x1:.0f},{y1:.0f} C{x1 + bend:.0f},{y1 - over:.0f} '
            f'{x2 - bend:.0f},{y2 - over:.0f} {x2:.0f},{y2:.0f}"/>'
        )
    for node in graph:
        x, y = corner(node)
        kind = "asked" if node == asked else "needed" if node in needed else "quiet"
        if kind == "asked":
            parts.append(
                f'<rect class="frame" x="{x - 4:.0f}" y="{y - 4:.0f}" rx="10" width="{wide + 8}" height="{tall + 8}"/>'
            )
        parts.append(
            f'<rect class="node {kind}" x="{x:.0f}" y="{y:.0f}" rx="7" width="{wide}" height="{tall}"/>'
            f'<text class="label {kind}" x="{x + wide / 2:.0f}" y="{y + tall / 2 + 5:.0f}">'
            f"{escape(labels[node])}</text>"
        )
    width = 24 + max(0, layout.layers - 1) * step_x + wide
    height = head + 12 + max(0.0, layout.rows - 1) * step_y + tall
    tip = (
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path class="tip" d="M0,0 L8,4 L0,8 z"/></marker></defs>'
    )
    return (
        f'<svg class="graph" role="img" aria-label="causal graph" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'style="max-width:{width:.0f}px">{tip}{"".join(parts)}</svg>'
    )


def node_label(node: str, values: Mapping[str, object]) -> str:
    """A variable with its value in the world: a number, or a sign for true and false."""
    value = values.get(node)
    if isinstance(value, str):
        return f"{node} {TRUTH_SIGNS.get(value, '')}".strip()
    return node if value is None else f"{node} = {value}"


# ---------------------------------------------------------------------------------------------- drawings and tables


def curve_svg(series: Mapping[str, Sequence[tuple[float, float]]], label: str, *, share: bool = False) -> str:
    """Lines over training steps as inline SVG. A share has an axis from 0 to 1, anything positive a logarithmic one."""
    values = [y for line in series.values() for _, y in line]
    last = max(x for line in series.values() for x, _ in line) or 1
    log = not share and min(values) > 0
    scaled = [math.log10(y) for y in values] if log else values
    low, high = (0.0, 1.0) if share else (min(scaled), max(scaled))
    high = high if high > low else low + 1
    left, right, top, bottom, width, height = 52, 12, 12, 30, 460, 220

    def across(x: float) -> float:
        return left + (width - left - right) * x / last

    def down(y: float) -> float:
        return top + (height - top - bottom) * (high - y) / (high - low)

    parts = []
    for fraction in (0, 0.5, 1):
        y = low + fraction * (high - low)
        tick = f"{y:.0%}" if share else f"{10**y if log else y:.2g}"
        parts.append(f'<line class="rule" x1="{left}" x2="{width - right}" y1="{down(y):.1f}" y2="{down(y):.1f}"/>')
        parts.append(f'<text class="tick" x="{left - 8}" y="{down(y) + 4:.1f}" text-anchor="end">{tick}</text>')
    for line, colour in zip(series.values(), SERIES_COLOURS):
        places = [(across(x), down(math.log10(y) if log else y)) for x, y in line]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{path}"/>')
        if len(places) <= 40:
            parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.6" fill="{colour}"/>' for x, y in places]
    parts.append(f'<text class="tick" x="{left}" y="{height - 8}">step 0</text>')
    parts.append(f'<text class="tick" x="{width - right}" y="{height - 8}" text-anchor="end">{last:,.0f}</text>')
    opening = f'<svg class="curve" role="img" aria-label="{escape(label)}" viewBox="0 0 {width} {height}">'
    return f"{opening}{''.join(parts)}</svg>"


def points_of(metrics: Sequence[Mapping[str, Any]], name: str) -> list[tuple[float, float]]:
    """(step, value) of every row that has both, as finite numbers; thinned to some hundreds."""
    found = [
        (float(row["step"]), float(row[name]))
        for row in metrics
        if isinstance(row.get("step"), int | float)
        and isinstance(row.get(name), int | float)
        and math.isfinite(row[name])
    ]
    stride = max(1, len(found) // 300)
    return found[::stride] + (found[-1:] if found and (len(found) - 1) % stride else [])


def share_text(share: object) -> str:
    """A share as `99.0% [97.4%, 99.6%]`, or a dash."""
    if not isinstance(share, dict) or not isinstance(share.get("value"), int | float) or not share.get("total"):
        return "–"
    return f"{share['value']:.1%} [{share.get('low', 0):.1%}, {share.get('high', 1):.1%}]"


def _share(share: object) -> str:
    """`share_text` as HTML: a line may break before the interval, and nowhere in it."""
    value, _, interval = share_text(share).partition(" ")
    return f"{value} <small>{interval}</small>"


def _interval(share: object) -> str:
    """The interval as a bar from 0 to 1, the share itself as a mark on it."""
    if share_text(share) == "–" or not isinstance(share, dict):
        return ""
    low, high, value = (200 * float(share[name]) for name in ("low", "high", "value"))
    return (
        '<svg class="interval" viewBox="0 0 200 14" preserveAspectRatio="none" aria-hidden="true">'
        '<line class="rule" x1="0" x2="200" y1="7" y2="7"/>'
        f'<rect x="{low:.1f}" y="4" width="{max(1.5, high - low):.1f}" height="6" rx="3" fill="{BLUE}" opacity=".45"/>'
        f'<rect x="{value - 1.5:.1f}" y="1" width="3" height="12" fill="{BLUE}"/></svg>'
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], kind: str = "") -> str:
    """A table of cells that are HTML already."""
    top = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="scroll"><table class="{kind}"><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def _missing(what: str, remedy: str) -> str:
    return f'<p class="missing">Missing: {escape(what)}. {escape(remedy)}</p>'


def _badge(status: str) -> str:
    sign, colour = SIGNS.get(status, ("•", OUTCOME_COLOURS.get(status, GREY)))
    return f'<span class="badge" style="--hue:{colour}">{sign} {escape(status.replace("_", " "))}</span>'


# ---------------------------------------------------------------------------------------------- the sections


def write_report(run: Run) -> Path:
    """Write the report of a run into its folder; returns the file's path."""
    run.write_text(REPORT_NAME, render_report(read_contents(run)))
    return run.path / REPORT_NAME


def render_report(contents: Contents) -> str:
    """The whole page."""
    record = contents.record
    sections = {
        "What was asked": _asked(contents),
        "Scores": _scores(contents),
        "Training": _training(contents),
        "A chain that is proved, and one that is not": _chains(contents),
        "Where it happens in the network": _circuit(contents),
        "How to run it again": _again(contents),
        "Configuration and versions": _configuration(record),
    }
    links = "".join(f'<a href="#s{i}">{escape(title)}</a>' for i, title in enumerate(sections))
    body = "".join(
        f'<section id="s{i}"><h2>{escape(title)}</h2>{html}</section>'
        for i, (title, html) in enumerate(sections.items())
    )
    broken = "".join(f'<p class="missing">{escape(line)}</p>' for line in contents.problems)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>ReasonLab: {escape(record.name)}</title><style>{STYLE}</style></head><body><header>"
        f'<p class="over">ReasonLab · {escape(record.kind)}</p><h1>{escape(record.name)}</h1>'
        f"<p>{escape(record.family or 'no family named')} · {escape(record.status)} · {escape(record.created)}</p>"
        f"{_headline(contents)}<nav>{links}</nav></header><main>{broken}{body}</main>"
        "<footer>Every step of every chain was checked against the givens: a step is entailed, refuted or unsupported, "
        "never just plausible. Intervals are 95% Wilson intervals.</footer></body></html>"
    )


def _headline(contents: Contents) -> str:
    cards = []
    for name, entry in score_entries(contents.scores):
        overall = entry["overall"]
        proved = overall.get("proved")
        if share_text(proved) == "–" or not isinstance(proved, dict):
            continue
        cards.append(
            f'<div class="card"><b>{proved["value"]:.1%}</b><span>of {escape(str(overall.get("chains", "?")))} chains '
            f"proved, {escape(name)}</span>{_interval(proved)}</div>"
        )
    return f'<div class="cards">{"".join(cards)}</div>' if cards else ""


def score_entries(scores: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The entries of scores.json that have the expected shape."""
    return [
        (str(name), entry)
        for name, entry in scores.items()
        if isinstance(entry, dict) and isinstance(entry.get("overall"), dict)
    ]


def _asked(contents: Contents) -> str:
    rows = []
    for name, entry in score_entries(contents.scores):
        found = entry.get("asked")
        asked: dict[str, Any] = found if isinstance(found, dict) else {}
        words = _settings(asked.get("difficulty"))
        rows.append([
            escape(name), escape(str(asked.get("family", "–"))), escape(str(asked.get("problems", "–"))),
            escape(str(asked.get("split", "–"))), escape(words or "–"),
        ])  # fmt: skip
    table = _table(("set", "family", "problems", "split", "difficulty"), rows) if rows else ""
    example = next((row for rows in contents.chains.values() for row in rows if row.get("prompt")), None)
    text = (
        "<p>The model reads a problem, writes its reasoning step by step and then the answer. It sees only text: "
        "the causal model behind the problem is known to us and decides what is true.</p>"
    )
    if example is not None:
        text += f'<p class="over">An example of a problem</p><pre>{escape(str(example["prompt"]))}</pre>'
    if not rows and example is None:
        text += _missing("problems and scores", "`reasonlab evaluate` writes them.")
    return text + table


def _settings(difficulty: object) -> str:
    """A difficulty in words: "variables 3–8, modulus 10"; what is left free is left out."""
    if not isinstance(difficulty, dict):
        return ""
    ranges = {key: "–".join(map(str, value)) if isinstance(value, list) else value for key, value in difficulty.items()}
    return ", ".join(f"{key} {value}" for key, value in ranges.items() if value is not None)


def _scores(contents: Contents) -> str:
    entries = score_entries(contents.scores)
    if not entries:
        return _missing("scores.json", "`reasonlab evaluate` writes it.")
    parts = ["<p><b>Proved</b>: every step follows from the givens and the answer is stated by them. A right answer "
             "reached by bad reasoning is <b>flawed</b>, and counted apart.</p>"]  # fmt: skip
    head = ("set", "chains", "proved", "", "answer right", "right, but flawed", "a needless step", "ended by itself")
    rows = []
    for name, entry in entries:
        over = entry["overall"]
        rows.append([
            escape(name), escape(str(over.get("chains", "–"))), _share(over.get("proved")),
            _interval(over.get("proved")), _share(over.get("answer_right")), _share(over.get("flawed")),
            _share(over.get("needless")), _share(over.get("finished")),
        ])  # fmt: skip
    parts.append(_table(head, rows))
    for name, entry in entries:
        sizes = entry.get("by_size")
        if not isinstance(sizes, dict) or not sizes:
            continue
        label = size_name(contents.record.family)
        parts.append(f"<h3>{escape(name)}, by size</h3>")
        parts.append(
            _table(
                (label, "chains", "proved", "", "answer right"),
                [
                    [escape(size), escape(str(over.get("chains", "–"))), _share(over.get("proved")),
                     _interval(over.get("proved")), _share(over.get("answer_right"))]
                    for size, over in sizes.items() if isinstance(over, dict)
                ],
            )
        )  # fmt: skip
        errors = entry["overall"].get("first_errors")
        if isinstance(errors, dict) and errors:
            listed = ", ".join(f"{kind} ({count})" for kind, count in list(errors.items())[:5])
            parts.append(f"<p>First errors, the commonest first: {escape(listed)}.</p>")
    return "".join(parts)


def size_name(family_name: str | None) -> str:
    """What a family counts as a problem's size: variables, hops."""
    try:
        return family(family_name or "").size_name
    except BadInput:
        return "size"


def _training(contents: Contents) -> str:
    loss = points_of(contents.metrics, "loss")
    if not loss:
        return _missing("metrics.jsonl", "A run that trained has one.")
    parts = [f'<figure>{curve_svg({"loss": loss}, "loss over training steps")}'
             f"<figcaption>Loss on the chain's tokens, on a logarithmic axis: {loss[0][1]:.3g} at first and "
             f"{loss[-1][1]:.3g} at the end.</figcaption></figure>"]  # fmt: skip
    checked = {name: points_of(contents.metrics, name) for name in ("proved", "answer_right")}
    checked = {name: line for name, line in checked.items() if line}
    if checked:
        legend = " ".join(
            f'<span class="key" style="--hue:{colour}"></span>{escape(name.replace("_", " "))}'
            for name, colour in zip(checked, SERIES_COLOURS)
        )
        drawn = curve_svg(checked, "verified accuracy over training steps", share=True)
        parts.append(
            f"<figure>{drawn}<figcaption>Verified accuracy on validation problems: {legend}</figcaption></figure>"
        )
    return f'<div class="pair">{"".join(parts)}</div>'


def _chains(contents: Contents) -> str:
    solved, failed = solved_and_failed(contents)
    if solved is None and failed is None:
        return _missing("chains with verdicts", "`reasonlab evaluate` writes them.")
    parts = []
    for title, item in (("Proved", solved), ("Not proved", failed)):
        if item is None:
            nothing = "no chain of this run is proved" if title == "Proved" else "every chain of this run is proved"
            parts.append(f"<h3>{title}</h3><p>There is none: {nothing}.</p>")
        else:
            parts.append(_chain(title, *item, contents))
    return "".join(parts)


def _chain(title: str, source: str, row: dict[str, Any], contents: Contents) -> str:
    report = verdicts_of(row) or {"steps": [], "answer": {}}
    problem = problem_of(row, source, contents.scores, contents.record)
    parts = [
        f"<h3>{escape(title)} {_badge(str(row.get('outcome', 'unknown')))} <small>{escape(str(row.get('id', '')))}, "
        f"from {escape(source)}</small></h3><pre>{escape(str(row.get('prompt', '')))}</pre>"
    ]
    if problem is not None:
        parts.append(causal_figure(problem))
        givens = [[f"<code>g{i}</code>", f"<code>{escape(g.text)}</code>"] for i, g in enumerate(problem.givens())]
        parts.append(
            f"<details><summary>The {len(givens)} givens, by number</summary>{_table(('', 'given'), givens)}</details>"
        )
    else:
        parts.append(
            _missing("the causal graph of this problem", "The run does not say how to make the problem again.")
        )
    rows = []
    for step in report["steps"]:
        notes = [str(step.get("reason") or "")]
        if step.get("witness"):
            notes.append(f"instead: {step['witness']}" if step.get("status") == "refuted" else str(step["witness"]))
        if step.get("fault") == "inherited":
            notes.append("inherited from an earlier bad step")
        rows.append([
            f"<code>s{escape(str(step.get('index', '')))}</code>", f"<code>{escape(str(step.get('text', '')))}</code>",
            _badge(str(step.get("status", "unknown"))),
            f"<code>{escape(', '.join(map(str, step.get('premises') or ())) or '–')}</code>",
            escape("–" if step.get("leap") is None else str(step["leap"])),
            escape("; ".join(note for note in notes if note)),
        ])  # fmt: skip
    parts.append(_table(("", "step", "verdict", "rests on", "leap", "why"), rows, "steps"))
    answer = report["answer"]
    parts.append(
        f"<p>Answer <code>{escape(str(answer.get('value')))}</code> {_badge(str(answer.get('status', 'unknown')))}; "
        f"the causal model says <code>{escape(str(row.get('reference', '–')))}</code>.</p>"
    )
    return f"<article>{''.join(parts)}</article>"


def causal_figure(problem: Problem) -> str:
    """The causal graph of a problem with its legend."""
    scm = problem.scm()
    needed = problem.instance.needed
    drawn = graph_svg(scm.graph(), needed[0], needed, scm.evaluate())
    return (
        f"<figure>{drawn}<figcaption>The causal graph behind the problem, with each variable's true value: "
        '<span class="key" style="--hue:#E69F00"></span>queried <span class="key" style="--hue:#0072B2"></span>needed '
        '<span class="key hollow"></span>irrelevant. Arrows run from causes to effects.</figcaption></figure>'
    )


def _again(contents: Contents) -> str:
    record = contents.record
    commit, dirty = record.code.get("commit"), record.code.get("dirty")
    lines = [f"git checkout {commit}"] if isinstance(commit, str) else []
    if record.command:
        lines.append(record.command)
    # The name alone: where the folder lies on somebody's machine is nobody's business.
    lines.append(f"reasonlab report {shlex.quote(contents.run.path.name)}")
    text = f"<pre>{escape(chr(10).join(lines))}</pre>"
    if not record.command:
        text += _missing("the command that made this run", "The last line writes this report again.")
    if dirty:
        text += "<p>The code had changes that were not committed when this ran.</p>"
    return (
        text
        + "<p><code>reasonlab app</code> opens the dashboard, where every step can be edited and checked again.</p>"
    )


def _configuration(record: RunRecord) -> str:
    parts = []
    for title, tree in (("Configuration", record.config), ("Seeds", record.seeds), ("Facts", record.facts),
                        ("Versions", record.versions), ("Machine", record.machine)):  # fmt: skip
        rows = [[f"<code>{escape(key)}</code>", escape(str(value))] for key, value in flatten(tree).items()]
        if rows:
            parts.append(f"<details><summary>{title}</summary>{_table(('', 'value'), rows)}</details>")
    return "".join(parts) or _missing("the configuration", "This run recorded none.")


def _circuit(contents: Contents) -> str:
    if not any(contents.probes.values()):
        return _missing("probes", "`reasonlab probe` writes them: where a variable's value sits, and a control.")
    located = contents.record.facts.get("located")
    parts = [f"<p><b>{escape(located[:1].upper() + located[1:])}.</b></p>"] if isinstance(located, str) else []
    for name, show in (("interchange", _interchange), ("interchange_screen", _screen), ("patching_by_role", _patching)):
        rows = contents.probes.get(name)
        if not rows:
            continue
        try:
            parts.append(show(rows))
        except (BadInput, KeyError, TypeError) as error:
            parts.append(_missing(f"probes/{name}.parquet as this version reads it ({error})", "Make it again."))
        except ModuleNotFoundError as error:
            parts.append(_missing(f"the heatmap of probes/{name}.parquet ({error})", "Install the extra 'models'."))
    known = {"interchange", "interchange_screen", "patching_by_role"}
    others = [f"probes/{name}.parquet" for name in contents.probes if name not in known]
    if others:
        parts.append(f"<p>Also in the run: {escape(', '.join(others))}.</p>")
    return "".join(parts)


def _interchange(rows: Sequence[Mapping[str, Any]]) -> str:
    """What the model writes on its own after the exchange: the sites, then the trivial ones that set the scale."""
    free = [row for row in rows if row["mode"] == "free" and row["read"] == "all"] or list(rows)
    free.sort(key=lambda row: (bool(row["trivial"]), -(row["accuracy"] or 0.0)))
    body = []
    for row in free[:12]:
        share = {"value": row["accuracy"], "low": row["low"], "high": row["high"], "total": row["total"]}
        site = f"layer {row['layer']}, {row['component']} at “{row['role']}”"
        body.append([
            escape(site) + (f" <small>(trivial: {escape(row['trivial'])})</small>" if row["trivial"] else ""),
            _share(share), _interval(share), escape(str(row["total"])),
            *(_percent(row.get(name)) for name in ("random_position", "untrained", "chance")),
        ])  # fmt: skip
    head = ("site", "follows do()", "", "of", "random position", "untrained model", "chance")
    return (
        "<h3>Exchange the variable's activation, and let the model write on</h3><p>The activation comes from a problem "
        "in which the variable has another value. It counts as following only if everything written afterwards says "
        "what <code>do()</code> on the causal model says. The columns to the right are the controls; the trivial sites "
        "are an edit of the word itself, or of the prediction, and set the scale.</p>" + _table(head, body)
    )


def _screen(rows: Sequence[Mapping[str, Any]]) -> str:
    from reasonlab.probes.figures import svg_heatmap

    read = next((name for name in ("copy", "child", "answer", "own") if any(row["read"] == name for row in rows)), None)
    cells = [
        {**row, "site": f"{row['component']} {row['layer']}"}
        for row in rows
        if row["read"] == read and row["accuracy"] is not None
    ]
    if not cells:
        return ""
    drawn = svg_heatmap(cells, x="role", y="site", value="accuracy")
    return (
        f'<h3>Every site, with the words held</h3><figure class="wide">{drawn}<figcaption>The share of exchanges after '
        f"which the next reading of the value ({escape(str(read))}) says what do() says, by depth and by position. "
        "The column “random position” is the control.</figcaption></figure>"
    )


def _patching(rows: Sequence[Mapping[str, Any]]) -> str:
    from reasonlab.probes.figures import svg_heatmap

    own = [
        {**row, "layer": f"layer {row['layer']}"}
        for row in rows
        if row["relation"] in ("own", "") and row["head"] is None and row["role"]
    ]
    if not own:
        return ""
    drawn = "".join(
        f'<figure class="wide">{svg_heatmap(own, x="role", y="layer", value=value)}'
        f"<figcaption>{caption}</figcaption></figure>"
        for value, caption in (
            (
                "effect",
                "The effect of putting the clean activation into the other run: 1 brings the clean answer back.",
            ),
            ("control", "Control: the same with an activation from an unrelated problem."),
        )
    )
    return f"<h3>Activation patching, layer by role</h3>{drawn}"


def _percent(value: object) -> str:
    """A share without an interval, or a dash."""
    return f"{value:.0%}" if isinstance(value, int | float) else "–"


STYLE = """
:root{color-scheme:light dark;--page:#fbfbf9;--ink:#1d2430;--soft:#5d6675;--line:#dfe2e6;--box:#fff;--code:#f1f3f5;
--quiet:#eceef1;--link:#0b5c94}
@media(prefers-color-scheme:dark){:root{--page:#14171c;--ink:#e8eaed;--soft:#a3abb8;--line:#323843;--box:#1b1f26;
--code:#232831;--quiet:#2a2f38;--link:#7cc4f5}}
*{box-sizing:border-box}html{scroll-behavior:smooth}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.55 system-ui,"Segoe UI",Helvetica,Arial,sans-serif}
header,main,footer{max-width:1040px;margin:0 auto;padding:0 24px}header{padding-top:48px}
h1{font-size:38px;line-height:1.15;margin:4px 0 8px;letter-spacing:-.02em}
h2{font-size:25px;margin:0 0 14px;letter-spacing:-.01em}h3{font-size:17px;margin:26px 0 8px}
td small{color:var(--soft);white-space:nowrap;font-size:13px}
h3 small{font-weight:400;color:var(--soft);font-size:13px;overflow-wrap:anywhere}
a{color:var(--link)}header p{color:var(--soft);margin:0}
.over{text-transform:uppercase;letter-spacing:.08em;font-size:12px;
color:var(--soft);margin:0 0 4px}
nav{display:flex;flex-wrap:wrap;gap:6px 20px;margin:26px 0 0;padding:12px 0;
border-block:1px solid var(--line);font-size:14px}
nav a{text-decoration:none}nav a:hover{text-decoration:underline}
section{padding:38px 0 6px}section+section{border-top:1px solid var(--line)}
.cards{display:flex;flex-wrap:wrap;gap:14px;margin-top:24px}
.card{flex:1 1 240px;background:var(--box);border:1px solid var(--line);border-radius:12px;padding:16px 20px}
.card b{display:block;font-size:34px;letter-spacing:-.02em;color:var(--ink)}.card span{color:var(--soft);display:block;
font-size:14px;margin-bottom:8px}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(340px,1fr));gap:18px}
figure{margin:0;background:var(--box);border:1px solid var(--line);border-radius:12px;padding:16px}
figcaption{font-size:14px;color:var(--soft);margin-top:8px}
article{margin-bottom:34px}article>*{margin-top:12px}
pre{background:var(--code);border-radius:8px;padding:12px 14px;white-space:pre-wrap;overflow-wrap:anywhere;margin:8px 0}
code,pre{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:13.5px}
code{overflow-wrap:anywhere}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:14.5px;margin:6px 0}
th{text-align:left;font-size:12px;font-weight:600;color:var(--soft);letter-spacing:.03em}
th,td{padding:7px 12px 7px 0;border-bottom:1px solid var(--line);vertical-align:top}
td:first-child{white-space:nowrap}.interval{width:140px;height:14px;vertical-align:middle;display:block;margin-top:5px}
.card .interval{width:100%}
.badge{display:inline-block;white-space:nowrap;font-size:13px;font-weight:600;padding:1px 9px;border-radius:99px;
color:var(--ink);background:color-mix(in srgb,var(--hue) 24%,transparent);box-shadow:inset 0 0 0 1.5px var(--hue)}
.key{display:inline-block;width:12px;height:12px;border-radius:3px;background:var(--hue);margin:0 5px 0 10px;
vertical-align:-1px}.key.hollow{background:none;border:1.5px dashed #8A8F98}
.missing{background:color-mix(in srgb,#E69F00 14%,transparent);border-left:4px solid #E69F00;padding:10px 14px;
border-radius:0 8px 8px 0;margin:10px 0}
figure.wide{overflow-x:auto;margin:10px 0}figure.wide svg{width:auto;max-width:none}
details{margin:10px 0}summary{cursor:pointer;font-weight:600;padding:4px 0}
svg{display:block;width:100%;height:auto;overflow:visible}.interval{height:14px}
.rule{stroke:var(--line)}.tick{fill:var(--soft);font:11px system-ui,sans-serif}
.graph .edge{fill:none;stroke:var(--ink);stroke-width:1.6}.graph .edge.quiet{opacity:.35}.graph .tip{fill:var(--ink)}
.graph .node.needed{fill:#0072B2}.graph .node.asked{fill:#E69F00}
.graph .frame{fill:none;stroke:#E69F00;stroke-width:1.5}
.graph .node.quiet{fill:var(--quiet);stroke:#8A8F98;stroke-dasharray:4 3}
.graph .label{font:600 13px ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;text-anchor:middle;fill:#fff}
.graph .label.asked{fill:#1d2430}.graph .label.quiet{fill:var(--soft)}
footer{color:var(--soft);font-size:13.5px;padding-top:22px;padding-bottom:48px}
@media print{nav{display:none}section{break-inside:avoid-page}}
"""
