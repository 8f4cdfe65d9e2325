"""The loop: it learns, it stops and resumes to the same weights, and a bad checkpoint is one clear line."""

import os
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from reasonlab.language.errors import BadInput
from reasonlab.models import ARCHITECTURES, HookedModel
from reasonlab.recipes import MODEL, Recipe, make_corpus, make_model, preset_fields, recipe_from_json
from reasonlab.training import checkpoint
from reasonlab.training.batches import stream
from reasonlab.training.corpus import Corpus
from reasonlab.training.loop import Progress, TrainConfig, TrainResult, train
from reasonlab.training.optimizer import schedule, split_parameters
from reasonlab.training.precision import TOLERANCE, choose, choose_threads, threads

CPU = torch.device("cpu")
SHAPE = {**MODEL, "d_model": 32, "n_layers": 2, "n_heads": 2, "n_kv_heads": 1, "d_head": 16, "d_mlp": 48}
RECIPE = Recipe(problems=300, model=SHAPE, difficulty="variables=2-3")
CONFIG = TrainConfig(steps=24, batch_size=8, warmup=4, curriculum=6, log_every=4, checkpoint_every=8)


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return make_corpus(RECIPE, make_model(RECIPE)[1])


def fit(corpus: Corpus, folder: Path | None, config: TrainConfig = CONFIG, **more) -> tuple[HookedModel, TrainResult]:
    model, tokenizer = make_model(RECIPE)
    return model, train(model, corpus, config, pad_id=tokenizer.pad_id, device=CPU, checkpoints=folder, **more)


def weights(model: HookedModel) -> torch.Tensor:
    return torch.cat([parameter.detach().flatten() for parameter in model.parameters()])


def test_the_loss_falls(corpus: Corpus) -> None:
    losses = []
    fit(corpus, None, log=lambda row: losses.append(row["loss"]))
    assert losses[-1] < 0.8 * losses[0]


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_architecture_learns(name: str, corpus: Corpus) -> None:
    recipe = replace(RECIPE, architecture=name, model=preset_fields(name, "tiny"))
    if ARCHITECTURES[name].BYTES_ONLY:
        recipe = replace(recipe, tokenizer="bytes")
        corpus = make_corpus(recipe, make_model(recipe)[1])
    model, tokenizer = make_model(recipe)
    losses: list[float] = []
    train(model, corpus, CONFIG, pad_id=tokenizer.pad_id, device=CPU, log=lambda row: losses.append(row["loss"]))
    assert losses[-1] < 0.8 * losses[0]


def test_the_padding_of_a_row_is_the_share_of_all_that_was_computed_since_the_last(corpus: Corpus) -> None:
    rows: list[dict] = []
    fit(corpus, None, log=rows.append)
    taken = stream(corpus, CONFIG.seed, CONFIG.batch_size, 0, curriculum=CONFIG.curriculum)
    for row in rows:
        made = [next(taken) for _ in range(CONFIG.log_every)]
        real = sum(int((batch.tokens != 0).sum()) for batch in made)
        assert row["padding"] == pytest.approx(1 - real / sum(batch.tokens.numel() for batch in made))
    assert np.mean([row["padding"] for row in rows]) < 0.10


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_resumes_to_the_same_weights(corpus: Corpus, tmp_path: Path, signal_number: int) -> None:
    whole, _ = fit(corpus, None)

    def stop(now: Progress) -> None:
        if now.step == 12:
            os.kill(os.getpid(), signal_number)

    _, result = fit(corpus, tmp_path, watch=stop)
    assert result.stopped
    assert 12 <= result.step < CONFIG.steps
    resumed, result = fit(corpus, tmp_path)
    assert not result.stopped
    assert result.step == CONFIG.steps
    assert torch.equal(weights(whole), weights(resumed))


def test_a_run_killed_between_checkpoints_resumes_to_the_same_weights(
    corpus: Corpus, tmp_path: Path, killed_at
) -> None:
    whole, _ = fit(corpus, None)

    with killed_at(20) as kill:
        fit(corpus, tmp_path, watch=kill)
    assert checkpoint.latest(tmp_path).step == 16
    resumed, _ = fit(corpus, tmp_path)
    assert torch.equal(weights(whole), weights(resumed))


def test_a_half_written_checkpoint_is_never_read(corpus: Corpus, tmp_path: Path) -> None:
    fit(corpus, tmp_path)
    half = tmp_path / "step-000099"
    half.mkdir()
    (half / "model.safetensors").write_bytes(b"torn")
    assert checkpoint.latest(tmp_path).step == CONFIG.steps


def test_a_truncated_checkpoint_is_one_clear_line(corpus: Corpus, tmp_path: Path) -> None:
    fit(corpus, tmp_path)
    newest = sorted(tmp_path.glob("step-*"))[-1] / "model.safetensors"
    newest.write_bytes(newest.read_bytes()[:100])
    with pytest.raises(BadInput, match="cannot be read") as caught:
        checkpoint.latest(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_checkpoint_of_another_model_is_refused(corpus: Corpus, tmp_path: Path) -> None:
    fit(corpus, tmp_path)
    model, tokenizer = make_model(Recipe(problems=300, model={**SHAPE, "n_layers": 1}, difficulty="variables=2-3"))
    with pytest.raises(BadInput, match="of another model"):
        train(model, corpus, CONFIG, pad_id=tokenizer.pad_id, device=CPU, checkpoints=tmp_path)


def test_a_full_disk_keeps_the_checkpoint_before(corpus: Corpus, tmp_path: Path, monkeypatch) -> None:
    fit(corpus, tmp_path, CONFIG)
    before = checkpoint.latest(tmp_path)

    def full(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint, "save_file", full)
    model, _ = make_model(RECIPE)
    with pytest.raises(BadInput, match="No space left"):
        checkpoint.save(tmp_path, 999, model.state_dict(), {}, {})
    assert checkpoint.latest(tmp_path).step == before.step
    assert not list(tmp_path.glob(".writing*"))


@pytest.mark.parametrize("slow", [range(0), range(60, 80), range(200, 220)], ids=["steady", "early", "late"])
def test_a_time_budget_holds_and_a_slow_stretch_costs_steps_and_no_part_of_the_schedule(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slow: range
) -> None:
    """A clock that says 10 ms a look, and 100 ms in the slow stretch; the budget is 5 s."""
    now, looks = 0.0, 0

    def clock() -> float:
        nonlocal now, looks
        looks += 1
        now += 0.1 if looks in slow else 0.01
        return now

    monkeypatch.setattr("reasonlab.training.loop.time.perf_counter", clock)
    rates: list[float] = []
    config = TrainConfig(steps=1_000_000, batch_size=4, log_every=1, seconds=5.0, decay=0.4, checkpoint_every=50)
    model, _ = make_model(RECIPE)
    result = train(model, corpus, config, pad_id=0, device=torch.device("cpu"), checkpoints=tmp_path,
                   log=lambda row: rates.append(row["learning_rate"] / config.muon_lr))  # fmt: skip
    assert 5.0 <= result.seconds <= 5.3  # the last step, and the looks of its log row, may end past it
    assert checkpoint.latest(tmp_path).step == result.step == len(rates)
    peak = [index for index, rate in enumerate(rates) if rate == 1.0]
    assert peak == list(range(peak[0], peak[-1] + 1))
    falling = rates[peak[-1] :]
    assert falling == sorted(falling, reverse=True)
    assert falling[-1] < 0.06  # nothing left of the fall


def test_matrices_of_the_blocks_go_to_muon_and_gains_have_a_rate_of_their_own() -> None:
    model, _ = make_model(RECIPE)
    groups = split_parameters(model)
    assert all(p.ndim == 2 and name.startswith("blocks.") for name, p in groups["matrices"].items())
    assert len(groups["gains"]) == 2 * SHAPE["n_layers"]
    assert {"embed.weight", "unembed.weight", "ln_final.weight"} <= groups["rest"].keys()
    assert sum(map(len, groups.values())) == len(list(model.parameters()))


def test_the_schedule_rises_stays_and_falls_to_zero() -> None:
    shares = [schedule(step, step / 100, 10, 0.4) for step in range(100)]
    assert shares[0] == pytest.approx(0.1)
    assert shares[10:60] == pytest.approx([1.0] * 50)
    assert shares == sorted(shares[:60]) + sorted(shares[60:], reverse=True)
    assert schedule(100, 1.0, 10, 0.4) == 0.0


def test_a_precision_with_a_wrong_gradient_is_not_chosen() -> None:
    """The probe compares gradients: a loss that bf16 autocast changes must fail it."""
    layer = torch.nn.Linear(16, 16)
    x = torch.randn(4, 16, generator=torch.Generator().manual_seed(0))

    def loss() -> torch.Tensor:
        wrong = 3.0 if torch.is_autocast_enabled("cpu") else 1.0
        return wrong * layer(x).float().square().mean()

    name, measured = choose(layer, loss, CPU)
    assert name != "bf16"
    assert measured["bf16"]["gradient_error"] > TOLERANCE["bf16"]


@pytest.mark.parametrize("fewer_is_faster", [True, False])
def test_the_faster_number_of_threads_is_chosen(fewer_is_faster: bool) -> None:
    def step() -> None:
        alone = torch.get_num_threads() == 1
        sum(range(100_000 if alone == fewer_is_faster else 2_000_000))

    with threads(2):
        number, seconds = choose_threads(step)
        assert torch.get_num_threads() == 2
    assert number == (1 if fewer_is_faster else 2)
    assert seconds.keys() == {"1", "2"}


def test_a_recipe_comes_back_from_json() -> None:
    from dataclasses import asdict

    assert recipe_from_json(asdict(RECIPE)) == RECIPE
    with pytest.raises(BadInput, match="is no recipe"):
        recipe_from_json({"train": {"stepz": 3}})


def test_adamw_for_the_matrices(corpus: Corpus, tmp_path: Path) -> None:
    """It is AdamW: at its first step every entry of a matrix moves by its learning rate, decay aside."""
    model, tokenizer = make_model(RECIPE)
    before = {name: value.clone() for name, value in model.named_parameters()}
    config = replace(
        CONFIG, steps=1, matrices="adamw", adam_lr=0.01, weight_decay=0.0, warmup=0, decay=0.5, curriculum=0
    )
    train(model, corpus, config, pad_id=tokenizer.pad_id, device=CPU)
    moved = (model.get_parameter("blocks.0.mlp.up_proj.weight") - before["blocks.0.mlp.up_proj.weight"]).abs()
    assert float(moved.detach().median()) == pytest.approx(0.01, rel=1e-3)
