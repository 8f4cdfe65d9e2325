"""Two processes with half of a batch each have the loss and the gradients of one with all of it."""

import os
import socket

import pytest
import torch
import torch.multiprocessing as mp

from reasonlab.language.errors import BadInput
from reasonlab.recipes import MODEL, Recipe, make_corpus, make_model
from reasonlab.training.batches import stream
from reasonlab.training.distributed import Objective, World, parallel, share, world
from reasonlab.training.loop import chain_loss

RECIPE = Recipe(
    problems=64,
    model={**MODEL, "d_model": 32, "n_layers": 1, "n_heads": 2, "n_kv_heads": 1, "d_head": 16, "d_mlp": 48},
    difficulty="variables=2-5",
)
CPU = torch.device("cpu")


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


def test_two_processes_have_the_gradients_of_one(tmp_path):
    _, tokenizer = make_model(RECIPE)
    batches = batches_of(make_corpus(RECIPE, tokenizer), tokenizer.pad_id)
    counts = {tuple(int(share(b, World(r, 2)).chain.sum()) for r in (0, 1)) for b in batches}
    assert any(a != b for a, b in counts), "halves of equal length would hide a wrong weight"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    mp.spawn(work, (port, str(tmp_path), batches), nprocs=2)
    alone = gradients_and_losses(World(), batches)
    for rank in (0, 1):
        together = torch.load(tmp_path / f"{rank}.pt", weights_only=True)
        assert (together - alone).abs().max() < 1e-6 * max(1.0, alone.abs().max().item())
    assert alone.abs().max() > 1e-3


def test_bad_worlds_are_one_line(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "two")
    with pytest.raises(BadInput, match="RANK or WORLD_SIZE"), world(CPU):
        pass
    monkeypatch.undo()
    _, tokenizer = make_model(RECIPE)
    batch = batches_of(make_corpus(RECIPE, tokenizer), tokenizer.pad_id)[0]
    with pytest.raises(BadInput, match="a batch of 8 for 9 processes"):
        share(batch, World(0, 9))
