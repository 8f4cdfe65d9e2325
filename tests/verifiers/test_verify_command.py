"""`reasonlab verify`: what it writes, its exit codes, and that nothing is lost, repeated or out of order."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time

import pytest

from reasonlab.cli import main
from reasonlab.gate import records
from reasonlab.gate.tally import Tally

GOOD = {
    "givens": ["a = 3", "b = a + a"],
    "modulus": 10,
    "query": {"value": "b"},
    "text": "b = a + a = 3 + 3 = 6 ; answer 6",
}
BAD = {**GOOD, "text": "b = a + a = 3 + 3 = 7 ; answer 7"}
HARD = {"givens": ["9 ^ 9999 = x"], "text": "x = 1"}  # a limit is reached


@pytest.fixture
def chains(tmp_path):
    def write(*records, name="chains.jsonl"):
        path = tmp_path / name
        path.write_text("".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in records))
        return str(path)

    return write


def written(path):
    with open(path) as file:
        return [json.loads(line) for line in file]


def test_one_record_a_chain(chains, tmp_path, capsys):
    out = str(tmp_path / "out.jsonl")
    assert main(["verify", chains(GOOD, "nonsense", BAD, HARD), "--out", out]) == 0
    records = written(out)
    assert [(r["id"], r["outcome"]) for r in records] == [
        ("chains:1", "proved"),
        ("chains:2", "unparsed"),
        ("chains:3", "wrong"),
        ("chains:4", "unknown"),
    ]
    assert "not JSON" in records[1]["reason"]
    assert records[2]["first_error"] == 0
    printed = capsys.readouterr()
    assert "4 chains" in printed.out
    assert "read as reasonlab" in printed.err


def test_the_summary_as_json(chains, capsys):
    assert main(["verify", chains(GOOD, BAD), "--json", "--fail-under", "0.5"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert (summary["chains"], summary["outcomes"]["proved"], summary["steps"]["refuted"]) == (2, 1, 1)
    assert (summary["share"], summary["exit_code"]) == (0.5, 0)


@pytest.mark.parametrize(
    ("records", "gate", "code"),
    [
        ([GOOD, GOOD], "1", 0),
        ([GOOD, BAD], "0.5", 0),
        ([GOOD, BAD], "0.51", 1),
        ([GOOD, HARD], "0.9", 3),  # it hangs on the unknown one
        ([GOOD, HARD], "0.5", 0),
        ([BAD, BAD, HARD], "0.9", 1),  # it does not
        ([BAD], "0", 0),
        ([GOOD, "nonsense"], "1", 1),
    ],
)
def test_the_gate(chains, records, gate, code):
    assert main(["verify", chains(*records), "--fail-under", gate]) == code


def test_exit_codes_are_total():
    for proved, consistent, unknown, wrong, faults in [
        (a, b, c, d, e) for a in (0, 2) for b in (0, 1) for c in (0, 3) for d in (1, 2) for e in (0, 1)
    ]:
        tally = Tally(chains=proved + consistent + unknown + wrong, faults=faults)
        tally.outcomes.update(proved=proved, consistent=consistent, unknown=unknown, wrong=wrong)
        for gate in (None, 0.0, 0.3, 1.0):
            assert tally.exit_code(gate) in ((4,) if faults else (0,) if gate in (None, 0.0) else (0, 1, 3))


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["missing.jsonl"], "does not exist"),
        ([], "path"),
        (["."], "is no file"),
        (["{chains}", "--format", "csv"], "there is no format 'csv'"),
        (["{chains}", "--fail-under", "2"], "between 0 and 1"),
        (["{chains}", "--fail-under", "nan"], "between 0 and 1"),
        (["{chains}", "--jobs", "0"], "--jobs is 0"),
        (["{chains}", "--limit", "0"], "--limit is 0"),
        (["{chains}", "--resume"], "--resume has nothing"),
        (["{chains}", "--out", "{chains}"], "is the input"),
        (["{empty}"], "nothing to verify"),
        (["{array}"], "nothing to verify"),
    ],
)
def test_bad_usage_is_one_line_and_code_2(chains, capsys, args, message):
    paths = {"chains": chains(GOOD), "empty": chains(name="empty.jsonl"), "array": chains("[]", name="array.json")}
    assert main(["verify", *(arg.format(**paths) for arg in args)]) == 2
    printed = capsys.readouterr()
    assert message in printed.err
    assert printed.out == ""


def test_what_was_written_is_never_overwritten(chains, tmp_path, capsys):
    out = tmp_path / "out.jsonl"
    out.write_text("precious\n")
    assert main(["verify", chains(GOOD), "--out", str(out)]) == 2
    assert main(["verify", chains(GOOD), "--out", str(out), "--resume"]) == 2
    assert "no verdict" in capsys.readouterr().err
    assert out.read_text() == "precious\n"


NESTED = "[" * 100_000


@pytest.mark.parametrize("line", [NESTED, "[]", '{"id": 3}', '{"id": "a", "outcome": "fine", "steps": []}', "\xff"])
def test_resuming_onto_what_is_no_verdict_is_one_line(chains, tmp_path, capsys, line):
    out = tmp_path / "out.jsonl"
    out.write_text(line + "\n")
    assert main(["verify", chains(GOOD), "--out", str(out), "--resume"]) == 2
    assert "line 1 of" in capsys.readouterr().err.splitlines()[-1]
    assert out.read_text() == line + "\n"


def test_resuming_cuts_off_nothing_that_it_did_not_write(chains, tmp_path, capsys):
    out = tmp_path / "out.jsonl"
    out.write_text("precious")  # without an end of line, as a torn verdict is
    assert main(["verify", chains(GOOD), "--out", str(out), "--resume"]) == 2
    assert out.read_text() == "precious"


@pytest.mark.parametrize("records", [["nonsense"], ["nonsense", "{"], [{"givens": ["a = 3"]}], ['{"text": 3}']])
def test_records_without_a_step_or_an_answer_are_nothing_to_verify(chains, tmp_path, capsys, records):
    out = tmp_path / "out.jsonl"
    assert main(["verify", chains(*records), "--out", str(out), "--fail-under", "0"]) == 2
    line = capsys.readouterr().err.splitlines()[-1]
    assert f"none of {len(records)} records holds a step or an answer that could be read; expected " in line
    assert [r["outcome"] for r in written(out)] == ["unparsed"] * len(records)  # written all the same
    whole = out.read_bytes()
    assert main(["verify", chains(*records), "--out", str(out), "--resume", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["exit_code"] == 2
    assert out.read_bytes() == whole


def test_one_readable_record_is_something_to_verify(chains):
    assert main(["verify", chains("nonsense", GOOD, "{")]) == 0
    assert main(["verify", chains("nonsense", {"text": "hm, well"}), "--fail-under", "0.5"]) == 1


@pytest.mark.parametrize(
    ("record", "status", "says"),
    [
        ({"givens": ["a = 3"], "query": {"value": "a"}, "text": "answer unknown"}, "unparsed", "expected a number"),
        ({"givens": ["p"], "query": {"truth": "p"}, "text": "p ; answer perhaps"}, "unparsed", "expected 'true'"),
        ({"givens": ["a = 3"], "query": {"value": "a"}, "text": "answer 3 +"}, "unparsed", "at character"),
    ],
)
def test_an_answer_that_is_not_understood_says_why(chains, tmp_path, record, status, says):
    out = tmp_path / "out.jsonl"
    main(["verify", chains(record), "--out", str(out)])
    answer = written(out)[0]["answer"]
    assert answer["status"] == status
    assert says in answer["reason"]


def numbered(count):
    return [{**(GOOD if i % 3 else BAD), "id": f"c{i}"} for i in range(count)]


@pytest.mark.parametrize("cut", [0, 1, 250, 5_000, None])
def test_resuming_gives_the_same_bytes(chains, tmp_path, cut):
    path, whole, part = chains(*numbered(20)), tmp_path / "whole.jsonl", tmp_path / "part.jsonl"
    assert main(["verify", path, "--out", str(whole), "--fail-under", "0.7"]) == 1
    part.write_bytes(whole.read_bytes()[:cut])
    assert main(["verify", path, "--out", str(part), "--resume", "--fail-under", "0.7"]) == 1  # of all, not of the rest
    assert part.read_bytes() == whole.read_bytes()


def test_resuming_another_input_is_refused(chains, tmp_path, capsys):
    out = str(tmp_path / "out.jsonl")
    assert main(["verify", chains(*numbered(3)), "--out", out]) == 0
    assert main(["verify", chains(GOOD, GOOD, GOOD), "--out", out, "--resume"]) == 2
    assert "'c0'" in capsys.readouterr().err


def test_any_number_of_jobs_gives_the_same_bytes(chains, tmp_path):
    path = chains(*numbered(150), "nonsense", HARD, {"givens": ["p | q", "~p"], "text": "q"})
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    assert main(["verify", path, "--out", str(one)]) == 0
    assert main(["verify", path, "--out", str(two), "--jobs", "2"]) == 0
    assert one.read_bytes() == two.read_bytes()
    assert len(written(one)) == 153


MANY_KINDS = [
    *numbered(3),
    {"givens": ["b = a + c", "a = 3"], "modulus": 10, "text": "b = a + c = 3 + 1 = 4 ; c = b - a"},
    {"givens": ["p | q | r", "~p", "r -> s"], "text": "q | r ; q ; s | q"},
    {"givens": ["forall X. d(X) -> f(X)", "d(a)", "e(b)"], "text": "f(a) ; f(b) ; forall X. f(X) -> d(X) ; ~d(b)"},
    {"givens": ["x + y + z = 3", "x * y = 2", "z > 0"], "text": "x < 3 ; x = 1 ; (x + y) ^ 2 = x ^ 2 + 4 + y ^ 2"},
    {"givens": ["x = 3 (mod 7)", "x = 2 (mod 5)"], "text": "x = 17 (mod 35) ; x = 17"},
]


def test_two_runs_give_the_same_bytes(chains, tmp_path):
    path, found = chains(*MANY_KINDS), []
    for seed in ("1", "2"):
        out = tmp_path / f"{seed}.jsonl"
        command = [sys.executable, "-m", "reasonlab.cli", "verify", path, "--out", str(out)]
        subprocess.run(command, check=True, capture_output=True, env={**os.environ, "PYTHONHASHSEED": seed})
        found.append(out.read_bytes())
    assert found[0] == found[1]
    statuses = {step["status"] for line in found[0].splitlines() for step in json.loads(line)["steps"]}
    assert statuses == {"entailed", "refuted", "unsupported"}


def test_several_files_and_a_limit(chains, tmp_path):
    out = str(tmp_path / "out.jsonl")
    array = tmp_path / "array.json"
    array.write_text(json.dumps([GOOD, BAD], indent=2))
    gsm8k = chains({"question": "?", "answer": "<<1+1=2>>\n#### 2"}, name="prose.jsonl")
    assert main(["verify", str(array), gsm8k, chains(GOOD, GOOD), "--out", out, "--limit", "4"]) == 0
    records = written(out)
    assert [r["id"] for r in records] == ["array:1", "array:2", "prose:1", "chains:1"]
    assert [r["outcome"] for r in records] == ["proved", "wrong", "consistent", "proved"]


def test_an_internal_fault_ends_no_stream(chains, tmp_path, capsys, monkeypatch):
    honest = records.verify_chain

    def faulty(chain):
        if chain.id == "c1":
            raise ValueError("a bug")
        return honest(chain)

    monkeypatch.setattr(records, "verify_chain", faulty)
    monkeypatch.setattr(records.fast, "report", lambda record, id: None)
    out = str(tmp_path / "out.jsonl")
    assert main(["verify", chains(*numbered(3)), "--out", out, "--fail-under", "0"]) == 4
    assert "c1: ValueError: a bug" in capsys.readouterr().err
    assert [r["outcome"] for r in written(out)] == ["wrong", "unknown", "proved"]


def test_lone_surrogates_are_written(chains, tmp_path):
    out = str(tmp_path / "out.jsonl")
    record = '{"id": "\\ud800", "steps": ["\\ud800 = 3"]}'
    assert main(["verify", chains(record), "--out", out]) == 0
    assert written(out)[0]["id"] == "\ud800"


def start(*args, **options):
    return subprocess.Popen([sys.executable, "-m", "reasonlab.cli", "verify", *args], **options)


def test_standard_input_is_answered_line_by_line():
    process = start("-", stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    for record, outcome in ((GOOD, "proved"), (BAD, "wrong")):
        process.stdin.write(json.dumps(record).encode() + b"\n")
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["outcome"] == outcome  # before the input ends
    process.stdin.close()
    assert process.stdout.read() == b""  # the table goes to standard error
    assert b"2 chains" in process.stderr.read()
    assert process.wait() == 0


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_an_interrupt_loses_nothing(tmp_path, jobs):
    out = tmp_path / "out.jsonl"
    options = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    process = start("-", "--out", str(out), "--jobs", jobs, **options)
    for record in numbered(700):
        process.stdin.write(json.dumps(record).encode() + b"\n")
    process.stdin.flush()
    limit = time.monotonic() + 30
    while not (out.exists() and out.read_bytes().count(b"\n") >= 64):
        assert time.monotonic() < limit
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 130
    assert b"Traceback" not in process.stderr.read()
    data = out.read_bytes()
    assert data.endswith(b"\n")
    assert [record["id"] for record in written(out)] == [f"c{i}" for i in range(data.count(b"\n"))]


def test_it_answers_soon_and_without_torch(chains):
    code = "import sys; from reasonlab.cli import main; main(sys.argv[1:]); assert 'torch' not in sys.modules"
    command = [sys.executable, "-c", code, "verify", chains(GOOD)]
    assert min(_seconds(command) for _ in range(3)) < 1.0


def _seconds(command):
    """The processor's time: the machine may have other things to do."""
    before = os.times()
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "REASONLAB_DEBUG": "1"})
    after = os.times()
    return after.children_user - before.children_user + after.children_system - before.children_system


def test_the_command_reads_standard_input_in_process(monkeypatch, capsysbinary):
    data = io.TextIOWrapper(io.BytesIO(json.dumps(GOOD).encode()))
    monkeypatch.setattr(sys, "stdin", data)
    assert main(["verify", "-"]) == 0
    assert json.loads(capsysbinary.readouterr().out)["outcome"] == "proved"


NO_STEPS = {
    "story_id": 1,
    "premises": ["Rina dreams.", "Who dreams naps."],
    "premises-FOL": ["Dreams(rina)", "∀x (Dreams(x) → Naps(x))"],
    "conclusion": "Rina naps.",
    "conclusion-FOL": "Naps(rina)",
    "label": "True",
}


def test_the_first_chains_that_do_not_hold_are_named(chains, capsys):
    path = chains(GOOD, BAD, "nonsense", HARD, *[{**BAD, "id": f"b{n}"} for n in range(4)])
    assert main(["verify", path]) == 0
    lines = capsys.readouterr().out.splitlines()
    start = lines.index("7 neither proved nor consistent, the first 5:") + 1
    assert lines[start].startswith("  chains:2: wrong: step 0 is refuted: ")
    assert lines[start + 1].startswith("  chains:3: unparsed: not JSON")
    assert lines[start + 2].startswith("  chains:4: unknown: ")
    assert [line.split(":")[0] for line in lines[start + 3 : start + 5]] == ["  b0", "  b1"]
    assert lines[start + 5] == f"to see why: reasonlab explain {path} --id chains:2"
    assert main(lines[start + 5].split()[4:]) == 0  # as it says
    assert "the chain is wrong" in capsys.readouterr().out
    assert main(["verify", path, "--json"]) == 0
    failing = json.loads(capsys.readouterr().out)["failing"]
    assert [(each["id"], each["step"]) for each in failing][:3] == [
        ("chains:2", 0),
        ("chains:3", None),
        ("chains:4", None),
    ]
    assert main(["verify", chains(GOOD)]) == 0
    assert "neither" not in capsys.readouterr().out


def test_a_resumed_run_names_the_same_chains(chains, tmp_path, capsys):
    path, out = chains(GOOD, BAD, "nonsense"), tmp_path / "out.jsonl"
    assert main(["verify", path, "--out", str(out)]) == 0
    first = capsys.readouterr().out.partition("neither")[2]
    out.write_bytes(out.read_bytes()[:-30])
    assert main(["verify", path, "--out", str(out), "--resume"]) == 0
    assert capsys.readouterr().out.partition("neither")[2] == first


def test_a_record_without_steps_says_so(chains, capsys):
    path = chains(NO_STEPS)
    why = "the answer follows, but the record has no steps that derive it"
    assert main(["verify", path]) == 0
    assert f"  1: flawed: {why}" in capsys.readouterr().out
    assert main(["explain", path]) == 0
    assert f"the chain is flawed: {why}" in capsys.readouterr().out


def test_prose_that_claims_nothing_is_nothing_to_verify(chains, capsys):
    prose = {"problem": "Why is the sky blue?", "solution": "Light is scattered. That is all."}
    assert main(["verify", chains(prose, prose), "--fail-under", "0"]) == 2
    assert "none of 2 records holds" in capsys.readouterr().err.splitlines()[-1]
    assert main(["verify", chains(prose, {**prose, "solution": "2 + 2 = 4."})]) == 0


def test_bare_text_is_refused_with_one_remedy(chains, capsys):
    path = chains("Kim has four pears.", "She eats 2 + 2 = 4 of them.", name="notes.txt")
    assert main(["verify", path]) == 2
    printed = capsys.readouterr()
    assert [line.partition("{")[2] for line in printed.err.splitlines() if "bare text" in line] == [
        '"problem": "Kim has 2 + 3 pears.", "solution": "2 + 3 = 5. The answer is 5"} (docs/formats.md)'
    ]
    assert main(["verify", chains('{"torn": ', GOOD)]) == 0
    assert "bare text" not in capsys.readouterr().err


def test_a_file_is_verified_once(chains, capsys, tmp_path, monkeypatch):
    path = chains(GOOD)
    monkeypatch.chdir(tmp_path)
    assert main(["verify", path, "./chains.jsonl"]) == 2
    assert "is named 2 times" in capsys.readouterr().err


def test_files_of_one_name_have_ids_of_their_own(chains, capsys, tmp_path):
    (tmp_path / "two").mkdir()
    one, two, out = chains(GOOD), chains(BAD, name="two/chains.jsonl"), tmp_path / "out.jsonl"
    assert main(["verify", one, two, "--out", str(out)]) == 0
    assert [record["id"] for record in written(out)] == [f"{one}:1", f"{two}:1"]
    assert f"reasonlab explain {two} --id {two}:1" in capsys.readouterr().out
    assert main(["explain", two, "--id", f"{two}:1"]) == 0


@pytest.mark.parametrize("option", ["--sarif", "--junit", "--out", "--smt-dir"])
@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="this system has no /proc")
def test_a_place_that_the_system_does_not_make_is_bad_usage(chains, capsys, option):
    assert main(["verify", chains(GOOD), option, "/proc/x"]) == 2
    line = capsys.readouterr().err.splitlines()[-1]
    assert line.startswith(f"reasonlab verify: {option} '/proc/x' ")
    assert "; expected " in line
