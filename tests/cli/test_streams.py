"""Standard streams and disks that fail: one line, exit code 2, and nothing that was written is lost."""

import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from reasonlab import cli
from reasonlab.cli import main

FULL = Path("/dev/full")
CHAIN = {"givens": ["a = 3"], "query": {"value": "a"}, "steps": ["a = 3"], "answer": "3"}
needs_full = pytest.mark.skipif(not FULL.is_char_device(), reason="this system has no /dev/full")


def reasonlab(*args: str, **extra) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "reasonlab.cli", *map(str, args)]
    return subprocess.run(command, stderr=subprocess.PIPE, text=True, timeout=60, **extra)


def fault(done: subprocess.CompletedProcess) -> str:
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("reasonlab")]
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    return line


@pytest.fixture
def chains(tmp_path: Path) -> Path:
    path = tmp_path / "chains.jsonl"
    path.write_text(json.dumps(CHAIN) + "\n")
    return path


@needs_full
@pytest.mark.parametrize(
    "words", ["--help", "problems --help", "problems --count 2", "problems --json", "runs list --json", "verify -"]
)
def test_standard_output_onto_a_full_disk_is_one_line(tmp_path, chains, words):
    with FULL.open("w") as full, chains.open() as records:
        done = reasonlab(*words.split(), stdout=full, stdin=records, cwd=tmp_path)
    assert done.returncode == 2
    assert "No space left on device; expected room on the disk" in fault(done)


@needs_full
@pytest.mark.parametrize("command", ["problems", "verify"])
def test_out_onto_a_full_disk_is_one_line_and_the_device_stays(chains, command):
    words = {"problems": ["problems", "--count", "2"], "verify": ["verify", chains]}[command]
    done = reasonlab(*words, "--out", FULL, stdout=subprocess.DEVNULL)
    assert done.returncode == 2
    assert "No space left on device" in fault(done)
    assert stat.S_ISCHR(FULL.stat().st_mode)


def test_what_was_verified_before_the_disk_was_full_is_kept_and_gone_on_with(tmp_path, monkeypatch, capsys):
    path, out, whole = (tmp_path / name for name in ("chains.jsonl", "out.jsonl", "whole.jsonl"))
    path.write_text("".join(json.dumps({**CHAIN, "id": f"c{i}"}) + "\n" for i in range(20)))
    assert main(["verify", str(path), "--out", str(whole)]) == 0
    resource = pytest.importorskip("resource")
    done = subprocess.run(
        [sys.executable, "-m", "reasonlab.cli", "verify", str(path), "--out", str(out)], capture_output=True, text=True,
        # A limit on the size of files is a full disk that needs no disk; Python ignores the signal that goes with it.
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2500, 2500)),
    )  # fmt: skip
    assert done.returncode == 2
    assert "File too large; expected room on the disk" in fault(done)
    assert whole.read_bytes().startswith(out.read_bytes())
    assert b"\n" in out.read_bytes()
    assert main(["verify", str(path), "--out", str(out), "--resume"]) == 0
    assert out.read_bytes() == whole.read_bytes()


def test_closed_streams_are_no_fault(tmp_path, chains):
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("no bash to close streams with")
    command = f"{sys.executable} -m reasonlab.cli"
    for words, code in ((f"verify {chains} >&-", 0), ("--help >&-", 0), ("verify - <&-", 2), ("verify none 2>&-", 2)):
        done = subprocess.run([bash, "-c", f"{command} {words}"], capture_output=True, text=True, cwd=tmp_path)
        assert (done.returncode, "fault" in done.stderr) == (code, False), words


def test_a_reader_that_leaves_early_ends_an_endless_list(tmp_path):
    words = f"{sys.executable} -m reasonlab.cli problems --count 1000000000"
    for more in ("", " --json"):
        done = subprocess.run(
            ["bash", "-c", f"{words}{more} | head -2"], capture_output=True, text=True, timeout=60, cwd=tmp_path
        )
        assert (len(done.stdout.splitlines()), done.stderr) == (2, "")


@pytest.mark.parametrize("number", sorted(cli.REFUSALS), ids=os.strerror)
def test_what_the_machine_refuses_is_one_line(monkeypatch, capsys, number):
    def refuse(name, args):
        raise OSError(number, os.strerror(number), "some/file")

    monkeypatch.setattr(cli, "_command", refuse)
    assert main(["demo"]) == 2
    line = capsys.readouterr().err
    assert line.startswith(f"reasonlab demo: 'some/file': {os.strerror(number)}; expected ")
    assert line.count("\n") == 1


def test_another_error_of_the_system_is_a_fault_of_ours(monkeypatch, capsys):
    def fail(name, args):
        raise FileNotFoundError(2, "No such file", "ours")

    monkeypatch.setattr(cli, "_command", fail)
    assert main(["demo"]) == 4
    assert "internal fault: FileNotFoundError" in capsys.readouterr().err


@pytest.mark.parametrize("words", ["verify {chains}", "verify {chains} --fail-under 1", "verify {chains} --jobs 2"])
def test_a_closed_pipe_is_no_failed_gate(tmp_path, chains, words):
    command = f"{sys.executable} -m reasonlab.cli {words.format(chains=chains)} 2>&1 | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, cwd=tmp_path)
    assert (done.stdout, done.stderr) == ("141\n", "")
