"""`reasonlab problems`: sample problems; show them with causal graph and gold chain, or write them as JSONL."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any

import tyro

from reasonlab.commands.outfile import check_outfile, outfile
from reasonlab.commands.output import emit_json, emit_json_list, progress
from reasonlab.language.errors import BadInput
from reasonlab.runs.plain import dumps
from reasonlab.tasks import FAMILIES, Problem, describe, family, parse_difficulty, problems


def _settings(kind: Any) -> str:
    """Every setting of a family with its default."""
    given = describe(kind()).split(",")
    named = {text.partition("=")[0] for text in given}
    return ", ".join([*given, *(f"{field.name} (a range; free)" for field in fields(kind) if field.name not in named)])


SETTINGS = (
    "Settings as name=value,name=value, such as variables=3-6,modulus=10; what is left out keeps its default. "
    + "; ".join(f"{name} has {_settings(each.difficulty)}" for name, each in FAMILIES.items())
    + "."
)


@dataclass(frozen=True)
class Options:
    """Sample problems: a pure function of family, difficulty, split, seed and index, the same on every machine."""

    family: str = "arithmetic"
    """arithmetic, deduction, or an installed one (docs/extend.md)."""
    difficulty: Annotated[str, tyro.conf.arg(help=SETTINGS)] = ""
    split: str = "test"
    """train, validation or test; no problem is in two of them."""
    seed: int = 0
    """Another seed gives other problems."""
    count: int = 5
    """How many problems."""
    start: int = 0
    """The index of the first one."""
    form: str = "plan"
    """The form of the gold chain: plan (restate backwards what is needed, then compute), needs (the same plan as claims
    of what depends on what), direct (depth first), or in arithmetic expand (plan, in the order of first mention)."""
    out: Path | None = None
    """Write JSONL to this file, a record a line as `reasonlab verify` reads it; it takes its place when all is done."""
    json: bool = False
    """Print one JSON document."""


def run(options: Options) -> int:
    """Show the problems, or write them."""
    if options.count < 1 or options.start < 0:
        raise BadInput(
            f"--count {options.count} --start {options.start}",
            "a count of at least 1 and a start of at least 0",
            "change it",
        )
    difficulty = parse_difficulty(options.family, options.difficulty)
    forms = family(options.family).forms
    if options.form not in forms:
        raise BadInput(f"there is no form {options.form!r}", f"one of {', '.join(forms)}", "choose one of these")
    if options.out is not None:
        check_outfile(options.out)
    sampled = problems(options.family, difficulty, options.split, options.seed, options.count, start=options.start)
    if options.out is not None:
        _write(options.out, sampled, options)
    elif options.json:
        emit_json_list({**record(p, options.form), "needed": p.instance.needed, "edges": _edges(p)} for p in sampled)
    else:
        _show(sampled, options.form)
    return 0


def record(problem: Problem, form: str) -> dict[str, Any]:
    """The problem with its gold chain: what `reasonlab verify` reads, and what it came from."""
    extra = {"prompt": problem.prompt, "form": form, "fingerprint": problem.fingerprint}
    return problem.record(problem.gold_text(form)) | extra


def _edges(problem: Problem) -> list[tuple[str, str]]:
    return list(problem.scm().graph().edges)


def _write(path: Path, sampled: Iterator[Problem], options: Options) -> None:
    with outfile(path) as file, progress("problems", options.count) as bar:
        for problem in sampled:
            file.write(dumps(record(problem, options.form)) + "\n")
            bar.advance()
    if options.json:
        emit_json({"problems": options.count, "out": path})
    else:
        print(f"{options.count} problems in {path}")


def _show(sampled: Iterator[Problem], form: str) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=sys.stdout)
    for problem in sampled:
        instance = problem.instance
        heading = f"{instance.size} {family(problem.family).size_name}, {instance.operations} operations needed"
        steps = problem.gold_text(form).split(f" {instance.surface.mark} ")
        rows = {
            "prompt": Text(problem.prompt),
            form: Text("\n".join(steps)),
            "causes": _causes(problem),
            "answer": Text(problem.answer),
        }
        console.print(Text.assemble((problem.id, "bold"), f"  {heading}"), soft_wrap=True)
        if console.is_terminal:
            table = Table.grid(padding=(0, 2))
            for label, text in rows.items():
                table.add_row(Text(f"  {label}"), text)
            console.print(table)
        else:  # piped, a line is as long as it needs to be: another program may read it
            for label, text in rows.items():
                print(f"  {label:<8}" + "\n          ".join(text.plain.splitlines()))
        console.print()


def _causes(problem: Problem) -> Any:
    """The causal graph, a line per effect; what the query needs is in bold and comes first."""
    from rich.text import Text

    graph = problem.scm().graph()
    needed = [name for name in problem.instance.needed if name in graph]
    shown = Text()
    for name in [*needed, *(name for name in graph if name not in needed)]:
        parents = ", ".join(graph.predecessors(name))
        if parents:
            line = f"{name} <- {parents}"
            shown.append(line if name in needed else f"{line}  (not needed)", "bold" if name in needed else "dim")
            shown.append("\n")
    shown.rstrip()
    return shown
