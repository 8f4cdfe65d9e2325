"""Where chains are judged changes nothing but the time it takes; and a run that is killed goes on where it was."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from itertools import count

import pytest

from reasonlab.gate.engines import CHUNK, local
from reasonlab.gate.questions import Asking
from reasonlab.gate.records import Place, Work
from reasonlab.verifiers.readers.framing import Piece


def start(*args, **streams) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "reasonlab.cli", "verify", *map(str, args)], **streams)


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_run_that_is_killed_loses_and_repeats_nothing(tmp_path, chains, samples, verify, jobs):
    records = [{**list(samples.values())[i % len(samples)], "id": f"c{i}"} for i in range(900)]
    half = "".join(json.dumps(record) + "\n" for record in records[:400]).encode()  # no more than a pipe holds
    whole, out, watched = (tmp_path / name for name in ("whole.jsonl", "out.jsonl", "watched"))
    path = chains(*records)
    verify(path, "--out", whole)
    os.mkfifo(watched)
    # Its verdicts are watched through a pipe, and its input stays open: however fast the machine, it is in its middle.
    process = start("-", "--jobs", jobs, "--out", watched, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
    process.stdin.write(half)
    process.stdin.flush()
    with open(watched, "rb") as lines:
        seen = b"".join(lines.readline() for _ in range(100))
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        seen += lines.read()  # to the end: no process of it is left that could still write
    process.stdin.close()
    out.write_bytes(seen)
    assert 100 <= seen.count(b"\n") < len(records)
    verify(path, "--out", out, "--resume", "--jobs", jobs)
    assert out.read_bytes() == whole.read_bytes()


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_run_onto_a_file_that_is_killed_goes_on(tmp_path, chains, samples, verify, jobs):
    path = chains(*(list(samples.values())[i % len(samples)] for i in range(600)))
    whole, out = tmp_path / "whole.jsonl", tmp_path / "out.jsonl"
    verify(path, "--out", whole)
    for _ in range(3):  # killed again and again, wherever it is
        more = ["--resume"] if out.exists() else []
        process = start(path, "--jobs", jobs, "--out", out, *more, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
        process.stderr.readline()  # "read as reasonlab": the first record is there
        process.kill()
        process.wait()
        process.stderr.close()
        assert not out.exists() or whole.read_bytes().startswith(out.read_bytes())
    verify(path, "--out", out, *(["--resume"] if out.exists() else []))
    assert out.read_bytes() == whole.read_bytes()


@pytest.mark.parametrize("jobs", [1, 2])
def test_no_more_work_is_taken_than_is_under_way(jobs):
    taken = 0

    def endless():
        nonlocal taken
        for number in count():
            taken += 1
            text = json.dumps({"id": str(number), "givens": ["a = 3"], "steps": ["a = 3"]}).encode()
            yield Work(Piece(number + 1, text), "x", "reasonlab", Place("x", number + 1), number)

    with ExitStack() as stack:
        results = local(endless(), Asking(), jobs, stack)
        for done in range(1, 5 * CHUNK):
            assert next(results).id == str(done - 1)
            assert taken - done <= (0 if jobs == 1 else (2 * jobs + 2) * CHUNK)


@pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="ray (extra ray) is not installed")
def test_a_ray_cluster_gives_the_same_bytes(tmp_path, chains, samples, solved, verify):
    path = chains(*samples.values(), *solved, "nonsense", *(samples["proved"] for _ in range(3 * CHUNK)))
    here, there = tmp_path / "here.jsonl", tmp_path / "there.jsonl"
    questions = [tmp_path / "questions here", tmp_path / "questions there"]
    verify(path, "--out", here, "--smt-dir", questions[0])
    verify(path, "--out", there, "--smt-dir", questions[1], "--engine", "ray", "--jobs", "2")
    assert here.read_bytes() == there.read_bytes()
    found = [{p.relative_to(folder): p.read_bytes() for p in folder.rglob("*.smt2")} for folder in questions]
    assert found[0] == found[1] != {}


def test_a_missing_ray_is_one_line(chains, samples, verify, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    assert verify(chains(samples["proved"]), "--engine", "ray") == 2
    printed = capsys.readouterr()
    assert "the extra 'ray'" in printed.err
    assert printed.err.count("\n") == 1
