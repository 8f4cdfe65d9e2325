"""The `reasonlab` command: its table, and every way a command can end, as a line and an exit code."""

import json
import re
import subprocess
import sys
import types
from dataclasses import dataclass

import pytest

from reasonlab import cli
from reasonlab.cli import COMMANDS, main
from reasonlab.language.errors import BadInput, ParseError

PROMISED = (
    *("demo", "problems", "train", "sample", "verify", "explain"),
    *("evaluate", "probe", "report", "runs", "app", "doctor"),
)


def reasonlab(*args: str, **extra) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "reasonlab.cli", *args], capture_output=True, text=True, timeout=60, **extra
    )


@pytest.fixture
def command(monkeypatch):
    """Makes `reasonlab demo` a command with one option whose body is the function given."""

    @dataclass(frozen=True)
    class Options:
        """What to do."""

        count: int = 1

    def install(body):
        module = types.ModuleType("reasonlab.commands.demo")
        module.Options, module.run = Options, body
        monkeypatch.setitem(sys.modules, "reasonlab.commands.demo", module)

    return install


def raising(error):
    def body(options):
        raise error

    return body


@pytest.mark.parametrize("args", [[], ["--help"], ["-h"], ["help"]])
def test_help_names_every_command(capsys, args):
    assert main(args) == 0
    text = capsys.readouterr().out
    assert tuple(COMMANDS) == PROMISED
    for name, says in COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(says)}$", text, re.M)


def test_version(capsys):
    assert main(["--version"]) == 0
    assert re.fullmatch(r"reasonlab \d+\.\d+\.\d+\S*\n", capsys.readouterr().out)


@pytest.mark.parametrize(
    ("typed", "meant"), [("verfy", "verify"), ("run", "runs"), ("docter", "doctor"), ("--foo", None)]
)
def test_an_unknown_command_is_one_line_with_the_likely_one(capsys, typed, meant):
    assert main([typed]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 1
    assert (f"did you mean `reasonlab {meant}`" in shown.err) == (meant is not None)


def test_options_reach_the_command_and_its_code_comes_back(command):
    command(lambda options: options.count)
    assert main(["demo", "--count", "3"]) == 3


ENDS = [
    (BadInput("a is 3", "an even number", "give 4"), 2, "reasonlab demo: a is 3; expected an even number; give 4\n"),
    (ParseError("no operator", 4), 2, "reasonlab demo: no operator (at character 4)\n"),
    (KeyboardInterrupt(), 130, "reasonlab demo: stopped; what was finished is kept\n"),
    (
        ZeroDivisionError("oh\nno"),
        4,
        "reasonlab demo: internal fault: ZeroDivisionError: oh no; "
        "run again with REASONLAB_DEBUG=1 for the traceback\n",
    ),
    (
        ModuleNotFoundError("No module named 'torch'", name="torch"),
        2,
        "reasonlab demo: torch is not installed; expected the extra 'models'; "
        "pip install 'reasonlab[models]' (or -e '.[models]' in a checkout)\n",
    ),
    (SystemExit(3), 3, ""),
    (SystemExit(None), 0, ""),
]


@pytest.mark.parametrize(("error", "code", "line"), ENDS, ids=[type(error).__name__ for error, _, _ in ENDS])
def test_every_end_is_a_code_and_at_most_one_line(command, capsys, monkeypatch, error, code, line):
    monkeypatch.delenv("REASONLAB_DEBUG", raising=False)
    command(raising(error))
    assert main(["demo"]) == code
    assert capsys.readouterr().err == line


def test_the_traceback_is_shown_when_asked_for(command, capsys, monkeypatch):
    monkeypatch.setenv("REASONLAB_DEBUG", "1")
    command(raising(ZeroDivisionError("oh")))
    assert main(["demo"]) == 4
    assert "Traceback" in capsys.readouterr().err


def test_a_missing_module_of_ours_or_of_nobody_is_a_fault(command, capsys):
    command(raising(ModuleNotFoundError("No module named 'reasonlab.x'", name="reasonlab.x")))
    assert main(["demo"]) == 4
    assert "internal fault" in capsys.readouterr().err


@pytest.mark.parametrize("args", [["demo", "--colour"], ["demo", "--count", "many"]])
def test_usage_errors_do_not_reach_the_command(command, capsys, args):
    command(raising(ZeroDivisionError()))
    assert main(args) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 1


def test_a_command_that_is_not_installed_is_one_line(capsys, monkeypatch):
    monkeypatch.setitem(cli.COMMANDS, "absent", "not there")
    assert main(["absent"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_reader_that_leaves_early_is_no_error(tmp_path):
    words = f"runs sql 'SELECT range AS x FROM range(50000)' --json --root {tmp_path}"
    line = f"{sys.executable} -m reasonlab.cli {words} | head -1"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("[\n", "")


def test_a_terminal_without_our_characters_gets_a_question_mark(tmp_path):
    done = reasonlab("runs", "sql", "SELECT '⊢' AS a", "--root", str(tmp_path), env={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0
    assert "?" in done.stdout


def test_the_installed_command_answers(tmp_path):
    done = reasonlab("runs", "list", "--json", env={"REASONLAB_RUNS": str(tmp_path / "none")}, cwd=tmp_path)
    assert (done.returncode, json.loads(done.stdout), done.stderr) == (0, [], "")
