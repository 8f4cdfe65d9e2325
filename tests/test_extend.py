"""docs/extend.md as somebody would follow it: its examples in a distribution of their own, found by entry points."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from reasonlab.cli import main
from reasonlab.tasks import family_names
from reasonlab.tasks.problems import _installed

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "extend.md").read_text(encoding="utf-8")
ADDED = dict(re.findall(r"```python\n# (my_lab/\w+\.py)\n(.*?)```", PAGE, re.DOTALL))
POINTS = re.sub(r'\[project\.entry-points\."(.+?)"\]', r"[\1]", re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)[0])


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """The page's examples, installed; and `broken`, whose module is not there."""
    for name, code in ADDED.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(code, encoding="utf-8")
    about = tmp_path / "my_lab-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: my-lab\nVersion: 1.0\n")
    points = POINTS.replace('"', "").replace("my_lab.sums\n", "my_lab.sums\nbroken = my_lab.nowhere\nempty = my_lab\n")
    (about / "entry_points.txt").write_text(points)
    (tmp_path / "my_lab" / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    _installed.cache_clear()
    yield tmp_path / "runs"
    for name in [name for name in sys.modules if name.split(".")[0] == "my_lab"]:
        del sys.modules[name]
    _installed.cache_clear()


@pytest.fixture
def said(capsys):
    def run(*words):
        code = main(list(words))
        printed = capsys.readouterr()
        assert code == 0, printed.err
        return json.loads(printed.out)

    return run


def test_each_example_is_short():
    assert sorted(ADDED) == ["my_lab/gpt2.py", "my_lab/norms.py", "my_lab/sums.py"]
    for code in ADDED.values():
        assert len(code.strip().splitlines()) < 30


def test_a_family_is_drawn_verified_trained_and_evaluated(installed, said, tmp_path):
    assert family_names() == ["arithmetic", "deduction", "broken", "empty", "sums"]
    drawn = said("problems", "--family", "sums", "--count", "40", "--form", "expand", "--json")
    assert len({record["id"] for record in drawn}) == 40
    path = tmp_path / "gold.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in drawn))
    assert main(["verify", str(path), "--fail-under", "1", "--out", str(tmp_path / "verdicts.jsonl")]) == 0
    verdicts = [json.loads(line) for line in (tmp_path / "verdicts.jsonl").read_text().splitlines()]
    assert {verdict["outcome"] for verdict in verdicts} == {"proved"}


def test_a_family_is_trained_on_and_evaluated(installed, said):
    root = ("--root", str(installed), "--device", "cpu", "--json")
    made = said(
        "train", "--family", "sums", "--form", "expand", "--steps", "2", "--problems", "50", "--layers", "1",
        "--width", "32", "--mlp", "32", "--evaluate-problems", "2", "--precision", "fp32", *root,
    )  # fmt: skip
    scores = said("evaluate", made["path"], "--problems", "2", "--larger", "2", *root)
    assert scores["held-out"]["asked"]["family"] == "sums"
    assert scores["larger"]["asked"]["difficulty"]["length"] == [5, 7]


def test_a_probe_and_a_bridged_model(installed, said):
    few = ("--problems", "3", "--device", "cpu", "--json")
    rows = said("probe", "my-gpt2", "--family", "arithmetic", "--what", "norms", *few)["tables"]["norms"]
    assert {row["layer"] for row in rows} == {0, 1}
    assert all(row["norm"] > 0 for row in rows)
    shown = said("probe", "my-gpt2", *few)["tables"]
    assert set(shown) == {"attention", "patching"}


def test_a_folder_that_transformers_wrote_is_probed(installed, said, tmp_path, capsys, monkeypatch):
    from my_lab import gpt2

    with monkeypatch.context() as unbridged:
        unbridged.setattr(gpt2, "bridge", lambda model, device: model)
        model, tokenizer = gpt2.load("cpu")
    model.save_pretrained(tmp_path / "theirs")
    assert main(["probe", str(tmp_path / "theirs"), "--device", "cpu"]) == 2
    assert "theirs has no tokenizer" in capsys.readouterr().err
    tokenizer.save(tmp_path / "theirs")
    few = ("--problems", "3", "--device", "cpu", "--json")
    theirs = said("probe", str(tmp_path / "theirs"), "--what", "norms", *few)["tables"]["norms"]
    named = said("probe", "my-gpt2", "--what", "norms", *few)["tables"]["norms"]
    assert [row["norm"] for row in theirs] == pytest.approx([row["norm"] for row in named], rel=1e-5)
    assert main(["probe", str(tmp_path / "theirs"), "--what", "interchange", *few]) == 2
    assert "cannot go on writing under an intervention" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("problems", "--family", "broken"), "'broken' of my-lab cannot be loaded (ModuleNotFoundError"),
        (("problems", "--family", "empty"), "'empty' is not whole (module 'my_lab' has no attribute 'NAME')"),
        (("problems", "--family", "nobody"), "expected one of arithmetic, deduction, broken, empty, sums"),
        (
            ("probe", "--what", "nobody"),
            "no probe 'nobody'; expected all, attention, patching, interchange, alignment, circuit, linear, roc, norms",
        ),
    ],
)
def test_what_is_broken_or_missing_is_one_line(installed, capsys, words, says):
    assert main(list(words)) == 2
    printed = capsys.readouterr()
    assert says in printed.err
    assert len(printed.err.strip().splitlines()) == 1


def test_two_distributions_with_one_name_are_refused(installed, capsys):
    other = installed.parent / "your_lab-1.0.dist-info"
    other.mkdir()
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: your-lab\nVersion: 1.0\n")
    (other / "entry_points.txt").write_text("[reasonlab.families]\nsums = my_lab.sums\n")
    assert main(["problems", "--family", "sums"]) == 2
    said = capsys.readouterr().err
    assert "'sums' of reasonlab.families is in" in said
    assert "my-lab" in said
    assert "your-lab" in said
