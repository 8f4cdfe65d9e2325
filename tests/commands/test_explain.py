"""`reasonlab explain`: one step, in words: what it rests on, the whole way to it, or what speaks against it."""

from __future__ import annotations

import json

import pytest

from reasonlab.cli import main
from reasonlab.gate.explain import explain, render
from reasonlab.language.records import chain_from_record
from reasonlab.verifiers import verify_chain
from reasonlab.verifiers.verdicts import ANSWER_STATUSES, STATUSES

RECORDS = [
    {
        "id": "sums",
        "givens": ["a = 3", "b = a + a", "c = b + a", "d = 2"],
        "modulus": 10,
        "query": {"value": "c"},
        "text": "b = a + a = 6 ; c = b + a = 6 + 3 = 8 ; d = c ; c = b + a = 9 ; b is six ; answer 8",
    },
    {"id": "logic", "givens": ["p | q", "q -> r"], "query": {"truth": "r"}, "text": "q ; r ; answer true"},
    {
        "id": "kinds",
        "surface": "english",
        "givens": ["every wumpus is a dax", "alex is a wumpus", "every dax is red"],
        "query": {"truth": "alex is red"},
        "text": "alex is a dax. alex is red. answer true",
    },
    {"id": "prose", "answer": "3", "reference": "4"},
    {"id": "bare", "givens": ["a = 3"], "steps": ["a = 3"]},
]


@pytest.fixture
def said(tmp_path, capsys):
    """What `explain` prints, line by line."""
    path = tmp_path / "chains.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in [*RECORDS, {"id": "broken", "text": 3}]))

    def run(*options):
        assert main(["explain", str(path), *options]) == 0
        return capsys.readouterr().out.splitlines()

    run.path = str(path)
    return run


def test_an_entailed_step_names_its_premises_and_the_whole_way(said):
    lines = said("--step", "3")
    assert lines[0] == "sums, step 3: c = b + a = 9"
    assert "entailed: it follows from the givens; in one inference" in lines
    way = lines[lines.index("the whole way:") + 1 : -1]
    assert way == [
        "  g0: a = 3  (given)",
        "  g1: b = a + a  (given)",
        "  g2: c = b + a  (given)",
        "  s0: b = a + a = 6  (from g0, g1)",
    ]
    assert lines[-1] == "the chain is wrong"


def test_a_refuted_step_names_the_right_value(said):
    lines = said("--step", "1")
    assert "refuted: it contradicts the givens" in lines
    assert "instead: c = 9" in lines
    assert any(line.startswith("reason: ") and "9" in line for line in lines)


def test_without_a_step_it_is_the_first_that_fails_or_else_the_answer(said):
    assert said()[0].startswith("sums, step 1: ")
    assert said("--id", "kinds")[0] == "kinds, the answer: true"
    assert said("--answer")[0] == "sums, the answer: 8"


def test_an_unsupported_step_has_a_model_in_which_it_fails(said):
    lines = said("--id", "logic", "--step", "0")
    assert "unsupported: it does not follow from the givens, nor contradict them" in lines
    (model,) = [line for line in lines if line.startswith("it fails where: ")]
    assert "~q" in model


def test_an_inherited_fault_names_the_steps_it_comes_from(said):
    lines = said("--id", "logic", "--step", "1")
    at = lines.index("it would hold if these earlier steps did:")
    assert lines[at + 1] == "  s0: q  (unsupported)"


def test_a_step_that_was_not_understood_says_why(said):
    lines = said("--step", "4")
    assert any(line.startswith("unparsed: it was not understood") for line in lines)


def test_an_answer_without_a_formal_reading(said):
    lines = said("--id", "prose", "--answer")
    assert "differs: it is not the reference" in lines


def test_json_holds_the_same(said):
    explained = json.loads("\n".join(said("--id", "kinds", "--step", "1", "--json")))
    assert (explained["outcome"], explained["status"], explained["leap"]) == ("proved", "entailed", 1)
    assert [ground["id"] for ground in explained["way"]] == ["g0", "g1", "g2", "s0"]


def test_every_status_has_its_words():
    from reasonlab.gate.explain import _MEANING

    assert set(_MEANING) == {*STATUSES, *ANSWER_STATUSES}


def test_everything_that_can_be_explained_is():
    for record in RECORDS:
        chain = chain_from_record(record)
        report = verify_chain(chain)
        for step in [None, *range(len(report.verdicts))]:
            explanation = explain(chain, report, step)
            assert render(explanation)
            ids = [ground.id for ground in explanation.way]
            assert {premise for ground in explanation.way for premise in ground.of} <= set(ids)
            assert ids == sorted(ids)  # nothing comes before what it rests on


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--step", "9"], "'sums' has no step 9; expected 0 to 4"),
        (["--step", "-1"], "has no step -1"),
        (["--id", "nobody"], "there is no chain 'nobody' in"),
        (["--id", "broken"], "'broken' is no chain: 'text' is 3; expected a string"),
        (["--id", "bare"], "'bare' has no answer, and no step of it fails"),
        (["--id", "prose", "--step", "0"], "expected a chain that has steps"),
        (["--step", "0", "--answer"], "--answer and --step are both given"),
        (["--format", "csv"], "there is no format 'csv'"),
    ],
)
def test_bad_input_is_one_line_and_code_2(said, capsys, options, says):
    assert main(["explain", said.path, *options]) == 2
    printed = capsys.readouterr()
    lines = [line for line in printed.err.splitlines() if "read as" not in line]
    assert len(lines) == 1
    assert says in lines[0]
    assert printed.out == ""


def test_a_file_without_a_chain_is_one_line(tmp_path, capsys):
    path = tmp_path / "chains.jsonl"
    for content, says in (("", "there is no chain in"), ("nonsense\n", "is no chain: not JSON")):
        path.write_text(content)
        assert main(["explain", str(path)]) == 2
        assert says in capsys.readouterr().err
    assert main(["explain", str(tmp_path / "none")]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_the_place_tells_two_records_of_one_id_apart(tmp_path, capsys):
    path = tmp_path / "chains.jsonl"
    path.write_text("".join(json.dumps({"id": "twin", "steps": [text]}) + "\n" for text in ("1 + 1 = 2", "2 + 2 = 4")))
    for chosen, says in (("twin", "1 + 1 = 2"), ("chains:2", "2 + 2 = 4"), (f"{path}:2", "2 + 2 = 4")):
        assert main(["explain", str(path), "--id", chosen, "--step", "0"]) == 0
        assert capsys.readouterr().out.startswith(f"twin, step 0: {says}")
