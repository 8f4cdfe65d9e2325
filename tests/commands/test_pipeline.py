"""The commands on a model so small that it learns nothing: every stage runs, resumes, and says what is wrong."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from reasonlab.cli import main
from reasonlab.models import ARCHITECTURES, load
from reasonlab.runs import Run
from reasonlab.training.loop import TrainResult


def test_train_leaves_a_whole_run(trained: Run) -> None:
    assert trained.record.status == "finished"
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= {
        p.name for p in (trained.path / "model").iterdir()
    }
    last = trained.metrics()[-1]
    assert last["step"] == 10
    assert 0 <= last["proved"] <= 1


def test_training_goes_on_from_another_run(trained: Run, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With learning rates of nearly nothing the weights stay what they were."""
    words = ["train", "--root", str(root), "--start", trained.path.name, "--name", "further", "--steps", "1",
             "--muon-lr", "1e-9", "--adam-lr", "1e-9", "--gain-lr", "1e-9", "--problems", "64", "--layers"]  # fmt: skip
    small = ["--width", "32", "--mlp", "32", "--difficulty", "variables=2-3", "--evaluate-problems", "4"]
    assert main([*words, "1", *small]) == 0
    further = Run.open(next(root.glob("*-further")))
    assert further.record.config["recipe"]["start"] == trained.path.name  # type: ignore[index]
    before, after = load(trained.path / "model")[0], load(further.path / "model")[0]
    for (name, old), new in zip(before.named_parameters(), after.parameters()):
        torch.testing.assert_close(old, new, atol=1e-5, rtol=1e-5, msg=name)
    capsys.readouterr()
    assert main([*words, "3", *small]) == 2
    assert "another shape" in capsys.readouterr().err
    assert main(["train", "--root", str(root), "--start", "nothing"]) == 2


@pytest.mark.parametrize("architecture", sorted(set(ARCHITECTURES) - {"qwen3"}))
def test_train_takes_every_architecture(architecture: str, tmp_path: Path) -> None:
    words = ["train", "--root", str(tmp_path), "--architecture", architecture, "--preset", "tiny", "--problems", "64"]
    short = ["--steps", "6", "--batch-size", "8", "--precision", "fp32", "--difficulty", "variables=2-3"]
    read = ["--tokenizer", "bytes"] if ARCHITECTURES[architecture].BYTES_ONLY else []
    assert main([*words, *short, *read, "--evaluate-problems", "2", "--name", "subject"]) == 0
    run = Run.open(next(tmp_path.glob("*-subject")))
    content = json.loads((run.path / "model" / "config.json").read_text())
    assert content["model_type"] == architecture
    assert load(run.path / "model").tokenizer is not None
    assert run.metrics()[-1]["step"] == 6


def test_what_is_there_for_training_only_resumes_and_stays_out_of_the_model_folder(tmp_path: Path, capsys) -> None:
    words = ["train", "--root", str(tmp_path), "--architecture", "deepseek_v3", "--problems", "64", "--steps", "6",
             "--batch-size", "8", "--precision", "fp32", "--difficulty", "variables=2-3", "--evaluate-problems", "0",
             "--checkpoint-every", "3", "--name"]  # fmt: skip
    trained_so = ["--predict", "1", "--further", "0.2", "--sequence-balance"]
    assert main([*words, "subject", *trained_so]) == 0
    run = Run.open(next(tmp_path.glob("*-subject")))
    recipe = run.record.config["recipe"]
    assert (recipe["model"]["n_predict"], recipe["model"]["sequence_balance"]) == (1, True)  # type: ignore[index, call-overload]
    assert recipe["train"]["further"] == 0.2  # type: ignore[index, call-overload]
    end, saved = run.path / "checkpoints" / "step-000006", run.path / "model" / "model.safetensors"
    before = {path: path.read_bytes() for path in (end / "model.safetensors", saved)}
    predictors = {name for name in load_file(end / "model.safetensors") if name.startswith("predictors.")}
    assert predictors
    assert not any("predict" in name or "layers.4." in name for name in load_file(saved))  # four layers, 0 to 3
    shutil.rmtree(end)
    saved.unlink()
    assert main(["train", "--resume", str(run.path)]) == 0
    assert {path: path.read_bytes() for path in before} == before

    model = load(run.path / "model").model
    assert (model.config.n_predict, model.config.sequence_balance) == (0, True)
    assert main([*words, "more", *trained_so, "--start", run.path.name]) == 0  # the predictors begin afresh
    capsys.readouterr()
    assert main([*words, "less", "--start", run.path.name, "--sequence-balance", "--architecture", "gpt_oss"]) == 2
    assert "--sequence-balance with gpt_oss; expected an architecture that can" in capsys.readouterr().err
    assert main([*words, "less", "--predict", "-1"]) == 2
    assert main([*words, "less", "--further", "nan"]) == 2
    assert not list(tmp_path.glob("*-less"))


def test_a_preset_gives_qwen3_its_shape(tmp_path: Path) -> None:
    words = ["train", "--root", str(tmp_path), "--preset", "tiny", "--problems", "64", "--steps", "1"]
    assert main([*words, "--precision", "fp32", "--evaluate-problems", "0", "--name", "subject"]) == 0
    model = load(next(tmp_path.glob("*-subject")) / "model").model
    assert (model.config.d_model, model.config.n_layers, model.config.max_positions) == (128, 4, 512)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--architecture", "gpt2"], "the architecture 'gpt2'"),
        (["--architecture", "gpt_oss", "--preset", "huge"], "the preset 'huge'"),
        (["--architecture", "gpt_oss", "--layers", "2"], "--layers with the preset tiny of gpt_oss"),
        (["--preset", "small", "--mlp", "64"], "--mlp with the preset small of qwen3"),
        (["--balance", "-1"], "--balance is -1"),
        (["--architecture", "byte_latent"], "byte_latent on words; expected bytes"),
        (["--architecture", "byte_latent", "--width", "64"], "--width with the preset tiny of byte_latent"),
    ],
    ids=lambda x: " ".join(x) if isinstance(x, list) else "",
)
def test_a_shape_that_is_none_is_one_line(words: list[str], said: str, tmp_path: Path, capsys) -> None:
    assert main(["train", "--root", str(tmp_path), *words]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert len(error.strip().splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_sample_writes_what_verify_reads(trained: Run, root: Path, tmp_path: Path) -> None:
    out = tmp_path / "chains.jsonl"
    assert main(["sample", trained.path.name, "--root", str(root), "--count", "3", "--out", str(out)]) == 0
    verdicts = tmp_path / "verdicts.jsonl"
    assert main(["verify", str(out), "--out", str(verdicts)]) in (0, 1)
    chains = [json.loads(line) for line in out.read_text().splitlines()]
    assert [json.loads(line)["id"] for line in verdicts.read_text().splitlines()] == [chain["id"] for chain in chains]


def test_evaluate_writes_chains_and_scores(trained: Run, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["evaluate", trained.path.name, "--root", str(root), "--problems", "6", "--larger", "3", "--json"]
    assert main(arguments) == 0
    entries = json.loads(capsys.readouterr().out)
    assert entries["held-out"]["overall"]["chains"] == 6
    assert entries["larger"]["asked"]["difficulty"]["variables"] == [4, 6]
    assert len(trained.read_table("chains/held-out.parquet")) == 6
    assert set(trained.scores()) == {"held-out", "larger"}


def test_report_is_one_file(trained: Run, root: Path) -> None:
    assert main(["report", trained.path.name, "--root", str(root)]) == 0
    html = (trained.path / "report.html").read_text()
    assert "<script src" not in html
    assert "http://" not in html.replace("http://www.w3.org", "")


def test_the_demo_goes_through_and_resumes(root: Path, capsys: pytest.CaptureFixture[str], monkeypatch) -> None:
    from dataclasses import replace

    from reasonlab import recipes
    from reasonlab.commands import demo

    small = {**recipes.MODEL, "d_model": 32, "n_layers": 2, "n_heads": 1, "n_kv_heads": 1, "d_mlp": 32}
    recipe = replace(
        recipes.DEMO, problems=200, model=small,
        train=replace(recipes.DEMO.train, steps=6, batch_size=8, precision="fp32", curriculum=0, checkpoint_every=3),
    )  # fmt: skip
    monkeypatch.setattr(recipes, "DEMO", recipe)
    monkeypatch.setattr(demo, "PROBED", 12)
    with monkeypatch.context() as patch:  # stopped in training
        patch.setattr(recipes, "fit", lambda *_, **__: TrainResult(3, True, 0.1, 64, 1.0))
        assert main(["demo", "--problems", "8", "--root", str(root), "--name", "half"]) == 130
        (half,) = root.glob("*-half")
        assert f"go on with: reasonlab demo --resume {half.name}\n" in capsys.readouterr().err
    assert main(["demo", "--problems", "8", "--root", str(root), "--json"]) == 0
    first = json.loads(capsys.readouterr().out)
    assert [row["problems"] for row in first["scores"]] == ["held-out", "larger"]
    place = Run.open(root / first["run"])
    assert (place.path / "report.html").is_file()
    assert place.tables("probes")
    steps = len(place.metrics())
    assert main(["demo", "--resume", first["run"], "--problems", "8", "--root", str(root), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["scores"] == first["scores"]
    assert len(place.metrics()) == steps  # nothing was trained again


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["train", "--family", "geometry"], "no family"),
        (["train", "--difficulty", "variables=0-99"], "not within"),
        (["train", "--form", "sonnet"], "no form"),
        (["train", "--device", "abacus"], "no device"),
        (["sample", "no-such-run"], "names no run"),
        (["evaluate", "no-such-run"], "names no run"),
        (["problems", "--count", "0"], "0"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    arguments: list[str], says: str, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = [] if arguments[0] == "problems" else ["--root", str(root)]
    assert main([*arguments, *where]) == 2
    error = capsys.readouterr().err.strip().splitlines()
    assert says in error[-1]
    assert "expected" in error[-1]
