"""Tables keep their data when piped and obey nothing that is written in a cell; progress stays off stdout."""

import json
from dataclasses import dataclass

import pytest

from reasonlab.commands import output
from reasonlab.commands.output import emit_json_list, emit_table, progress


@dataclass(frozen=True)
class Row:
    name: str
    value: float | None


def test_a_table_shows_every_cell_whole(capsys):
    long = "x" * 500
    emit_table("Scores", [Row(long, 0.123456), Row("[red]b[/red]", None)])
    out = capsys.readouterr().out
    assert long in out
    assert "0.1235" in out
    assert "[red]b[/red]" in out


def test_control_characters_do_not_reach_the_terminal(capsys):
    emit_table("Title \x1b[2J", [{"text": "a\x1b[31mb\x07\u202e", "tab\x1b": "1\t2"}])
    out = capsys.readouterr().out
    assert not set("\x1b\x07\u202e\t") & set(out)


def test_no_rows_are_said_in_words(capsys):
    emit_table("Runs", [])
    assert capsys.readouterr().out == "Runs: none\n"


def test_json_is_one_document_with_every_key(capsys):
    emit_table("Scores", [Row("a", float("nan")), {"b": [1]}], json=True, columns=["b"])
    assert json.loads(capsys.readouterr().out) == [{"name": "a", "value": None}, {"b": [1]}]


def test_a_list_of_json_is_printed_as_it_comes(capsys):
    def items():
        yield {"a": 1}
        assert capsys.readouterr().out == '[\n  {"a": 1}'
        yield [float("nan")]

    emit_json_list(items())
    assert capsys.readouterr().out == ",\n  [null]\n]\n"
    emit_json_list(iter(()))
    assert capsys.readouterr().out == "[]\n"


def test_columns_choose_and_order(capsys):
    emit_table("T", [{"alpha": 1, "beta": 2, "gamma": 3}], columns=["gamma", "alpha"])
    out = capsys.readouterr().out
    assert out.index("gamma") < out.index("alpha")
    assert "beta" not in out


def test_progress_without_a_terminal_is_plain_lines_on_stderr(capsys, monkeypatch):
    clock = iter(range(0, 1000, 2))
    monkeypatch.setattr(output.time, "monotonic", lambda: float(next(clock)))
    with progress("train", 12, done=2) as bar:
        for step in range(10):
            bar.advance(loss=1 / (step + 1), proved=0.5)
    shown = capsys.readouterr()
    lines = shown.err.splitlines()
    assert shown.out == ""
    assert "\x1b" not in shown.err
    assert "\r" not in shown.err
    assert 2 <= len(lines) < 10
    assert all("loss" in line and "proved 0.5" in line and "taken" in line for line in lines)
    assert "left" in lines[0]
    assert lines[-1].startswith("train 12/12")


def test_progress_says_what_was_reached_when_stopped(capsys):
    def job():
        with progress("train", None) as bar:
            bar.advance(3)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        job()
    assert capsys.readouterr().err.startswith("train 3  ")
