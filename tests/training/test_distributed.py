"""Two processes with half of a batch each have the loss and the gradients of one with all of it."""

import os
import socket
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import torch.multiprocessing as mp

from reasonlab.language.errors import BadInput
from reasonlab.models import ARCHITECTURES
from reasonlab.recipes import MODEL, Recipe, make_corpus, make_model, preset_fields
from reasonlab.training import checkpoint
from reasonlab.training.batches import stream
from reasonlab.training.distributed import Objective, World, parallel, share, world
from reasonlab.training.loop import TrainConfig, chain_loss, train
from reasonlab.training.sharding import gathered

RECIPE = Recipe(
    problems=64,
    model={**MODEL, "d_model": 32, "n_layers": 1, "n_heads": 2, "n_kv_heads": 1, "d_head": 16, "d_mlp": 48},
    difficulty="variables=2-5",
)
CPU = torch.device("cpu")


@pytest.fixture
def port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def gradients_and_losses(here: World, batches) -> torch.Tensor:
    model, _ = make_model(RECIPE)
    objective, losses = (
        parallel(Objective(model, lambda model, batch: (chain_loss(model, batch), torch.zeros(()))), here),
        [],
    )
    for batch in batches:
        loss, _ = objective(share(batch, here))
        loss.backward()
        losses.append(loss.detach())
    return torch.cat([*(p.grad.flatten() for p in model.parameters()), torch.stack(losses)])


def batches_of(corpus, pad_id):
    source = stream(corpus, 0, 8, pad_id)
    return [next(source) for _ in range(3)]


def work(rank: int, port: int, folder: str, batches) -> None:
    os.environ.update(RANK=str(rank), WORLD_SIZE="2", MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
    torch.set_num_threads(1)
    with world(CPU) as here:
        torch.save(gradients_and_losses(here, batches), f"{folder}/{rank}.pt")


def test_two_processes_have_the_gradients_of_one(tmp_path, port):
    _, tokenizer = make_model(RECIPE)
    batches = batches_of(make_corpus(RECIPE, tokenizer), tokenizer.pad_id)
    counts = {tuple(int(share(b, World(r, 2)).chain.sum()) for r in (0, 1)) for b in batches}
    assert any(a != b for a, b in counts), "halves of equal length would hide a wrong weight"
    mp.spawn(work, (port, str(tmp_path), batches), nprocs=2)
    alone = gradients_and_losses(World(), batches)
    for rank in (0, 1):
        together = torch.load(tmp_path / f"{rank}.pt", weights_only=True)
        assert (together - alone).abs().max() < 1e-6 * max(1.0, alone.abs().max().item())
    assert alone.abs().max() > 1e-3


SPLIT = TrainConfig(steps=4, batch_size=8, warmup=1, log_every=1, evaluate_every=2, checkpoint_every=2, split=True)


def work_split(rank: int, port: int, folder: str, corpus, pad_id: int) -> None:
    """Gradients of parts; then a run with a look at the model by the first process alone, and what it ends with."""
    os.environ.update(RANK=str(rank), WORLD_SIZE="2", MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
    torch.set_num_threads(1)
    with world(CPU) as here:
        batch = next(stream(corpus, 0, 8, pad_id))
        model, _ = make_model(RECIPE)
        whole = parallel(Objective(model, lambda m, b: (chain_loss(m, b), torch.zeros(()))), here, split=True)
        whole(share(batch, here))[0].backward()
        assert all(type(p).__name__ == "DTensor" for p in model.parameters())
        grads = {name: gathered(p.grad) for name, p in model.named_parameters()}
        torch.save(grads, f"{folder}/gradients-{rank}.pt")
        model, _ = make_model(RECIPE)

        def look(step: int) -> dict[str, float]:
            with torch.no_grad():
                return {"looked": float(chain_loss(model, batch))}

        rows: list = []
        train(model, corpus, SPLIT, pad_id=pad_id, device=CPU, checkpoints=Path(folder) / "checkpoints", here=here,
              log=rows.append if here.first else None, evaluate=look if here.first else None)  # fmt: skip
        torch.save(dict(model.state_dict()), f"{folder}/end-{rank}.pt")
        if here.first:
            assert [("looked" in row) for row in rows] == [False, True, False, True]
            assert rows[-1]["looked"] == pytest.approx(look(4)["looked"]) != rows[1]["looked"]


def test_split_weights_train_as_whole_ones_do(tmp_path, port):
    _, tokenizer = make_model(RECIPE)
    corpus = make_corpus(RECIPE, tokenizer)
    mp.spawn(work_split, (port, str(tmp_path), corpus, tokenizer.pad_id), nprocs=2)

    model, _ = make_model(RECIPE)
    chain_loss(model, next(stream(corpus, 0, 8, tokenizer.pad_id))).backward()
    for rank in (0, 1):
        found = torch.load(tmp_path / f"gradients-{rank}.pt", weights_only=True)
        for name, parameter in model.named_parameters():
            assert (found[name] - parameter.grad).abs().max() < 1e-6, name

    begin, _ = make_model(RECIPE)
    alone, _ = make_model(RECIPE)
    train(alone, corpus, SPLIT, pad_id=tokenizer.pad_id, device=CPU)
    ends = [torch.load(tmp_path / f"end-{rank}.pt", weights_only=True) for rank in (0, 1)]
    saved = checkpoint.latest(tmp_path / "checkpoints")
    for name, weight in alone.state_dict().items():
        # Muon's iteration rounds to bfloat16, so that gradients a bit apart give steps a hundredth apart.
        moved = (weight - begin.state_dict()[name]).norm()
        assert (ends[0][name] - weight).norm() <= 0.02 * moved, name
        assert torch.equal(ends[0][name], ends[1][name])
        assert torch.equal(ends[0][name], saved.model[name])
    # One process goes on from what two wrote, with the optimisers' state.
    result = train(alone, corpus, replace(SPLIT, steps=6), pad_id=tokenizer.pad_id, device=CPU,
                   checkpoints=tmp_path / "checkpoints")  # fmt: skip
    assert (result.step, checkpoint.latest(tmp_path / "checkpoints").step) == (6, 6)


def work_each(rank: int, port: int, folder: str, corpora) -> None:
    os.environ.update(RANK=str(rank), WORLD_SIZE="2", MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
    torch.set_num_threads(1)
    with world(CPU) as here:
        for name, corpus in corpora.items():
            for split in (False, True):
                rows: list = []
                model, tokenizer = make_model(recipe_for(name))
                train(model, corpus, replace(SPLIT, steps=2, split=split), pad_id=tokenizer.pad_id, device=CPU,
                      here=here, log=rows.append if here.first else None)  # fmt: skip
                torch.save([row["loss"] for row in rows], f"{folder}/{name}-{split}-{rank}.pt")


def recipe_for(name: str) -> Recipe:
    text = {"tokenizer": "bytes"} if name == "byte_latent" else {}
    return replace(RECIPE, architecture=name, model={**preset_fields(name, "tiny"), "max_positions": 2048}, **text)


def test_every_architecture_may_be_split(tmp_path, port):
    """The losses of two steps, the second after the optimisers' first, are those of DDP."""
    corpora = {name: make_corpus(recipe_for(name), make_model(recipe_for(name))[1]) for name in ARCHITECTURES}
    mp.spawn(work_each, (port, str(tmp_path), corpora), nprocs=2)
    for name in corpora:
        ddp, split = (torch.tensor(torch.load(tmp_path / f"{name}-{way}-0.pt")) for way in (False, True))
        assert len(ddp) == 2
        assert ddp[0] != ddp[1]
        torch.testing.assert_close(split, ddp, rtol=1e-3, atol=0, msg=lambda text, name=name: f"{name}: {text}")


def test_bad_worlds_are_one_line(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "two")
    with pytest.raises(BadInput, match="RANK or WORLD_SIZE"), world(CPU):
        pass
    monkeypatch.undo()
    _, tokenizer = make_model(RECIPE)
    batch = batches_of(make_corpus(RECIPE, tokenizer), tokenizer.pad_id)[0]
    with pytest.raises(BadInput, match="a batch of 8 for 9 processes"):
        share(batch, World(0, 9))
