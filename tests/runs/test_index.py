"""Many runs as tables: broken ones are named and skipped, and a query can reach nothing else."""

import json
import os
import subprocess
import sys

import duckdb
import pyarrow
import pytest

from reasonlab.language.errors import BadInput
from reasonlab.runs import Index, Run, compare, list_runs, query


@pytest.fixture
def root(tmp_path):
    """Two good runs, and beside them every kind of broken folder."""
    root = tmp_path / "runs"
    for number, (layers, proved) in enumerate([(2, 0.5), (3, 1)]):
        run = Run.create(
            root, f"good {number}", kind="train", family="arithmetic", config={"model": {"layers": layers}}
        )
        with run:
            for step in range(3):
                run.log({"step": step, "loss": 1 / (step + 1), "eval": {"proved": step}})
            run.write_json("scores.json", {"test": {"proved": {"value": proved, "low": proved / 2}}})
            rows = [{"problem": "p1", "outcome": "proved", "verdicts": [{"step": 0}], "answer": 3}]
            run.write_table("chains/test.parquet", rows)
            run.write_table("chains/empty.parquet", [])
    (root / "zz half").mkdir()
    (root / "zz half" / "run.json").write_text('{"format": 1, "id"')
    (root / "zz nothing").mkdir()
    (root / "zz folder as record" / "run.json").mkdir(parents=True)
    (root / ".hidden").mkdir()
    (root / "a file").write_text("")
    return root


def good(root):
    return [Run.open(item.path) for item in list_runs(root) if item.problem is None]


def test_listing_names_the_broken_and_keeps_the_good(root):
    found = {item.run: item for item in list_runs(root)}
    assert len(found) == 5
    whole = [item for item in found.values() if item.problem is None]
    assert [(item.name, item.status) for item in whole] == [("good 0", "finished"), ("good 1", "finished")]
    broken = [found[name] for name in ("zz half", "zz nothing", "zz folder as record")]
    assert all(item.status == "unreadable" and item.problem.count("\n") == 0 for item in broken)
    assert "not JSON" in found["zz half"].problem
    assert "missing" in found["zz nothing"].problem


def test_a_root_that_is_not_there_has_no_runs_and_a_file_is_refused(tmp_path):
    assert list_runs(tmp_path / "none") == []
    assert query(tmp_path / "none", "SELECT * FROM runs") == []
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="cannot be listed"):
        list_runs(tmp_path / "file")


def test_broken_scores_leave_the_rest_of_the_summary(root):
    run = good(root)[0]
    (run.path / "scores.json").write_text('{"a": ')
    item = next(item for item in list_runs(root) if item.run == run.path.name)
    assert item.status == "finished"
    assert item.scores == {}
    assert "scores.json" in item.problem


def test_the_four_tables(root):
    one, two = good(root)
    runs = query(
        root, "SELECT run, config_model_layers AS layers, scores_test_proved_value AS proved FROM runs ORDER BY run"
    )
    assert runs[:2] == [
        {"run": one.path.name, "layers": 2, "proved": 0.5},
        {"run": two.path.name, "layers": 3, "proved": 1.0},
    ]
    assert query(root, "SELECT count(*) AS n, max(eval_proved) AS top FROM metrics") == [{"n": 6, "top": 2}]
    chains = query(root, "SELECT run, source, outcome, verdicts FROM chains ORDER BY run")
    assert [row["run"] for row in chains] == [one.path.name, two.path.name]
    assert (chains[0]["source"], json.loads(chains[0]["verdicts"])) == ("test", [{"step": 0}])
    assert query(root, "SELECT * FROM probes") == []
    assert query(root, "SELECT count(*) AS n FROM runs WHERE problem IS NOT NULL") == [{"n": 3}]


def test_what_cannot_be_read_is_skipped_and_named(root):
    one, two = good(root)
    (one.path / "chains" / "torn.parquet").write_bytes((one.path / "chains" / "test.parquet").read_bytes()[:-9])
    (one.path / "chains" / "folder.parquet").mkdir()
    with open(two.path / "metrics.jsonl", "a") as file:
        file.write('{"step": 3, ')
    (one.path / "metrics.jsonl").unlink()
    (one.path / "metrics.jsonl").mkdir()
    index = Index.open(root)
    assert len(index.query("SELECT * FROM chains")) == 2
    assert len(index.query("SELECT * FROM metrics")) == 3
    for name in (
        "torn.parquet",
        "folder.parquet",
        "zz half",
        "zz nothing",
        "zz folder as record",
        "metrics.jsonl: line 4",
    ):
        assert any(name in problem for problem in index.problems), name
    assert any(f"{one.path.name}/metrics.jsonl cannot" in problem for problem in index.problems)
    assert len(index.problems) == 7


def test_columns_that_differ_between_runs_are_one_table(root):
    one, two = good(root)
    one.write_table("probes/patching.parquet", [{"layer": 1, "effect": 2, "Site": "a", "run": "own"}])
    two.write_table("probes/patching.parquet", [{"layer": "last", "effect": 0.5, "site": "b"}])
    rows = query(root, "SELECT * FROM probes ORDER BY effect")
    assert [(row["layer"], row["effect"], row["Site"], row["run_2"]) for row in rows] == [
        ("last", 0.5, "b", None),
        ("1", 2.0, "a", "own"),
    ]
    one.update(config={"model": {"layers": "three"}, "Rate": 1})
    two.update(config={"rate": 2})
    assert {row["x"] for row in query(root, "SELECT config_rate AS x FROM runs")} == {1, 2, None}
    assert {row["x"] for row in query(root, "SELECT config_model_layers AS x FROM runs")} == {"three", "3", None}


SECRET = "the-secret-of-this-test"
FORBIDDEN = (
    "SELECT * FROM read_text('{file}')",
    "SELECT * FROM read_csv('{file}', header = false)",
    "SELECT * FROM '{file}'",
    "SELECT * FROM read_blob('/etc/passwd')",
    "SELECT * FROM glob('{folder}/*')",
    "SELECT * FROM duckdb_settings(), read_text('{file}')",
    "WITH x AS (SELECT * FROM read_text('{file}')) SELECT * FROM x",
    "COPY runs TO '{folder}/written.csv'",
    "COPY (SELECT 1) TO '{folder}/written.csv'",
    "EXPLAIN ANALYZE COPY runs TO '{folder}/written.csv'",
    "EXPORT DATABASE '{folder}/written'",
    "ATTACH '{folder}/written.db'",
    "CREATE TABLE mine AS SELECT 1",
    "DROP TABLE runs",
    "DELETE FROM runs",
    "INSERT INTO runs (run) VALUES ('x')",
    "UPDATE runs SET run = 'x'",
    "SET enable_external_access = true",
    "SET lock_configuration = false",
    "RESET enable_external_access",
    "PRAGMA enable_external_access = true",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP TABLE runs",
    "",
    "SELEC 1",
    "SELECT nothing FROM runs",
    "SELECT 'x",
)


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_sql_reaches_no_file_changes_nothing_and_fails_in_one_line(root, tmp_path, statement):
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret.csv").write_text(SECRET)
    index = Index.open(root)
    before = index.query("SELECT * FROM runs ORDER BY run")
    with pytest.raises(BadInput) as caught:
        index.query(statement.format(file=folder / "secret.csv", folder=folder))
    assert "\n" not in str(caught.value)
    assert SECRET not in str(caught.value)
    assert os.listdir(folder) == ["secret.csv"]
    assert index.query("SELECT * FROM runs ORDER BY run") == before


def test_a_query_sees_no_variable_of_the_calling_program(root):
    secret_variable = pyarrow.table({"a": [SECRET]})
    assert duckdb.connect().execute("SELECT * FROM secret_variable").fetchall() == [
        (SECRET,)
    ]  # as DuckDB does by itself
    with pytest.raises(duckdb.Error, match="does not exist"):
        Index.open(root).connection.execute("SELECT * FROM secret_variable")
    assert secret_variable.num_rows == 1


def test_ctrl_c_stops_a_query_that_would_run_for_ever(root):
    endless = "SELECT count(*) FROM range(1000000) a, range(1000000) b"
    script = f"""
import os, signal, threading
from reasonlab.runs.index import Index
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
index = Index.open({str(root)!r})  # inside DuckDB's own calls in the main thread an interrupt may be lost
threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    index.query({endless!r})
except KeyboardInterrupt:
    print("stopped")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "stopped\n")


def test_rows_of_any_type_are_json(root):
    sql = (
        "SELECT 1.5::DECIMAL(4,2) AS a, DATE '2026-01-02' AS b, [1, 2] AS c, {'k': 2} AS d, 'x'::BLOB, runs.run, r.run"
    )
    row = query(root, sql + " FROM runs, runs AS r LIMIT 1")[0]
    assert [row[name] for name in "abcd"] == [1.5, "2026-01-02", [1, 2], {"k": 2}]
    assert list(row)[-2:] == ["run", "run_2"]
    json.dumps(row)


def test_compare_says_what_was_asked_differently_and_what_came_of_it(root):
    one, two = good(root)
    two.update(config={"extra": None})
    found = {(item.section, item.key): item for item in compare(one, two)}
    assert set(found) == {
        ("config", "model_layers"),
        ("config", "extra"),
        ("scores", "test_proved_value"),
        ("scores", "test_proved_low"),
    }
    assert found["config", "model_layers"].delta == 1
    assert found["scores", "test_proved_value"].delta == 0.5
    assert found["config", "extra"].delta is None
    assert {item.section for item in compare(one, one)} == {"scores"}
    assert all(item.delta == 0 for item in compare(one, one))
