"""What the solver was asked: each question in a file of its own that any solver can check, and checked by a second."""

from __future__ import annotations

import json

import pytest
import z3

from reasonlab.gate import crosscheck
from reasonlab.gate.questions import Asking, Question, folder_name
from reasonlab.language.records import chain_from_record
from reasonlab.verifiers import verify_chain


def asked(record):
    log = Asking(keep=True).log()
    with log.of(chain_from_record(record)) as chain:
        report = verify_chain(chain)
    return report, log.asked


def test_questions_are_named_by_what_they_are_about(solved):
    for record in solved:
        report, questions = asked(record)
        names = [question.name for question in questions]
        assert len(set(names)) == len(names)
        about = [name.rpartition("-")[0] for name in names]
        assert about == sorted(about, key=lambda name: (name != "givens", name))  # the givens, then step by step
        for what in about:
            counts = [int(name.rpartition("-")[2]) for name in names if name.startswith(f"{what}-")]
            assert counts == list(range(1, len(counts) + 1))
            steps = range(len(report.verdicts))
            assert what in ("givens", "answer", *(f"step-{index}" for index in steps))


def test_to_be_listened_to_changes_nothing(solved):
    for record in solved:
        report, questions = asked(record)
        assert report == verify_chain(chain_from_record(record))
        assert questions


def test_a_question_is_a_script_that_states_its_answer(solved):
    for record in solved:
        for question in asked(record)[1]:
            assert f"(set-info :status {question.status})" in question.text
            assert question.text.count("(check-sat)") == 1
            again = z3.Solver()
            again.from_string(question.text)
            assert str(again.check()) == question.status


def test_a_file_a_question(tmp_path, chains, solved, verify):
    folder = tmp_path / "questions"
    assert verify(chains(*solved), "--smt-dir", folder) == 0
    for number, record in enumerate(solved):
        written = {path.name: path.read_text() for path in (folder / f"000000{number + 1}-c{number}").iterdir()}
        assert written == {f"{question.name}.smt2": question.text for question in asked(record)[1]}


def test_a_folder_that_holds_something_is_refused(tmp_path, chains, solved, verify, capsys):
    """Questions of an earlier run beside those of this one would be taken for its own."""
    folder, path = tmp_path / "questions", chains(*solved)
    words = ("--smt-dir", folder, "--out", tmp_path / "out")
    assert verify(path, *words) == 0
    before = sorted(folder.rglob("*"))
    assert verify(path, "--smt-dir", folder) == 2
    (line,) = capsys.readouterr().err.splitlines()[-1:]
    assert "holds something already; expected a new or an empty folder, or --resume" in line
    assert verify(path, *words, "--resume") == 0
    assert sorted(folder.rglob("*")) == before


def test_any_number_of_jobs_writes_the_same_files(tmp_path, chains, solved, verify):
    path, found = chains(*solved, *solved), []
    for jobs in ("1", "2"):
        folder = tmp_path / jobs
        assert verify(path, "--smt-dir", folder, "--jobs", jobs) == 0
        found.append({file.relative_to(folder): file.read_bytes() for file in folder.rglob("*.smt2")})
    assert found[0] == found[1]


def test_a_chain_without_a_question_leaves_nothing(tmp_path, chains, samples, verify):
    assert verify(chains(samples["proved"]), "--smt-dir", tmp_path / "questions") == 0
    assert list((tmp_path / "questions").iterdir()) == []


@pytest.mark.parametrize("id", ["../../evil", "a/b", "", "x" * 500, "ä", "a b", ".", "..", "\ud800", "con:1"])
def test_any_id_makes_a_name_of_a_folder(id):
    name = folder_name(11, id)
    assert name.startswith("0000012-")
    assert len(name) < 120
    assert name.isascii()
    assert "/" not in name


def test_ids_that_look_alike_make_two_names():
    assert len({folder_name(0, id) for id in ("a/b", "a_b", "a b", "x" * 100, "x" * 101)}) == 5


cvc5 = pytest.importorskip("cvc5", reason="cvc5 (extra crosscheck) is not installed")


def test_a_second_solver_agrees(chains, solved, verify, capsys):
    assert verify(chains(*solved), "--cross-check", "--json") == 0
    summary = json.loads(capsys.readouterr().out)["cross_check"]
    assert summary["questions"] > len(solved)
    assert (summary["undecided"], summary["disagreements"]) == (0, 0)


@pytest.mark.parametrize(
    ("script", "answer"),
    [
        ("(set-info :status sat)(assert false)(check-sat)", "unsat"),  # whatever the status says
        ("(set-info :status unsat)(declare-fun p () Bool)(assert p)(check-sat)", "sat"),
        ("(declare-fun x () Int)(assert (= (* x x x) 7))(check-sat)", "unsat"),
        ("(assert (nonsense", "unknown"),
        ("(assert (= x 3))(check-sat)", "unknown"),
        ("", "unknown"),
    ],
)
def test_what_cvc5_says(script, answer):
    assert crosscheck.answer(f"(set-logic ALL)\n{script}") == answer


def test_a_hard_question_ends_by_a_count(monkeypatch):
    names = "".join(f"(declare-fun {name} () Int)" for name in "xyz")
    cubes = "(assert (= (+ (* x x x) (* y y y) (* z z z)) 114))"  # nobody knows
    monkeypatch.setattr(crosscheck, "LIMIT", 5_000)
    assert crosscheck.answer(f"(set-logic ALL){names}{cubes}(check-sat)") == "unknown"


def test_a_disagreement_is_named_and_is_4(tmp_path, chains, solved, verify, capsys, monkeypatch):
    turned = {"sat": "unsat", "unsat": "sat", "unknown": "unknown"}
    honest = crosscheck.answer
    monkeypatch.setattr(crosscheck, "answer", lambda text: turned[honest(text)] if "p_s_0" in text else honest(text))
    assert verify(chains(*solved), "--cross-check", "--fail-under", "0") == 4
    printed = capsys.readouterr()
    lines = [line for line in printed.err.splitlines() if line.startswith("solvers disagree: c0, ")]
    assert lines
    assert all("Z3 says" in line and "cvc5" in line for line in lines)
    assert f"{len(lines)} disagreements" in printed.out
    assert "not judged" in printed.out


def test_not_to_know_is_no_disagreement():
    for status in ("sat", "unsat", "unknown"):
        assert not Question("q", "", status, "unknown").disagrees
        assert not Question("q", "", status, status).disagrees
        assert not Question("q", "", status).disagrees
    assert Question("q", "", "sat", "unsat").disagrees


def test_a_missing_second_solver_is_one_line(chains, samples, verify, capsys, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "cvc5", None)
    assert verify(chains(samples["proved"]), "--cross-check") == 2
    assert "the extra 'crosscheck'" in capsys.readouterr().err
