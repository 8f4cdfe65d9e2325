"""`reasonlab problems`: shown, as JSON, as JSONL; bad input in one line."""

from __future__ import annotations

import json

import pytest

from reasonlab.cli import main
from reasonlab.language.records import chain_from_record
from reasonlab.tasks import FAMILIES, parse_difficulty, problems

DIFFICULTY = "variables=4,modulus=23"


def expected(count: int, start: int = 0):
    return list(problems("arithmetic", parse_difficulty("arithmetic", DIFFICULTY), "train", 6, count, start=start))


def test_shows_prompt_graph_chain_and_answer(capsys):
    assert main(["problems", "--difficulty", DIFFICULTY, "--split", "train", "--seed", "6", "--count", "3"]) == 0
    shown = capsys.readouterr().out
    for problem in expected(3):
        assert problem.id in shown
        assert problem.prompt in shown
        assert f"answer {problem.answer}" in shown
        for step in problem.gold_text("plan").split(" ; "):
            assert step in shown
        for child in (name for name in problem.instance.needed if problem.scm().variables[name].parents):
            assert f"{child} <- {', '.join(problem.scm().variables[child].parents)}" in shown


def test_json_has_the_edges(capsys):
    options = ["--difficulty", DIFFICULTY, "--split", "train", "--seed", "6", "--count", "2", "--start", "5"]
    assert main(["problems", *options, "--form", "direct", "--json"]) == 0
    records = json.loads(capsys.readouterr().out)
    for record, problem in zip(records, expected(2, start=5), strict=True):
        assert record["id"] == problem.id
        assert record["text"] == problem.gold_text("direct")
        assert {tuple(edge) for edge in record["edges"]} == set(problem.scm().graph().edges)
        assert record["needed"] == list(problem.instance.needed)


@pytest.mark.parametrize(("name", "form"), [(name, form) for name in FAMILIES for form in FAMILIES[name].forms])
def test_writes_records_that_read_back(tmp_path, name, form):
    out = tmp_path / "problems.jsonl"
    assert main(["problems", "--family", name, "--form", form, "--count", "12", "--out", str(out)]) == 0
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    sampled = list(problems(name, parse_difficulty(name, ""), "test", 0, 12))
    assert [chain_from_record(line) for line in lines] == [p.chain(p.gold_text(form)) for p in sampled]
    assert [line["fingerprint"] for line in lines] == [p.fingerprint for p in sampled]
    assert [line["prompt"] for line in lines] == [p.prompt for p in sampled]
    assert {line["form"] for line in lines} == {form}
    assert [path.name for path in out.parent.iterdir()] == [out.name]


def test_a_failure_leaves_what_was_written_before(tmp_path, capsys):
    out = tmp_path / "problems.jsonl"
    out.write_text("kept\n")
    # There are only so many problems of two variables mod 2: the validation split has none.
    options = ["--difficulty", "variables=2,modulus=2,distractors=0", "--split", "validation"]
    assert main(["problems", *options, "--out", str(out)]) == 2
    assert out.read_text() == "kept\n"
    assert [path.name for path in tmp_path.iterdir()] == [out.name]
    assert "no validation problem" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--family", "poetry"], "there is no family 'poetry'"),
        (["--difficulty", "hops=3"], "arithmetic has no setting 'hops'"),
        (["--split", "dev"], "there is no split 'dev'"),
        (["--form", "haiku"], "there is no form 'haiku'"),
        (["--count", "0"], "--count 0"),
        (["--start", "-1"], "--start -1"),
        (["--count", "-5"], "--count -5"),
        (["--difficulty", "variables=3,modulus=10,variables=4"], "variables is given twice"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(capsys, options, message):
    assert main(["problems", *options]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert len(printed.err.splitlines()) == 1
    assert message in printed.err


def test_a_place_that_cannot_be_written_is_one_line(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert main(["problems", "--count", "1", "--out", str(tmp_path / "file" / "x.jsonl")]) == 2
    assert "cannot be written" in capsys.readouterr().err
