"""Where a command writes: one rule for every command, looked at before the work, and nothing lost."""

import json
import os
import stat
from pathlib import Path

import pytest

from reasonlab.cli import main
from reasonlab.commands.outfile import check_outdir, check_outfile, outfile
from reasonlab.language.errors import BadInput

CHAIN = {"givens": ["a = 3"], "query": {"value": "a"}, "steps": ["a = 3"], "answer": "3"}


@pytest.fixture
def writers(tmp_path: Path) -> dict[str, list[str]]:
    """Commands that take --out, with arguments that fail where the place were looked at only after the work."""
    chains = tmp_path / "chains.jsonl"
    chains.write_text(json.dumps(CHAIN) + "\n")
    return {
        "problems": ["problems", "--count", "1"],
        "verify": ["verify", str(chains)],
        "sample": ["sample", "no-such-run"],
        "report": ["report", "no-such-run"],
        "probe": ["probe", "no-such-run"],
    }


@pytest.mark.parametrize("command", ["problems", "verify", "sample", "report", "probe"])
def test_the_folder_must_be_there(tmp_path: Path, capsys, writers, command: str) -> None:
    place = tmp_path / "not" / "there"
    assert main([*writers[command], "--out", str(place)]) == 2
    printed = capsys.readouterr()
    assert len(printed.err.splitlines()) == 1
    assert f"--out {str(place)!r} cannot be written: {str(place.parent)!r} is no folder" in printed.err
    assert not place.parent.exists()


@pytest.mark.parametrize("command", ["problems", "verify", "sample", "report"])
def test_a_folder_is_no_file(tmp_path: Path, capsys, writers, command: str) -> None:
    assert main([*writers[command], "--out", str(tmp_path)]) == 2
    printed = capsys.readouterr()
    assert len(printed.err.splitlines()) == 1
    assert "is a folder; expected the name of a file" in printed.err


def test_probe_writes_a_folder(tmp_path: Path, capsys, writers) -> None:
    (tmp_path / "file").write_text("")
    assert main([*writers["probe"], "--out", str(tmp_path / "file")]) == 2
    assert "is a file; expected a folder" in capsys.readouterr().err


def test_a_place_is_judged_without_touching_it(tmp_path: Path) -> None:
    file = tmp_path / "file"
    assert check_outfile(file) == check_outdir(file) == file
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only to root")
def test_a_place_without_permission_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    with pytest.raises(BadInput, match="permission denied"):
        check_outfile(tmp_path / "file")
    with pytest.raises(BadInput, match="permission denied"):
        check_outdir(tmp_path / "folder")


def test_what_was_there_stays_until_all_is_written(tmp_path: Path) -> None:
    place = tmp_path / "file"
    place.write_text("before")

    def fail() -> None:
        with outfile(place) as file:
            file.write("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert (place.read_text(), list(tmp_path.iterdir())) == ("before", [place])
    with outfile(place) as file:
        file.write("after ä")
    assert (place.read_text(encoding="utf-8"), list(tmp_path.iterdir())) == ("after ä", [place])


def test_a_pipe_is_written_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with outfile(pipe) as file:
        file.write("through")
    assert os.read(reader, 100) == b"through"
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    os.close(reader)
