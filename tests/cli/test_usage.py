"""Usage errors: one line that says what is wrong, what was expected, and where help is; exit code 2."""

from dataclasses import make_dataclass

import pytest
import tyro

from reasonlab.cli import COMMANDS, main
from reasonlab.tasks import FAMILIES

CASES = [
    ("demo --colour", "'--colour' is no option"),
    ("demo --minuts 3", "did you mean --minutes?"),
    ("evaluate --save", "did you mean --no-save?"),
    ("evaluate --rot x", "did you mean --root?"),
    ("verify x --fail_undr 1", "did you mean --fail-under?"),
    ("demo --minutes many", "--minutes: could not convert string to float: 'many'; expected a number"),
    ("train --steps 1.5", "--steps: invalid literal for int() with base 10: '1.5'; expected a whole number"),
    ("train --steps", "--steps has no value; expected a whole number"),
    ("problems --count --out", "--count has no value"),
    ("verify x --engine spark", "--engine is 'spark'; expected one of local, ray"),
    ("demo --json=yes", "one word too many"),
    ("sample a b", "'b' is one word too many"),
    ("runs", "there is no subcommand; expected one of list, compare, sql; such as `reasonlab runs list`"),
    ("runs lst", "'lst' is no subcommand; expected one of list, compare, sql; did you mean list?"),
    ("runs list --jsn", "did you mean --json?"),
    ("runs compare a", "B is missing"),
    ("runs sql", "SELECT is missing"),
    ("report", "RUN is missing"),
    ("report x --opne", "did you mean --open?"),
]


def refused(capsys, args: list[str]) -> str:
    assert main(args) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    (line,) = printed.err.splitlines()
    assert line.startswith(f"reasonlab {args[0]}: ")
    assert "; expected " in line
    assert line.endswith(f"see `reasonlab {args[0]} --help`")
    return line


@pytest.mark.parametrize(("words", "says"), CASES, ids=[words for words, _ in CASES])
def test_a_usage_error_is_one_line(capsys, words, says):
    assert says in refused(capsys, words.split())


@pytest.mark.parametrize("words", [words for words, _ in CASES])
def test_without_the_hook_of_tyro_it_is_a_general_line(capsys, monkeypatch, words):
    monkeypatch.delattr(tyro._errors, "on_parse_error")
    assert "was not understood" in refused(capsys, words.split())


def test_an_event_of_another_version_is_a_general_line(capsys, monkeypatch):
    novelty = make_dataclass("Novelty", ["tokens"], bases=(tyro._errors.ParseErrorEvent,), frozen=True)
    monkeypatch.setattr(tyro._errors, "UnrecognizedArgs", novelty)
    assert "'--colour' was not understood" in refused(capsys, ["demo", "--colour"])


@pytest.mark.parametrize("name", COMMANDS)
def test_help_goes_to_standard_output(capsys, name):
    assert main([name, "--help"]) == 0
    printed = capsys.readouterr()
    assert f"usage: reasonlab {name}" in printed.out
    assert printed.err == ""


@pytest.mark.parametrize("name", ["problems", "train"])
def test_help_names_every_form_of_a_chain(capsys, name):
    main([name, "--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert all(form in text for family in FAMILIES.values() for form in family.forms)


def test_help_names_what_there_is_to_choose_from(capsys):
    registry = pytest.importorskip("reasonlab.models.registry")
    settings = [field for kind in FAMILIES.values() for field in kind.difficulty.__dataclass_fields__]
    for command, names in (("train", list(registry.ARCHITECTURES)), ("problems", [*FAMILIES, *settings])):
        assert main([command, "--help"]) == 0
        shown = capsys.readouterr().out
        assert [name for name in names if name not in shown] == []
