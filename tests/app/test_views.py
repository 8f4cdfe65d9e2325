"""What the pages show, without a page: which runs, which problem, which steps are lit, what an edit does."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor

import networkx as nx
import pytest

from reasonlab.app import cached
from reasonlab.app.cases import EXAMPLES, case_of, typed_case
from reasonlab.app.picker import literal
from reasonlab.app.shelf import choose, shelf, shipped_runs
from reasonlab.app.view_inside import attention_sentence, best_head, head_means, interchange_rows, patching_sentence
from reasonlab.app.view_problem import (
    comparison_sentence,
    edited_text,
    graph_option,
    graph_size,
    lines_to_text,
    pieces_of,
    shown_indices,
    step_stating,
    step_views,
    variables_lit,
    verify,
)
from reasonlab.app.view_runs import curve_option, run_rows, score_rows, size_option
from reasonlab.commands.app import Options, command
from reasonlab.language.errors import BadInput
from reasonlab.report import layered_layout
from reasonlab.tasks import Problem, make, parse_difficulty

CHAIN = "a = 3 ; b = a + a = 3 + 3 = 6 ; d = a * b = 3 * 6 = 8 ; answer 8"


@pytest.fixture
def case():
    return typed_case(EXAMPLES["arithmetic"][0])


def checked(case, text):
    return verify(case.record(text), tuple(case.graph.edges), tuple(case.graph))


def test_the_shelf_holds_shipped_runs_first_then_the_newest(root, tmp_path):
    data = tmp_path / "data"
    (data / "arithmetic").mkdir(parents=True)
    (data / "arithmetic" / "run.json").write_text("{}", encoding="utf-8")
    (data / "goldens").mkdir()
    entries = shelf(root, data)
    assert entries[0].id == "shipped/arithmetic"
    assert [entry.id for entry in entries[1:]] == sorted((entry.id for entry in entries[1:]), reverse=True)
    assert {"runs/empty", "runs/broken"} <= {entry.id for entry in entries}
    assert shipped_runs(tmp_path / "nothing") == []


@pytest.mark.parametrize("wanted", ["../../etc", "runs/../../etc", "/etc/passwd", "runs/", "", None])
def test_no_id_leads_out_of_the_shelf(root, tmp_path, wanted):
    entry = choose(shelf(root, tmp_path), wanted)
    assert entry.summary.path.parent == root
    assert entry.summary.problem is None  # what is asked for in vain gives the first sound run


def test_a_link_out_of_the_root_is_not_on_the_shelf(root, tmp_path):
    own = tmp_path / "runs"
    own.mkdir()
    target = next(root.glob("*-fixture"))
    os.symlink(target, own / "elsewhere")
    assert shelf(own, tmp_path / "nothing") == []


def test_a_broken_run_is_listed_with_its_line(root, tmp_path):
    rows = {row["run"]: row for row in run_rows(shelf(root, tmp_path))}
    assert "format 99" in rows["runs/broken"]["problem"]
    fixture = next(row for name, row in rows.items() if name.endswith("-fixture"))
    assert fixture["problem"] is None
    assert fixture["proved"].startswith("66.7% [")


def test_curves_and_intervals_are_plain_json(root, tmp_path):
    entry = next(e for e in shelf(root, tmp_path) if e.id.endswith("-fixture"))
    scores = entry.summary.scores
    option = size_option(scores, "variables")
    assert json.loads(json.dumps(option, allow_nan=False)) == option
    low, spread = option["series"][0]["data"], option["series"][1]["data"]
    for size, start, height in zip(option["xAxis"]["data"], low, spread):
        share = scores["held-out"]["by_size"].get(size, {}).get("proved")
        if share:
            assert (start, start + height) == pytest.approx((share["low"], share["high"]), abs=2e-4)
    assert {row["set"] for row in score_rows(scores, "variables")} == {"held-out", "larger"}
    lines = curve_option({"one": [{"step": 0, "loss": 2.0}, {"step": 5, "loss": None}]}, "loss", share=False)
    assert lines["series"][0]["data"] == [[0.0, 2.0]]
    assert curve_option({"one": [{"step": 0}]}, "loss", share=False) is None
    assert size_option({"held-out": "half-written"}, "variables") is None


def test_a_typed_problem_has_the_graph_of_its_givens(case):
    assert set(case.graph.edges) == {("a", "b"), ("a", "d"), ("b", "d")}
    assert (case.needed, case.reference) == (("d", "b", "a"), "8")
    rules = typed_case("every dax is a fep . ada is a dax . ben is a dax . ada is not a fep ?")
    assert (rules.needed, rules.reference) == (("fep(ada)", "dax(ada)"), "false")
    assert (
        checked(rules, "ada is a dax . every dax is a fep . ada is a fep . answer false")["report"]["outcome"]
        == "proved"
    )


@pytest.mark.parametrize("family", ["arithmetic", "deduction"])
def test_a_typed_problem_is_the_generated_one(family):
    for index in range(5):
        made = case_of(make(family, parse_difficulty(family, ""), "test", 0, index))
        typed = typed_case(made.prompt)
        assert nx.utils.graphs_equal(made.graph, typed.graph)
        assert (set(typed.needed), typed.needed[0], typed.reference) == (
            set(made.needed),
            made.needed[0],
            made.reference,
        )


@pytest.mark.parametrize("text", ["", "?", "a = 3", "; ?", "mod 1 ; a = 3 ; a ?", "ada is <b> ?", "x" * 30_000 + " ?"])
def test_a_typed_problem_that_cannot_be_read_is_one_line(text):
    with pytest.raises(BadInput) as caught:
        typed_case(text)
    assert "\n" not in str(caught.value)


def test_givens_that_define_nothing_give_no_graph_and_are_verified_all_the_same():
    loose = typed_case("mod 10 ; 2 * x = 6 ; x + y = 5 ; y ?")
    assert not loose.graph
    assert graph_option(loose)["series"][0]["data"] == []
    assert checked(loose, "answer 2")["comparison"] is None


def test_choosing_a_step_lights_what_it_rests_on(case):
    report = checked(case, CHAIN)["report"]
    views = step_views(report, 2)
    assert [view.role for view in views] == ["premise", "premise", "chosen"]
    assert variables_lit(case, CHAIN, report, 2) == ("d", {"a", "b", "d"})
    assert step_stating(case, CHAIN, "b") == 1
    assert [view.role for view in step_views(report, None)] == ["", "", ""]


def test_a_rewritten_step_is_refuted_and_what_follows_inherits_it(case):
    text = edited_text(CHAIN, ";", {1: "b = a + a = 3 + 3 = 7 ; answer 0"})
    report = checked(case, text)["report"]
    assert report["steps"][1]["status"] == "unparsed"  # a mark inside an edit makes no second step
    text = edited_text(CHAIN, ";", {1: "b = a + a = 3 + 3 = 7"})
    views = step_views(checked(case, text)["report"], None)
    assert [view.status for view in views][:2] == ["entailed", "refuted"]
    assert "fresh" in views[1].note


def test_an_edit_to_nothing_takes_the_step_out_and_keeps_the_numbers():
    edits = {0: " ; "}
    assert edited_text(CHAIN, ";", edits).startswith("b = a")
    assert shown_indices(CHAIN, ";", edits) == [1, 2]
    assert pieces_of(CHAIN, ";")[1] == "answer 8"
    assert lines_to_text("a = 3 ;\n\n b = 4\nanswer 8", ";") == "a = 3 ; b = 4 ; answer 8"


def test_what_a_chain_leaves_out_is_said(case):
    found = checked(case, "d = a * b = 3 * 6 = 8 ; answer 8")["comparison"]
    assert comparison_sentence(found) != comparison_sentence(checked(case, CHAIN)["comparison"])
    assert "nothing missing" in comparison_sentence(checked(case, CHAIN)["comparison"])


def test_the_graph_marks_queried_needed_and_irrelevant():
    made = typed_case("mod 10 ; a = 3 ; b = a + a ; c = 5 ; b ?")
    labels = {node["name"]: node["label"] for node in graph_option(made, "b", {"a"})["series"][0]["data"]}
    assert len({labels[name]["backgroundColor"] for name in "abc"}) == 3
    assert labels["c"]["borderType"] == "dashed"
    assert labels["a"]["borderColor"] == labels["b"]["borderColor"] != labels["c"]["borderColor"]
    assert labels["b"]["formatter"] == "b = 6"
    assert all(size > 0 for size in graph_size(made))


def test_no_two_variables_of_a_layout_lie_on_each_other():
    for family in ("arithmetic", "deduction"):
        for index in range(10):
            made = case_of(make(family, parse_difficulty(family, ""), "test", 0, index))
            layout = layered_layout(made.graph, made.needed)
            assert len(set(layout.places.values())) == len(made.graph)
            assert all(layout.places[a][0] < layout.places[b][0] for a, b in made.graph.edges)


def test_text_for_a_line_of_trouble_loses_its_markup():
    assert literal("<b>*x*</b> :red[y] $z$\n`q`") == r"\<b\>\*x\*\<\/b\> \:red\[y\] \$z\$ \`q\`"


def test_a_head_is_held_against_its_control():
    rows = [
        {"layer": 0, "head": head, "weight": weight, "control": control}
        for head, weight, control in ((0, 0.2, 0.2), (1, 0.8, 0.1), (1, 0.6, 0.3), (0, 0.9, None))
    ]
    means = head_means(rows)
    assert best_head(means) == (0, 1)
    assert "70%" in attention_sentence(means, 0, 1)
    assert "no control" in attention_sentence(means, 3, 3)
    assert best_head([]) == (0, 0)


def test_patching_is_told_beside_its_control():
    row = {"layer": 1, "position": 7, "token": "8", "role": "value", "effect": 0.9, "control": 0.2}
    told = patching_sentence([row, {**row, "position": 2, "effect": 0.95, "control": 0.9}, {**row, "effect": None}])
    assert "word 7" in told
    assert "0.90" in told
    assert "0.20" in told
    assert "no difference" in patching_sentence([{**row, "effect": None}])
    assert interchange_rows([{"mode": "free", "accuracy": 0.5, "uninformative": 3}]) == [
        {"mode": "free", "accuracy": 0.5}
    ]


def test_the_server_is_bound_to_this_machine_and_sends_nothing_home():
    words = command(Options(port=8123))
    assert "--server.address=localhost" in words
    assert "--browser.gatherUsageStats=false" in words
    assert any(word.endswith("main.py") for word in words)


def test_sessions_at_once_do_not_patch_each_other(root, tmp_path):
    entry = next(e for e in shelf(root, tmp_path) if e.id.endswith("-fixture"))
    asked = [make("arithmetic", parse_difficulty("arithmetic", "variables=5-6"), "test", 0, i) for i in range(4)]

    def patched(name: str, problem: Problem) -> list[dict]:
        return cached.patching_of(f"{name} {problem.id}", entry, problem, "asked", "plan")

    alone = [patched("alone", problem) for problem in asked]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda problem: patched("together", problem), asked))
    assert together == alone
    assert len(alone[0]) > 20
