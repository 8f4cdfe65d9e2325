"""The report holds its parts, opens offline, escapes what models and files brought, and says what is missing."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from reasonlab.cli import main
from reasonlab.language.errors import BadInput
from reasonlab.report import graph_svg, read_contents, render_report, solved_and_failed, variable_of, write_report
from reasonlab.runs import Run
from reasonlab.tasks import make, parse_difficulty

VOID = {"meta", "br", "img", "input", "link", "hr"}


class Tags(HTMLParser):
    """Every tag with its attributes, and whether they close in the order in which they opened."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def tags_of(page: str) -> Tags:
    parser = Tags()
    parser.feed(page)
    parser.close()
    assert parser.open == []
    return parser


@pytest.fixture(scope="session")
def maker(load_by_path):
    """The builder of the fixture run."""
    return load_by_path(Path(__file__).parent.parent / "app" / "conftest.py")


@pytest.fixture(scope="session")
def run(maker, tmp_path_factory) -> Run:
    return maker.make_run(tmp_path_factory.mktemp("report") / "runs")


@pytest.fixture(scope="session")
def page(run) -> str:
    return render_report(read_contents(run))


PARTS = """What was asked|held-out|larger|by size|Loss on the chain|Verified accuracy|Proved|Not proved|refuted|rests on
queried|follows do()|random position|untrained model|Control: the same|How to run it again|reasonlab train|Versions"""


def test_every_part_is_there(page):
    text = tags_of(page).text
    for part in PARTS.replace("\n", "|").split("|"):
        assert part in text, part
    assert "Missing" not in text
    assert re.search(r"66\.7% \[\d\d\.\d%, \d\d\.\d%\]", text)


def test_it_opens_offline_and_runs_nothing(page):
    tags = tags_of(page).seen
    assert {"script", "link", "img", "iframe", "object", "embed"}.isdisjoint(tag for tag, _ in tags)
    for _, attributes in tags:
        assert not [name for name in attributes if name.startswith("on")]
        assert not str(attributes.get("href", "#")).startswith(("http", "//", "javascript"))
    assert "@import" not in page
    assert not re.search(r"url\((?!#)", page)


def test_hostile_text_is_escaped_wherever_it_comes_from(maker, tmp_path):
    hostile = "</code><script>alert(1)</script>"
    run = maker.make_run(tmp_path, name="h")
    rows = run.read_table("chains/held-out.parquet")
    for row in rows:
        row |= {"prompt": hostile, "verdicts": row["verdicts"].replace("entailed", hostile), "outcome": hostile}
    run.write_table("chains/held-out.parquet", rows)
    scores = run.scores()
    scores[hostile] = scores.pop("held-out") | {"asked": {"family": hostile, "difficulty": {hostile: hostile}}}
    run.write_json("scores.json", scores)
    run.write_table("probes/interchange.parquet", [row | {"role": hostile} for row in maker.interchange_rows("free")])
    run.write_table("probes/interchange_screen.parquet", [row | {"role": hostile + str(i)} for i, row in
                                                          enumerate(maker.interchange_rows("held"))])  # fmt: skip
    run.update(name=hostile, command=hostile, facts={"located": hostile}, config={hostile: hostile})
    page = render_report(read_contents(run))
    assert "script" not in {tag for tag, _ in tags_of(page).seen}
    assert hostile in tags_of(page).text


def test_a_solved_and_a_failed_chain_are_chosen(run):
    solved, failed = solved_and_failed(read_contents(run))
    assert solved is not None
    assert failed is not None
    assert solved[1]["outcome"] == "proved"
    assert failed[1]["first_error"] is not None


def test_an_empty_run_says_what_is_missing(tmp_path):
    run = Run.create(tmp_path, "empty", kind="train", family="arithmetic")
    text = tags_of(render_report(read_contents(run))).text
    assert text.count("Missing") >= 5


def test_a_half_written_run_is_reported_with_its_faults(tmp_path):
    run = Run.create(tmp_path, "half", kind="train", family="arithmetic")
    run.log({"step": 0, "loss": 2.0})
    (run.path / "scores.json").write_text('{"held-out":', encoding="utf-8")
    (run.path / "chains").mkdir()
    (run.path / "chains" / "held-out.parquet").write_bytes(b"PAR1")
    contents = read_contents(run)
    assert len(contents.problems) == 2
    text = tags_of(render_report(contents)).text
    assert all(problem in text for problem in contents.problems)


@pytest.mark.parametrize(
    "probes", [[{"mode": "free"}], [{"read": "all", "mode": "free", "trivial": "", "accuracy": "x"}]]
)
def test_probes_of_another_shape_are_said_to_be_so(tmp_path, probes):
    run = Run.create(tmp_path, "odd", kind="train", family="arithmetic")
    run.write_table("probes/interchange.parquet", probes)
    assert "as this version reads it" in render_report(read_contents(run))


def test_no_path_of_this_machine_is_in_it(page, run):
    assert str(run.path.parent) not in page
    assert str(Path.home()) + "/" not in page


def test_the_graph_is_drawn_with_one_mark_for_each_kind():
    problem = make("arithmetic", parse_difficulty("arithmetic", "variables=6-6,distractors=1"), "test", 0, 0)
    needed = problem.instance.needed
    drawn = graph_svg(problem.scm().graph(), needed[0], needed, problem.scm().evaluate())
    assert drawn.count('class="node asked"') == 1
    assert drawn.count('class="node needed"') == len(needed) - 1
    assert drawn.count('class="node quiet"') == 6 - len(needed)
    assert drawn.count('<path class="edge') == problem.scm().graph().number_of_edges()


def test_a_step_is_about_the_variable_it_states():
    problem = make("deduction", parse_difficulty("deduction", ""), "test", 0, 0)
    chain = problem.chain(problem.gold_text("direct"))
    graph = problem.scm().graph()
    assert variable_of(chain.steps[-1].claim) == problem.instance.needed[0]
    assert all(variable_of(step.claim) in graph for step in chain.steps if variable_of(step.claim))


def test_the_command_writes_where_it_is_told(run, tmp_path, capsys):
    assert main(["report", run.path.name, "--root", str(run.path.parent)]) == 0
    assert (run.path / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert main(["report", str(run.path), "--out", str(tmp_path / "r.html"), "--json"]) == 0
    assert (tmp_path / "r.html").is_file()
    capsys.readouterr()
    assert main(["report", str(run.path), "--out", str(tmp_path / "no" / "r.html")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_broken_run_is_one_line_and_exit_code_2(tmp_path, capsys):
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "run.json").write_text("{", encoding="utf-8")
    assert main(["report", str(tmp_path / "broken")]) == 2
    assert main(["report", "nothing", "--root", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 2
    with pytest.raises(BadInput):
        write_report(Run(tmp_path / "broken"))
