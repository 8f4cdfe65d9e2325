"""`reasonlab probe` on a model folder: tables, Parquet, and one line for what cannot be probed."""

import json

import pytest

from reasonlab.cli import main
from reasonlab.models import save
from reasonlab.runs.tables import read_table


@pytest.fixture(scope="module")
def folder(model, tokenizer, tmp_path_factory):
    path = tmp_path_factory.mktemp("model")
    save(model, tokenizer, path)
    return str(path)


SMALL = ("--problems", "6", "--difficulty", "variables=3-4", "--device", "cpu")


def test_all_probes_of_a_model_folder(folder, tmp_path, capsys):
    out = tmp_path / "tables"
    code = main(["probe", folder, *SMALL, "--roles", "value", "before value", "--out", str(out), "--json"])
    said = json.loads(capsys.readouterr().out)
    assert code == 0
    assert set(said["tables"]) == {"attention", "patching", "interchange"}
    assert "no non-trivial site" in said["sentence"]
    assert sorted(path.name for path in out.iterdir()) == [
        "attention.parquet", "interchange.parquet", "interchange_screen.parquet", "patching.parquet",
    ]  # fmt: skip
    row = read_table(out / "patching.parquet")[0]
    assert {"component", "layer", "head", "position", "token", "role", "effect", "control"} <= set(row)


def test_an_alignment_of_a_model_folder(folder, tmp_path, capsys):
    out = tmp_path / "tables"
    options = ["--what", "alignment", "--roles", "value", "--form", "direct", "--out", str(out), "--json"]
    code = main(["probe", folder, "--problems", "20", "--difficulty", "variables=2", "--device", "cpu", *options])
    said = json.loads(capsys.readouterr().out)
    assert code == 0
    assert said["sentence"].startswith("0 of 2 variables on the path")
    assert [row["variable"] for row in said["tables"]["alignment"]][:2] == ["constant 1", "asked"]
    assert not any(row["carries"] for row in said["tables"]["alignment"])
    row = read_table(out / "alignment.parquet")[0]
    assert {"variable", "mode", "method", "phase", "arbitrary_labels", "uninformative", "p_value"} <= set(row)
    assert {r["variable"] for r in read_table(out / "alignment_screen.parquet")} == {"constant 1", "asked"}


def test_a_table_is_printed(folder, capsys):
    assert main(["probe", folder, *SMALL, "--what", "attention"]) == 0
    printed = capsys.readouterr().out
    assert "to other steps (control)" in printed
    assert "written" not in printed


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--what", "interchange", "--variable", "zz"], "has the variable 'zz'"),
        (["--what", "interchange", "--roles", "nose"], "there is no role 'nose'"),
        (["--difficulty", "variables=20", "--problems", "2"], "expected at most 160, the model's positions"),
        (["--form", "verse"], "there is no form 'verse'"),
        (["--what", "alignment"], "no variable on the path has 20 cases"),
        (["--family", "weather"], "there is no family 'weather'"),
        (["--family", "deduction", "--difficulty", ""], "is not in the vocabulary"),
    ],
)
def test_what_cannot_be_probed_is_one_line(folder, capsys, options, line):
    assert main(["probe", folder, *SMALL, *options]) == 2
    said = capsys.readouterr()
    assert line in said.err
    assert said.err.count("\n") == 1
    assert said.out == ""


def test_a_folder_without_a_model_is_one_line(tmp_path, capsys):
    assert main(["probe", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
