"""`reasonlab runs`: what it prints for people and for programs, and what it says of bad names and bad SQL."""

import json

import pytest

from reasonlab.cli import main
from reasonlab.runs import Run


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "runs"
    for name, proved in (("alpha", 0.25), ("beta", 0.75)):
        with Run.create(root, name, kind="train", config={"steps": len(name)}) as run:
            run.write_json("scores.json", {"proved": proved})
            run.log({"step": 1})
    (root / "zz-broken").mkdir()
    return root


def call(capsys, *args) -> tuple[int, str, str]:
    code = main(["runs", *map(str, args)])
    shown = capsys.readouterr()
    return code, shown.out, shown.err


def test_list(capsys, root):
    code, out, err = call(capsys, "list", "--root", root)
    assert (code, err) == (0, "")
    for text in ("-alpha", "-beta", "finished", "proved 0.25", "zz-broken", "unreadable", "run.json is missing"):
        assert text in out
    code, out, _ = call(capsys, "list", "--root", root, "--json")
    assert [item["status"] for item in json.loads(out)] == ["finished", "finished", "unreadable"]
    assert json.loads(out)[1]["scores"] == {"proved": 0.75}


def test_compare(capsys, root):
    code, out, _ = call(capsys, "compare", "alpha", "beta", "--root", root, "--json")
    lines = {(item["section"], item["key"]): item for item in json.loads(out)}
    assert code == 0
    assert lines["scores", "proved"] == {"section": "scores", "key": "proved", "a": 0.25, "b": 0.75, "delta": 0.5}
    assert (lines["config", "steps"]["a"], lines["config", "steps"]["b"]) == (5, 4)
    code, out, _ = call(capsys, "compare", next(root.glob("*-alpha")), "beta", "--root", root)
    assert code == 0
    assert "0.75" in out


def test_sql(capsys, root):
    code, out, err = call(capsys, "sql", "SELECT name, scores_proved FROM runs ORDER BY 2", "--root", root, "--json")
    assert code == 0
    assert json.loads(out)[:2] == [{"name": "alpha", "scores_proved": 0.25}, {"name": "beta", "scores_proved": 0.75}]
    assert err.startswith("left out: zz-broken/run.json is missing")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "args",
    [
        ("list", "--root", "nowhere"),
        ("compare", "alpha", "gamma"),
        ("compare", "alpha", ""),
        ("compare", "alpha", "zz-broken"),
        ("sql", "DROP TABLE runs"),
        ("sql", "SELECT * FROM read_text('/etc/passwd')"),
        ("sql", "SELECT bad FROM runs"),
        ("sql", "SELECT 1", "--seconds", "0"),
        ("sql", "SELECT 1", "--seconds", "nan"),
        ("sql", "SELECT 1", "--limit", "0"),
    ],
)
def test_bad_input_is_one_line_and_2(capsys, root, args):
    where = () if "--root" in args else ("--root", root)
    code, out, err = call(capsys, *args, *where)
    faults = [line for line in err.splitlines() if not line.startswith("left out: ")]
    assert (code, out, len(faults)) == (2, "", 1)
    assert faults[0].startswith("reasonlab runs: ")
    assert "; expected " in faults[0]


ENDLESS = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t)"


def test_a_query_without_an_end_is_stopped(capsys, root):
    code, out, err = call(capsys, "sql", f"{ENDLESS} SELECT count(*) FROM t", "--seconds", "0.2", "--root", root)
    assert (code, out) == (2, "")
    assert "the query took more than 0.2 s; expected one that ends" in err


@pytest.mark.parametrize("query", [f"{ENDLESS} SELECT n FROM t", "SELECT range + 1 AS n FROM range(1000000000000)"])
def test_the_first_rows_of_an_endless_answer_are_shown(capsys, root, query):
    code, out, err = call(capsys, "sql", query, "--limit", "3", "--root", root, "--json")
    assert code == 0
    assert [row["n"] for row in json.loads(out)] == [1, 2, 3]
    assert "there are more than 3 rows" in err


def test_an_answer_of_just_the_limit_is_whole(capsys, root):
    _, out, err = call(capsys, "sql", "SELECT range FROM range(3)", "--limit", "3", "--root", root, "--json")
    assert len(json.loads(out)) == 3
    assert "more than" not in err
