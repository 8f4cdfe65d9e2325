"""Runs that are missing, half-written, damaged or in another process's hands: one line, and exit code 2."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reasonlab.cli import main
from reasonlab.runs import Run, sole_writer

COMMANDS = {
    "sample": ["sample", "{}", "--count", "1"],
    "evaluate": ["evaluate", "{}", "--problems", "2", "--larger", "0"],
    "probe": ["probe", "{}", "--what", "attention", "--problems", "2"],
    "report": ["report", "{}"],
    "train": ["train", "--resume", "{}"],
    "demo": ["demo", "--resume", "{}"],
    "compare": ["runs", "compare", "{}", "{}"],
}
READERS = ("sample", "evaluate", "probe")  # of the model
WRITERS = ("train", "demo")  # of the model
Damage = Callable[[Path], object]


def cut(name: str) -> Damage:
    return lambda run: (run / name).write_bytes((run / name).read_bytes()[:20])


def remove(name: str) -> Damage:
    return lambda run: shutil.rmtree(run / name) if (run / name).is_dir() else (run / name).unlink()


def write(name: str, text: str) -> Damage:
    return lambda run: (run / name).write_text(text)


def file_for_folder(name: str) -> Damage:
    def damage(run: Path) -> None:
        if (run / name).exists():
            shutil.rmtree(run / name)
        (run / name).write_text("in the way")

    return damage


def recipe(*path: str, value: object) -> Damage:
    def damage(run: Path) -> None:
        record = json.loads((run / "run.json").read_text())
        place: Any = record["config"]
        for key in ("recipe", *path)[:-1]:
            place = place[key]
        place[("recipe", *path)[-1]] = value
        (run / "run.json").write_text(json.dumps(record))

    return damage


LAST = "checkpoints/step-000010"
DAMAGES = {
    "no run.json": (remove("run.json"), COMMANDS, "run.json is missing"),
    "torn run.json": (cut("run.json"), COMMANDS, "is not JSON"),
    "deep run.json": (write("run.json", "[" * 100_000), COMMANDS, "nested too deeply"),
    "no recipe": (recipe(value=None), (*READERS, *WRITERS), "does not say what its model is trained on"),
    "a recipe of another kind": (recipe("seed", value="one"), (*READERS, *WRITERS), "is no recipe"),
    "a recipe of another type": (recipe("train", "steps", value="many"), WRITERS, "is no recipe"),
    "an impossible model": (recipe("model", "d_model", value="wide"), WRITERS, "cannot be made"),
    "no family": (recipe("family", value="poetry"), (*READERS, *WRITERS), "no family 'poetry'"),
    "no form": (recipe("form", value="haiku"), (*READERS, *WRITERS), "no form 'haiku'"),
    "no precision": (recipe("train", "precision", value="fp3"), WRITERS, "no precision 'fp3'"),
    "no model": (remove("model"), READERS, "config.json"),
    "torn weights": (cut("model/model.safetensors"), READERS, "cannot be read"),
    "torn config": (cut("model/config.json"), READERS, "is not JSON"),
    "odd config": (write("model/config.json", "[]"), READERS, "holds []"),
    "torn tokenizer": (cut("model/tokenizer.json"), READERS, "tokenizer"),
    "no tokenizer": (remove("model/tokenizer.json"), READERS, "has no tokenizer"),
    "torn checkpoint": (cut(f"{LAST}/model.safetensors"), WRITERS, "cannot be read"),
    "torn optimiser": (cut(f"{LAST}/optimizer.safetensors"), WRITERS, "cannot be read"),
    "torn state": (cut(f"{LAST}/state.json"), WRITERS, "cannot be read"),
    "state of another kind": (write(f"{LAST}/state.json", "[]"), WRITERS, "cannot be read"),
    "state of another format": (write(f"{LAST}/state.json", '{"step": 10}'), WRITERS, "another model or format"),
    "torn scores": (write("scores.json", '{"held'), ("evaluate",), "is not JSON"),
    "a file for the checkpoints": (file_for_folder("checkpoints"), WRITERS, "a folder in that place"),
    "a file for the probes": (file_for_folder("probes"), ("probe",), "a folder in that place"),
}
CASES = [(damage, name) for damage, (_, names, _) in DAMAGES.items() for name in names]


def faults(err: str) -> list[str]:
    return [line for line in err.splitlines() if line.startswith("reasonlab ")]


@pytest.mark.parametrize(("damage", "command"), CASES, ids=lambda value: value)
def test_a_damaged_run_is_one_line_and_code_2(trained: Run, tmp_path: Path, capsys, damage: str, command: str) -> None:
    spoil, _, says = DAMAGES[damage]
    run = tmp_path / "broken"
    shutil.copytree(trained.path, run)
    spoil(run)
    assert main([word.replace("{}", str(run)) for word in COMMANDS[command]]) == 2
    (line,) = faults(capsys.readouterr().err)
    assert says in line
    assert "; expected " in line


@pytest.mark.parametrize("command", READERS)
def test_torn_weights_are_refused_before_torch_is_imported(trained: Run, tmp_path: Path, command: str) -> None:
    """Its import takes seconds, and tens of them on a busy machine."""
    run = tmp_path / "broken"
    shutil.copytree(trained.path, run)
    cut("model/model.safetensors")(run)
    words = [word.replace("{}", str(run)) for word in COMMANDS[command]]
    asks = f"import sys; from reasonlab.cli import main; print(main({words}), 'torch' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["2", "False"]
    assert "cannot be read (20 bytes, and no header of safetensors)" in said.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_a_run_that_is_not_there_is_one_line(tmp_path: Path, capsys, command: str) -> None:
    words = [word.replace("{}", "no-such-run") for word in COMMANDS[command]]
    assert main([*words, "--root", str(tmp_path)]) == 2
    printed = capsys.readouterr()
    assert len(printed.err.splitlines()) == 1
    assert "'no-such-run' names no run" in printed.err
    assert list(tmp_path.iterdir()) == []


def test_the_report_of_a_half_written_run_says_what_is_missing(trained: Run, tmp_path: Path) -> None:
    run = tmp_path / "half"
    shutil.copytree(trained.path, run)
    shutil.rmtree(run / "model")
    (run / "scores.json").write_text('{"held')
    assert main(["report", str(run)]) == 0
    assert "scores.json" in (run / "report.html").read_text()


@pytest.mark.parametrize("command", ["train", "demo", "evaluate"])
def test_a_run_that_is_being_written_is_left_alone(trained: Run, tmp_path: Path, capsys, command: str) -> None:
    run = tmp_path / "busy"
    shutil.copytree(trained.path, run)
    before = {path: path.stat().st_mtime_ns for path in run.rglob("*")}
    with sole_writer(Run(run)):
        assert main([word.replace("{}", str(run)) for word in COMMANDS[command]]) == 2
    (line,) = faults(capsys.readouterr().err)
    assert "is being written by another process" in line
    assert {path: path.stat().st_mtime_ns for path in run.rglob("*")} == before


def test_a_lock_ends_with_its_holder(trained: Run) -> None:
    child = os.fork()
    if child == 0:
        with sole_writer(trained):
            os._exit(0)  # as a killed process does: without releasing anything
    os.waitpid(child, 0)
    with sole_writer(trained):
        pass


def test_a_sealed_run_is_refused_before_the_work(trained: Run, tmp_path: Path, capsys) -> None:
    run = tmp_path / "sealed"
    shutil.copytree(trained.path, run)
    Run(run).seal()
    assert main(["evaluate", str(run), "--problems", "2", "--larger", "0"]) == 2
    printed = capsys.readouterr()
    assert faults(printed.err) == printed.err.splitlines()  # not even a line of progress
    assert "is sealed" in printed.err


def test_an_evaluation_that_is_not_one_is_made_again(trained: Run, tmp_path: Path, monkeypatch, capsys) -> None:
    from reasonlab.commands import demo

    monkeypatch.setattr(demo, "locate_in", lambda subject: [])
    run = tmp_path / "odd"
    shutil.copytree(trained.path, run)
    (run / "scores.json").write_text('{"held-out": 3}')
    assert main(["demo", "--resume", str(run), "--problems", "2", "--json"]) == 0
    assert [row["n"] for row in json.loads(capsys.readouterr().out)["scores"]] == [2, 1]


@pytest.mark.parametrize("command", ["train", "demo"])
@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--device", "cuda:99"], "cuda:99"),
        (["--device", "abacus"], "no device 'abacus'"),
        (["--device", "meta"], "cannot be used"),
        (["--name", "../../evil"], "a to z, 0 to 9 and single hyphens"),
        (["--name", "My_Run"], "such as --name my-run"),
        (["--name", ""], "--name is ''"),
        (["--name", "x" * 41], "at most 40 characters"),
        (["--minutes", "nan"], "--minutes is nan"),
        (["--minutes", "-1"], "--minutes is -1"),
        (["--minutes", "inf"], "--minutes is inf"),
        (["--problems", "0"], "--problems is 0"),
    ],
)
def test_what_cannot_be_done_is_refused_before_a_run_is_made(
    tmp_path: Path, capsys, command: str, options: list[str], says: str
) -> None:
    assert main([command, *options, "--root", str(tmp_path / "runs")]) == 2
    printed = capsys.readouterr()
    assert len(printed.err.splitlines()) == 1
    assert says in printed.err
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--difficulty", "variables=3,variables=4"], "variables is given twice"),
        (["--difficulty", "variables=0-99"], "not within"),
        (["--form", "haiku"], "plan, expand, needs, direct"),
        (["--precision", "fp3"], "no precision 'fp3'"),
    ],
)
def test_a_recipe_that_there_is_not_makes_no_run(tmp_path: Path, capsys, options: list[str], says: str) -> None:
    assert main(["train", *options, "--root", str(tmp_path / "runs")]) == 2
    assert says in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


def test_cuda_without_a_cuda_device_names_the_remedy(trained: Run, capsys) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a CUDA device")
    assert main(["sample", str(trained.path), "--device", "cuda"]) == 2
    assert "torch finds no CUDA device; expected auto or cpu here; see `reasonlab doctor`" in capsys.readouterr().err


def test_a_root_that_cannot_hold_runs_is_one_line(tmp_path: Path, capsys) -> None:
    (tmp_path / "file").write_text("")
    assert main(["train", "--problems", "8", "--root", str(tmp_path / "file" / "runs")]) == 2
    (line,) = faults(capsys.readouterr().err)
    assert "a run cannot be made in" in line


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only to root")
def test_a_run_that_is_read_only_is_refused_before_the_work(trained: Run, tmp_path: Path, capsys) -> None:
    run = tmp_path / "fixed"
    shutil.copytree(trained.path, run)
    run.chmod(0o555)
    assert main(["evaluate", str(run), "--problems", "2", "--larger", "0"]) == 2
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--port", "0"], "--port 0"),
        (["--port", "99999"], "a port from 1 to 65535"),
        (["--host", "no such host"], "--host 'no such host'"),
        (["--host", "203.0.113.9"], "a free port of this machine"),  # set aside for documentation: nobody has it
        (["--root", "{file}"], "is a file"),
    ],
)
def test_the_app_refuses_in_one_line_what_its_server_would_in_many(tmp_path, capsys, options, says) -> None:
    (tmp_path / "file").write_text("")
    assert main(["app", *(word.replace("{file}", str(tmp_path / "file")) for word in options)]) == 2
    printed = capsys.readouterr()
    assert len(printed.err.splitlines()) == 1
    assert says in printed.err


def test_the_app_refuses_a_port_that_is_taken(tmp_path: Path, capsys) -> None:
    import socket

    with socket.create_server(("localhost", 0)) as taken:
        assert main(["app", "--port", str(taken.getsockname()[1]), "--root", str(tmp_path)]) == 2
    assert "cannot be used (Address already in use)" in capsys.readouterr().err
