"""`reasonlab probe`: look inside a model: attention, patching, interchange, linear probes; each beside its control."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from reasonlab import extensions
from reasonlab.commands.outfile import check_outdir
from reasonlab.commands.output import emit_json, emit_table, progress
from reasonlab.language.errors import BadInput, quote
from reasonlab.runs import Run, default_root
from reasonlab.runs.tensors import check_tensors

if TYPE_CHECKING:
    from reasonlab.models import Tokenizer
    from reasonlab.probes.circuits import Circuit
    from reasonlab.probes.find_circuit import FoundCircuit
    from reasonlab.tasks import Problem

OURS = ("attention", "patching", "interchange")  # what --what all does, where the model allows
ALONE = ("alignment", "circuit", "linear", "roc")  # what is only done when it is asked for by name
PROBES, MODELS = "reasonlab.probes", "reasonlab.models"  # groups of entry points
HEATMAP_PROBLEMS = 6  # patching is a pass for every layer and position, and its table has an interval
SHOWN = 12  # rows of a printed table; the Parquet has them all


@dataclass(frozen=True)
class Options:
    """Find where a variable lives in the network, with controls."""

    run: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="RUN_OR_FOLDER")] = "arithmetic"
    """A run's name or folder, or a model folder: ours, or one that TransformerLens' bridge takes; "arithmetic" and
    "deduction" are the shipped models. Or an installed model (docs/extend.md)."""
    what: str = "all"
    """Which probe: attention, patching, interchange, all (of these three, what the model allows), alignment (every
    variable; minutes), circuit, linear (some hundred problems are wanted), roc (attention and gradients against the
    causal graph), or an installed one."""
    problems: int = 48
    """How many held-out problems."""
    family: str | None = None
    """Of the problems; by default what the model was trained on (of a model folder: arithmetic)."""
    difficulty: str | None = None
    """Settings of the problems; by default those of the training."""
    form: str | None = None
    """Form of the gold chains that are read; by default that of the training."""
    variable: str = "auto"
    """auto (the first computed on the way), "step 2" (the second), constant, "constant 2", asked, or a name. An
    alignment takes them all."""
    roles: tuple[str, ...] = ()
    """Positions to search, such as "value" "step end"; by default those around the variable's step."""
    questions: tuple[str, ...] = ()
    """Of the linear probes: necessary, depends, computable, known, value; by default all."""
    seed: int = 0
    """Names the problems and every draw."""
    out: Path | None = None
    """Folder for the Parquet tables; by default RUN/probes, and nothing for a model folder."""
    root: Path = field(default_factory=default_root)
    """Folder of the runs; $REASONLAB_RUNS changes the default."""
    device: str = "auto"
    """auto, cpu or cuda."""
    json: bool = False
    """Print one JSON document."""


@dataclass(frozen=True)
class _Subject:
    run: Run | None
    name: str
    model: Any  # with TransformerLens' hook names
    tokenizer: Tokenizer
    family: str
    difficulty: str
    form: str


def run(options: Options) -> int:
    """Probe, print, and write the tables."""
    from reasonlab.commands.model import draw

    if options.out is not None:
        check_outdir(options.out)
    known = [*OURS, *ALONE, *extensions.names(PROBES)]
    if options.what not in ("all", *known):
        raise BadInput(f"there is no probe {quote(options.what)}", f"all, {', '.join(known)}", "choose one of these")
    subject = _open(options)
    problems = draw(subject.family, subject.difficulty, "test", options.seed, options.problems)
    wanted = _all_of(subject) if options.what == "all" else (options.what,)
    _check(subject, problems, options, wanted)
    tables: dict[str, list[dict[str, Any]]] = {}
    shown: dict[str, list[dict[str, Any]]] = {}
    sentence, circuit = "", None
    with progress(f"probing {subject.name}", None) as bar:
        for what in wanted:
            if what == "attention":
                shown["attention"], tables["attention"] = _attention(subject, problems)
                bar.advance(len(problems))
            elif what == "patching":
                shown["patching"], tables["patching"] = _patching(subject, problems, options, bar.advance)
            elif what == "alignment":
                shown["alignment"], found, sentence = _alignment(subject, problems, options, bar.advance)
                tables |= found
            elif what == "circuit":
                edges = _circuit(subject, problems, options, bar.advance)
                kept = [row for row in edges.edges if row["kept"]]
                shown["circuit"] = [{name: row[name] for name in ("writer", "reader", "score")} for row in kept]
                tables |= {"circuit_edges": edges.edges, "circuit_curve": edges.curve}
                circuit, sentence = edges.circuit, edges.circuit.sentence()
            elif what == "linear":
                shown["linear"], tables["linear"] = _linear(subject, problems, options, bar.advance)
            elif what == "roc":
                shown["roc"], tables["roc"] = _roc(subject, problems, options)
                bar.advance(len(problems))
            elif what not in (*OURS, *ALONE):
                shown[what] = tables[what] = extensions.load(PROBES, what)(
                    subject.model, subject.tokenizer, problems, form=subject.form, seed=options.seed
                )
            else:
                found, sentence = _interchange(subject, problems, options, bar.advance)
                tables |= found
                shown["interchange"] = found["interchange"]
    written = _write(subject.run, options.out, tables)
    if circuit is not None:
        written += _write_circuit(subject.run, options.out, circuit)
    if options.json:
        emit_json({"model": subject.name, "sentence": sentence, "tables": shown, "written": written})
        return 0
    for name, rows in shown.items():
        emit_table(f"{name} ({min(len(rows), SHOWN)} of {len(rows)} rows)", rows[:SHOWN])
    if sentence:
        print(sentence)
    if written:
        print(f"written: {', '.join(written)}")
    return 0


def _all_of(subject: _Subject) -> tuple[str, ...]:
    """What `--what all` does: of our probes, those that the model and its problems allow; by name each says why not."""
    from reasonlab.models import HookedModel
    from reasonlab.tasks import arithmetic

    if subject.family != arithmetic.NAME:
        return ("attention",)  # others have no counterparts
    if not isinstance(subject.model, HookedModel):
        return ("attention", "patching")  # a bridged one cannot write on
    return OURS


def _open(options: Options) -> _Subject:
    """A run's model with what it was trained on, or a bare or installed model with what the options say."""
    folder = Path(options.run)
    bare = (folder / "config.json").is_file() and not (folder / "run.json").is_file()
    if bare or options.run in extensions.names(MODELS):
        model, tokenizer = _load(folder, options.device) if bare else _load_installed(options.run, options.device)
        if tokenizer is None:
            raise BadInput(
                f"{folder.name} has no tokenizer", "tokenizer.json beside the weights", "save it with its tokenizer"
            )
        return _Subject(None, folder.name, model, tokenizer, options.family or "arithmetic", options.difficulty or "",
                        options.form or "plan")  # fmt: skip
    from reasonlab.commands.model import open_subject

    found = open_subject(options.run, options.root, options.device)
    family = options.family or found.family
    trained_on = {part.family: part for part in found.parts}.get(family)
    settings, form = (trained_on.difficulty, trained_on.form) if trained_on else ("", found.form)
    difficulty = settings if options.difficulty is None else options.difficulty
    return _Subject(found.run, found.run.path.name, found.model, found.tokenizer, family, difficulty,
                    options.form or form)  # fmt: skip


def _load(folder: Path, device: str) -> tuple[Any, Tokenizer | None]:
    """The model of a folder: one of ours, or another maker's under TransformerLens' bridge."""
    check_tensors(folder)

    from reasonlab.models import ARCHITECTURES, load
    from reasonlab.models.bridged import load_bridged
    from reasonlab.models.folder import model_type
    from reasonlab.recipes import device_named

    read = load if model_type(folder) in ARCHITECTURES else load_bridged
    return read(folder, device_named(device))


def _load_installed(name: str, device: str) -> tuple[Any, Tokenizer | None]:
    from reasonlab.recipes import device_named

    return extensions.load(MODELS, name)(device_named(device))


def _check(subject: _Subject, problems: list[Problem], options: Options, wanted: tuple[str, ...]) -> None:
    """Refuses what cannot be probed before any bar is drawn."""
    from reasonlab.probes.counterparts import make_cases
    from reasonlab.probes.hooks import require_room
    from reasonlab.probes.interchange import sites_for
    from reasonlab.probes.roles import gold_layout

    layouts = [gold_layout(problem, subject.form, subject.tokenizer) for problem in problems]
    require_room(subject.model, max(len(made.tokens) for made in layouts))
    if set(wanted) & {"patching", "interchange", "alignment", "circuit"}:
        sites_for(subject.model, options.roles)
    if "alignment" in wanted:
        from reasonlab.probes.alignment import path_cases

        path_cases(problems, subject.tokenizer, form=subject.form, seed=options.seed)
    if set(wanted) & {"patching", "interchange", "circuit"}:
        cases = make_cases(
            problems, subject.tokenizer, variable=options.variable, form=subject.form, seed=options.seed
        ).cases
        if "circuit" in wanted:
            from reasonlab.probes.find_circuit import halves
            from reasonlab.probes.graph import graph_of

            graph_of(subject.model)
            halves(cases)
    if "roc" in wanted:
        from reasonlab.probes.graph_roc import pairs

        pairs(layouts)
    if "linear" in wanted:
        _make_linear(subject, problems, options)


def _make_linear(subject: _Subject, problems: list[Problem], options: Options) -> list[Any]:
    from reasonlab.probes.linear import QUESTIONS, make_probes

    questions = options.questions or tuple(QUESTIONS)
    return make_probes(problems, subject.tokenizer, questions=questions, form=subject.form, seed=options.seed)


def _linear(
    subject: _Subject, problems: list[Problem], options: Options, advance: Any
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The best depth of each question and moment (best on the test items: a little lucky); and every row."""
    from reasonlab.probes.linear import linear_rows
    from reasonlab.probes.tables import best_site

    probes = _make_linear(subject, problems, options)
    rows = linear_rows(subject.model, probes, seed=options.seed, progress=advance)
    best = [best_site(rows, question=probe.question, moment=probe.moment) for probe in probes]
    return [row for row in best if row is not None], rows


def _attention(subject: _Subject, problems: list[Problem]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Heads by how much more of a step's attention goes to its premises than to other steps; and every row."""
    from reasonlab.probes.attention import attention_rows
    from reasonlab.probes.roles import gold_layout

    rows = attention_rows(subject.model, [gold_layout(p, subject.form, subject.tokenizer) for p in problems])
    heads: dict[tuple[int, int], list[dict[str, Any]]] = {}
    for row in rows:
        if row["control"] is not None:
            heads.setdefault((row["layer"], row["head"]), []).append(row)
    means = [
        {
            "layer": layer,
            "head": head,
            "to premises": sum(row["weight"] for row in group) / len(group),
            "to other steps (control)": sum(row["control"] for row in group) / len(group),
            "pairs": len(group),
        }
        for (layer, head), group in heads.items()
    ]
    return sorted(means, key=lambda row: row["to other steps (control)"] - row["to premises"]), rows


def _roc(
    subject: _Subject, problems: list[Problem], options: Options
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """For each measure, the head or depth that goes furthest from its permuted scores towards 1; and every row."""
    from reasonlab.probes.graph_roc import roc_rows
    from reasonlab.probes.roles import gold_layout

    layouts = [gold_layout(problem, subject.form, subject.tokenizer) for problem in problems]
    rows = roc_rows(subject.model, layouts, seed=options.seed)
    known = [row for row in rows if row["low"] is not None]
    best: dict[tuple[str, str, str], dict[str, Any]] = {}
    for row in sorted(known, key=lambda row: (1 - row["low"]) / (1 - row["permuted"])):
        best.setdefault((row["measure"], row["role"], row["keys"]), row)
    return list(best.values()), rows


def _patching(
    subject: _Subject, problems: list[Problem], options: Options, advance: Any
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Places by their effect, averaged over problems; and every row."""
    from reasonlab.probes.counterparts import make_cases
    from reasonlab.probes.patching import average, patch_rows

    made = make_cases(
        problems, subject.tokenizer, variable=options.variable, form=subject.form, seed=options.seed
    ).cases[:HEATMAP_PROBLEMS]
    rows = patch_rows(subject.model, subject.tokenizer, made, heads=False, progress=advance)
    means = [row for row in average(rows) if row["role"]]
    return sorted(means, key=lambda row: -row["effect"]), rows


def _interchange(
    subject: _Subject, problems: list[Problem], options: Options, advance: Any
) -> tuple[dict[str, list[dict[str, Any]]], str]:
    from reasonlab.probes.interchange import SITE_ROLES
    from reasonlab.probes.locate import locate

    found = locate(
        subject.model,
        subject.tokenizer,
        problems,
        variable=options.variable,
        form=subject.form,
        roles=options.roles or SITE_ROLES,
        seed=options.seed,
        progress=advance,
    )
    # What is read at the end of free writing first; then the reads with the words held.
    report = sorted(found.report, key=lambda row: (row["mode"] != "free", row["read"] != "all", bool(row["trivial"])))
    return {"interchange": report, "interchange_screen": found.screen}, found.sentence()


def _alignment(
    subject: _Subject, problems: list[Problem], options: Options, advance: Any
) -> tuple[list[dict[str, Any]], dict[str, list[dict[str, Any]]], str]:
    """What is claimed of each variable, both tables, and the sentence."""
    from reasonlab.probes.alignment import CONTROLS, align
    from reasonlab.probes.interchange import SITE_ROLES

    found = align(
        subject.model,
        subject.tokenizer,
        problems,
        form=subject.form,
        roles=options.roles or SITE_ROLES,
        seed=options.seed,
        progress=advance,
    )
    columns = ("variable", "component", "layer", "role", "method", "accuracy", "low", "high", "total", "chance",
               *CONTROLS, "carries")  # fmt: skip
    claimed = [row for variable in found.cases for row in found.named(variable)]
    claimed.sort(key=lambda row: row["method"] != "full")
    shown = [{name: row[name] for name in columns} for row in claimed]
    return shown, {"alignment": found.rows, "alignment_screen": found.screen}, found.sentence()


def _circuit(subject: _Subject, problems: list[Problem], options: Options, advance: Any) -> FoundCircuit:
    from reasonlab.probes.find_circuit import find_circuit

    return find_circuit(
        subject.model,
        subject.tokenizer,
        problems,
        name=subject.name,
        variable=options.variable,
        form=subject.form,
        seed=options.seed,
        progress=advance,
    )


def _write_circuit(run: Run | None, out: Path | None, circuit: Circuit) -> list[str]:
    """The circuit as JSON, beside the tables."""
    from reasonlab.runs.atomic import write_text

    if out is None and run is None:
        return []
    place = out if out is not None else run.path / "probes"  # type: ignore[union-attr]  # one of them is there
    write_text(place / "circuit.json", circuit.to_json())
    return [str(out / "circuit.json") if out is not None else "probes/circuit.json"]


def _write(run: Run | None, out: Path | None, tables: dict[str, list[dict[str, Any]]]) -> list[str]:
    """The tables as Parquet: in a folder, or in the run; a model folder alone is left as it is."""
    from reasonlab.probes.tables import write_tables
    from reasonlab.runs.tables import write_table

    if out is None:
        return write_tables(run, tables) if run is not None else []
    names = []
    for name, rows in tables.items():
        if rows:
            path = out / f"{name}.parquet"
            write_table(path, rows)
            names.append(str(path))
    return names
