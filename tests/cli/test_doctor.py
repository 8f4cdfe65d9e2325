"""The doctor: one line a check, a remedy for each that is not well, and no need of what it checks."""

import importlib.metadata
import json
import struct
import subprocess
import sys

import pytest

from reasonlab import doctor
from reasonlab.cli import main
from reasonlab.doctor import (
    check_python,
    check_requirement,
    check_shipped,
    check_writable,
    checkpoint_problem,
    satisfies,
)
from reasonlab.runs import Run


def test_json_is_a_list_of_checks(capsys, tmp_path):
    code = main(["doctor", "--json", "--root", str(tmp_path)])
    checks = json.loads(capsys.readouterr().out)
    assert all(set(check) == {"name", "state", "found", "remedy"} for check in checks)
    assert all(bool(check["remedy"]) == (check["state"] != "ok") for check in checks)
    assert code == int(any(check["state"] == "red" for check in checks))
    names = [check["name"] for check in checks]
    assert len(set(names)) == len(names)
    assert {"python", "networkx", "z3-solver", "torch", "duckdb", "disk", "runs folder", "browser", "git"} <= set(names)


def test_the_table_shows_every_check(capsys, tmp_path):
    main(["doctor", "--root", str(tmp_path)])
    out = capsys.readouterr().out
    assert "z3-solver" in out
    assert "runs folder" in out


def test_it_works_without_torch_and_the_other_extras(tmp_path):
    # An installation of the core only: the extras can neither be found nor imported.
    code = f"""
import importlib.metadata, sys
gone = {{"torch", "numpy", "duckdb", "pyarrow", "streamlit", "playwright"}}
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in gone:
            raise ModuleNotFoundError("No module named " + name, name=name)
sys.meta_path.insert(0, Absent())
version = importlib.metadata.version
def fake_version(name):
    if name in gone:
        raise importlib.metadata.PackageNotFoundError(name)
    return version(name)
importlib.metadata.version = fake_version
from reasonlab.cli import main
sys.exit(main(["doctor", "--json", "--root", {str(tmp_path)!r}]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    checks = {check["name"]: check for check in json.loads(done.stdout)}
    assert checks["torch"]["state"] == "warn"
    assert "device" not in checks
    assert done.returncode == int(any(check["state"] == "red" for check in checks.values()))


@pytest.mark.parametrize(
    ("version", "wanted", "met"),
    [
        ("2.13.0+cpu", "==2.13.0", True),
        ("2.13", "==2.13.0", True),
        ("2.13.1", "==2.13.0", False),
        ("3.10", ">=3.9", True),
        ("3.4", ">=3.10", False),
        ("5.4.1.0", ">=4.13", True),
        ("1.0", "", True),
    ],
)
def test_versions_compare_as_numbers(version, wanted, met):
    assert satisfies(version, wanted) == met


@pytest.mark.parametrize(
    ("line", "state"),
    [
        ("networkx>=3.4", "ok"),
        ("networkx>=900", "red"),
        ("no-such-distribution>=1", "red"),
        ('no-such-distribution>=1; extra == "models"', "warn"),
        ('networkx>=900; extra == "models"', "red"),
    ],
)
def test_a_requirement_is_red_in_the_core_and_a_warning_in_an_extra(line, state):
    (check,) = check_requirement(line)
    assert check.state == state
    assert bool(check.remedy) == (state != "ok")


def test_a_reference_to_our_own_extras_is_no_package():
    assert list(check_requirement('reasonlab[models,runs]; extra == "app"')) == []


def test_every_requirement_of_ours_is_understood():
    lines = importlib.metadata.requires("reasonlab")
    names = [check.name for line in lines for check in check_requirement(line)]
    assert len(names) == sum(not line.startswith("reasonlab[") for line in lines)


def test_an_old_python_is_red():
    assert check_python((3, 10, 9)).state == "red"
    assert check_python((3, 11, 0)).state == "ok"


def test_the_runs_folder_is_tried_and_left_as_it_was(tmp_path):
    assert check_writable(tmp_path / "not" / "yet").state == "ok"
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").write_text("")
    assert check_writable(tmp_path / "file").state == "red"


def checkpoint(folder):
    """A whole safetensors file of one tensor of 8 bytes, with its config, in a run folder."""
    folder.mkdir(parents=True)
    header = json.dumps({"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + bytes(8))
    (folder / "config.json").write_text("{}")
    return folder / "model.safetensors"


def test_a_whole_checkpoint_is_ok_and_none_is_a_warning(tmp_path):
    checkpoint(tmp_path / "arithmetic" / "model")
    (check,) = check_shipped(tmp_path)
    assert (check.name, check.state) == ("checkpoint arithmetic/model", "ok")
    for empty in (tmp_path / "nowhere", tmp_path / "arithmetic" / "model" / "config.json"):
        assert [check.state for check in check_shipped(empty)] == ["warn"]


def test_a_checkpoint_cut_anywhere_is_red(tmp_path):
    path = checkpoint(tmp_path / "model")
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        assert checkpoint_problem(path), length
    path.write_bytes(whole)
    assert checkpoint_problem(path) is None
    (path.parent / "config.json").unlink()
    assert "config.json" in checkpoint_problem(path)


def test_a_checkpoint_that_differs_from_its_sealed_run_is_red(tmp_path):
    run = Run.create(tmp_path, kind="train")
    path = checkpoint(run.path / "model")
    run.seal()
    assert checkpoint_problem(path) is None
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")
    assert checkpoint_problem(path) == "model/model.safetensors was changed"


def test_no_disk_is_red_with_a_remedy(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor, "MINIMUM_GB", 1e9)
    check = doctor.check_disk(tmp_path / "none")
    assert check.state == "red"
    assert check.remedy
