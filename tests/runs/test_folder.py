"""A run folder keeps what was written, whatever happens to the job that writes it."""

import dataclasses
import json
import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reasonlab.language.errors import BadInput
from reasonlab.runs import FORMAT, Run
from reasonlab.runs.plain import dumps, flatten, portable

FEW = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3))
NAMES = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=8)


@pytest.fixture
def run(tmp_path):
    return Run.create(
        tmp_path / "runs", "a first run", kind="train", config={"model": {"layers": 3}}, seeds={"data": 7}
    )


def one_line(error: BaseException) -> bool:
    return "\n" not in str(error) and "; expected " in str(error)


def test_a_new_run_says_what_it_is_and_where_it_came_from(run):
    record = Run.open(run.path).record
    assert (record.name, record.kind, record.status, record.format) == ("a first run", "train", "running", FORMAT)
    assert record.config == {"model": {"layers": 3}}
    assert record.seeds == {"data": 7}
    assert {"python", "reasonlab", "numpy"} <= set(record.versions)
    assert set(record.code) == {"commit", "dirty"}
    assert record.machine["cpu_count"] >= 1
    assert record.id == run.path.name
    assert record.created.endswith("+00:00")


def test_nothing_in_the_record_names_the_machine_or_its_user(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "somebody"))
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    words = ["/opt/x/bin/reasonlab", "train", f"--root={work}/runs", f"{tmp_path}/somebody/a.json", "/var/b.json", "23"]
    run = Run.create("runs", kind="train", config={"file": tmp_path / "c.json"}, command=words)
    text = (run.path / "run.json").read_text()
    assert run.record.command == "reasonlab train --root=runs '~/a.json' b.json 23"
    assert str(tmp_path) not in text
    assert run.record.config == {"file": "c.json"}


def test_portable_leaves_ordinary_words_alone():
    assert [portable(word) for word in ("--p=10", "a/b", "1/2", "/", "a=b")] == ["--p=10", "a/b", "1/2", "/", "a=b"]


def test_two_runs_made_in_one_second_have_two_folders(tmp_path):
    paths = {Run.create(tmp_path, kind="train").path for _ in range(4)}
    assert len(paths) == 4
    assert all(Run.open(path).record.id == path.name for path in paths)


def test_the_default_root_follows_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("REASONLAB_RUNS", str(tmp_path / "elsewhere"))
    assert Run.create(kind="demo").path.parent == tmp_path / "elsewhere"


@FEW
@given(rows=st.lists(st.dictionaries(st.text(), JSON, max_size=3), max_size=4))
def test_metrics_come_back_as_they_went(run, rows):
    (run.path / "metrics.jsonl").unlink(missing_ok=True)
    for row in rows:
        run.log(row)
    assert run.metrics() == rows


@FEW
@given(keep=st.integers(min_value=0, max_value=200))
def test_metrics_cut_anywhere_lose_the_torn_row_only_and_take_more_rows(run, keep):
    path = run.path / "metrics.jsonl"
    path.unlink(missing_ok=True)
    rows = [{"step": step, "loss": step / 7, "note": "ä" * step} for step in range(5)]
    for row in rows:
        run.log(row)
    whole = path.read_bytes()
    path.write_bytes(whole[: min(keep, len(whole))])
    survivors = run.metrics()
    assert survivors == rows[: len(survivors)]
    # A row is lost only if its own bytes are: the newline after it may go.
    assert len(survivors) >= whole[:keep].count(b"\n")
    run.log({"step": 99})
    assert run.metrics() == [*survivors, {"step": 99}]


def test_a_torn_line_is_reported(run, caplog):
    run.log({"step": 1})
    with open(run.path / "metrics.jsonl", "ab") as file:
        file.write(b'not json\n{"step": 2, "lo')
    assert run.metrics() == [{"step": 1}]
    assert [message.split(": ")[1].split(";")[0] for message in caplog.messages] == [
        "line 2 is not a JSON object",
        "line 3 is torn (the run was cut off there)",
    ]


def test_numbers_that_are_not_finite_become_null_and_the_file_stays_strict_json(run):
    run.log({"loss": math.nan, "rest": [math.inf, 1.0]})
    text = (run.path / "metrics.jsonl").read_text()
    assert json.loads(text, parse_constant=lambda name: pytest.fail(name)) == {"loss": None, "rest": [None, 1.0]}


def test_values_of_numpy_are_written_as_their_numbers(run):
    run.log({"a": np.float32(0.5), "b": np.int64(3), "c": np.array([1, 2]), "d": np.bool_(True)})
    assert run.metrics() == [{"a": 0.5, "b": 3, "c": [1, 2], "d": True}]
    run.log({"half \ud800": "\udcff"})
    assert run.metrics()[1] == {"half ?": "?"}
    with pytest.raises(TypeError, match="object cannot be kept"):
        run.log({"a": object()})


@FEW
@given(value=JSON)
def test_json_round_trip(run, value):
    run.write_json("x/value.json", value)
    assert run.read_json("x/value.json") == json.loads(dumps(value)) == value


COLUMNS = [
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(),
    st.booleans(),
    st.lists(JSON),
]


@FEW
@given(data=st.data(), kinds=st.dictionaries(NAMES, st.sampled_from(COLUMNS), max_size=4), count=st.integers(0, 5))
def test_tables_come_back_as_they_went(run, data, kinds, count):
    row = st.fixed_dictionaries({name: kind | st.none() for name, kind in kinds.items()})
    rows = data.draw(st.lists(row, min_size=count, max_size=count)) if kinds else []
    run.write_table("chains/test.parquet", rows)
    assert run.read_table("chains/test.parquet") == rows
    assert run.tables("chains") == ["chains/test.parquet"]


def test_a_row_that_lacks_a_column_reads_none(run):
    run.write_table("chains/a.parquet", [{"id": 1}, {"id": 2, "verdicts": [{"step": 0}]}])
    assert run.read_table("chains/a.parquet") == [{"id": 1, "verdicts": None}, {"id": 2, "verdicts": [{"step": 0}]}]


@pytest.mark.parametrize("values", [(1, "x"), (True, 2), (2**63,), (1.5, "x")])
def test_a_column_of_mixed_kinds_is_refused_and_the_old_file_stays(run, values):
    run.write_table("chains/a.parquet", [{"answer": "old"}])
    with pytest.raises(BadInput, match="answer") as caught:
        run.write_table("chains/a.parquet", [{"answer": value} for value in values])
    assert one_line(caught.value)
    assert run.read_table("chains/a.parquet") == [{"answer": "old"}]


@pytest.mark.parametrize("name", ["../other/run.json", "/etc/passwd", "", "a/../../b"])
def test_names_cannot_lead_out_of_the_folder(run, name):
    with pytest.raises(BadInput, match="leads out"):
        run.write_json(name, {})


def test_a_failed_write_leaves_the_old_file_and_no_litter(run):
    run.write_json("scores.json", {"proved": 0.5})
    with pytest.raises(TypeError):
        run.write_json("scores.json", {"proved": object()})
    assert run.scores() == {"proved": 0.5}
    assert not list(run.path.glob(".*"))


def test_update_merges_dicts_and_refuses_what_it_does_not_know(run):
    run.update(facts={"parameters": 5}, config={"steps": 10})
    run.update(facts={"seconds": 1.5}, family="arithmetic")
    record = run.record
    assert record.facts == {"parameters": 5, "seconds": 1.5}
    assert record.config == {"model": {"layers": 3}, "steps": 10}
    assert record.family == "arithmetic"
    with pytest.raises(ValueError, match="none of"):
        run.update(status="done")
    for fixed in ("id", "format", "sealed", "colour"):
        with pytest.raises(TypeError, match="no field"):
            run.update(**{fixed: 1})


@pytest.mark.parametrize(
    ("error", "status"), [(None, "finished"), (KeyboardInterrupt, "interrupted"), (ValueError, "failed")]
)
def test_leaving_the_context_says_how_it_ended(run, error, status):
    def job():
        with run:
            run.log({"step": 1})
            assert run.record.status == "running"
            if error:
                raise error("it\nbroke")

    if error:
        with pytest.raises(error):
            job()
    else:
        job()
    assert run.record.status == status
    assert run.record.error == ("ValueError: it broke" if status == "failed" else None)
    with run:  # resumed
        assert (run.record.status, run.record.error) == ("running", None)


def test_a_sealed_run_refuses_writing_and_tells_what_was_changed(run):
    with run:
        run.write_json("scores.json", {"proved": 1.0})
        run.write_text("report.html", "<p>")
        run.log({"step": 1})
        run.seal()
    assert run.record.status == "finished"
    assert run.broken_seal() == []
    for write in (
        lambda: run.log({}),
        lambda: run.update(status="running"),
        lambda: run.write_json("a.json", 1),
        lambda: run.write_table("a.parquet", []),
        lambda: run.write_text("a", ""),
        run.seal,
    ):
        with pytest.raises(BadInput, match="sealed"):
            write()
    (run.path / "scores.json").write_text("{}")
    (run.path / "report.html").unlink()
    (run.path / "extra").write_text("")
    assert run.broken_seal() == ["scores.json was changed", "report.html is missing", "extra was added"]


def record_text(**changes) -> str:
    record = {"format": FORMAT, "id": "i", "name": "n", "created": "2026-01-01", "kind": "train", "status": "finished"}
    return json.dumps({**record, **changes})


BROKEN = {
    "empty": "",
    "half": record_text()[:20],
    "list": "[]",
    "no format": json.dumps({"id": "i"}),
    "newer format": record_text(format=FORMAT + 1),
    "odd format": record_text(format="1"),
    "truth as format": record_text(format=True),
    "no name": json.dumps({"format": FORMAT, "id": "i"}),
    "config is text": record_text(config="x"),
    "unknown status": record_text(status="sleeping"),
    "status is a list": record_text(status=[]),
    "seal is text": record_text(sealed="x"),
    "too deep": "[" * 100_000,
    "not text": "\udcff",
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a_broken_record_is_one_line(tmp_path, text):
    (tmp_path / "run.json").write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(BadInput) as caught:
        Run.open(tmp_path)
    assert one_line(caught.value)
    assert "run.json" in str(caught.value)


def test_a_record_with_fields_of_a_later_minor_writer_still_opens(tmp_path):
    (tmp_path / "run.json").write_text(record_text(mood="fine"))
    assert Run.open(tmp_path).record.name == "n"


def test_missing_folders_and_files_are_one_line(run, tmp_path):
    for what in (
        lambda: Run.open(tmp_path / "nowhere"),
        lambda: run.read_table("chains/none.parquet"),
        lambda: run.read_json("none.json"),
    ):
        with pytest.raises(BadInput) as caught:
            what()
        assert one_line(caught.value)
    assert run.scores() == {}
    assert run.metrics() == []
    assert run.tables("chains") == []


def test_a_run_cannot_be_made_under_a_file(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput) as caught:
        Run.create(tmp_path / "file", kind="train")
    assert one_line(caught.value)


def test_a_dataclass_may_be_the_config(tmp_path):
    @dataclasses.dataclass(frozen=True)
    class Config:
        steps: int
        sizes: tuple[int, ...]

    assert Run.create(tmp_path, kind="train", config=Config(3, (1, 2))).record.config == {"steps": 3, "sizes": [1, 2]}


def test_flatten_never_lets_one_key_hide_another():
    assert flatten({"a_b": 1, "a": {"b": 2, "C": [1]}, "A_c": 3}) == {"a_b": 1, "a_b_2": 2, "a_C": "[1]", "A_c_2": 3}
