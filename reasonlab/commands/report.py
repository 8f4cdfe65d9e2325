"""`reasonlab report`: one HTML file about a run that opens offline."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from reasonlab.commands.outfile import check_outfile, outfile
from reasonlab.commands.output import emit_json
from reasonlab.commands.runs import find_run
from reasonlab.runs import Run, default_root


@dataclass(frozen=True)
class Options:
    """Write the report of a run: scores, curves, chains with verdicts, the causal graph, how to run it again."""

    run: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="RUN")]
    """A run's name or folder; "arithmetic" and "deduction" are the shipped models."""
    out: Path | None = None
    """Where to write it; by default report.html in the run's folder."""
    open: bool = False
    """Show it in the web browser."""
    root: Path = field(default_factory=default_root)
    """Folder of the runs; $REASONLAB_RUNS changes the default."""
    json: bool = False
    """Print one JSON document."""


def run(options: Options) -> int:
    """Write the report and say where it is."""
    from reasonlab.commands.model import DATA
    from reasonlab.report import read_contents, render_report, write_report

    if options.out is not None:
        check_outfile(options.out)
    shipped = DATA / options.run
    place = Run.open(shipped) if (shipped / "run.json").is_file() else find_run(options.run, options.root)
    if options.out is None:
        path = write_report(place)
    else:
        path, page = options.out, render_report(read_contents(place))
        with outfile(path) as file:
            file.write(page)
    if options.json:
        emit_json({"run": place.path.name, "report": path})
    else:
        print(f"report: {path}")
    if options.open:
        import webbrowser

        webbrowser.open(path.resolve().as_uri())
    return 0
