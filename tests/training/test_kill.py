"""kill -9 at any moment: what is left resumes, and ends at the weights of a run that nobody stopped."""

import multiprocessing
import os
import random
import signal

import pytest
import torch

from reasonlab.recipes import MODEL, Recipe, make_corpus, make_model
from reasonlab.training import checkpoint
from reasonlab.training.loop import TrainConfig, train

KILLS = 20
RECIPE = Recipe(
    problems=300,
    model={**MODEL, "d_model": 32, "n_layers": 1, "n_heads": 2, "n_kv_heads": 1, "d_head": 16, "d_mlp": 48},
    difficulty="variables=2-3",
)
# A checkpoint a step: about half of the time goes into writing, so that many kills fall there.
CONFIG = TrainConfig(steps=1500, batch_size=4, warmup=4, curriculum=100, log_every=50, checkpoint_every=1)


def fit(corpus, folder):
    model, tokenizer = make_model(RECIPE)
    train(model, corpus, CONFIG, pad_id=tokenizer.pad_id, device=torch.device("cpu"), checkpoints=folder)
    return model


@pytest.mark.slow
def test_twenty_kills_and_resumes_end_at_the_same_weights(tmp_path):
    before = torch.get_num_threads()
    torch.set_num_threads(1)  # a child that is forked has no pool of threads
    try:
        _kill_and_resume(tmp_path)
    finally:
        torch.set_num_threads(before)


def wait_for_a_step(child, folder, beyond):
    while child.is_alive() and not any(int(path.name[5:]) > beyond for path in folder.glob("step-*")):
        child.join(0.01)


def _kill_and_resume(folder):
    corpus = make_corpus(RECIPE, make_model(RECIPE)[1])
    rng = random.Random(0)
    context = multiprocessing.get_context("fork")
    kills, torn, seen = 0, 0, []
    while kills < KILLS:
        child = context.Process(target=fit, args=(corpus, folder))
        child.start()
        child.join(rng.uniform(0.05, 0.5))
        if kills % 4:  # one in four is killed wherever it is, perhaps before its first step
            wait_for_a_step(child, folder, seen[-1])
            child.join(rng.uniform(0.0, 0.3))
        assert child.is_alive(), "the run ended before it was killed often enough: give it more steps"
        os.kill(child.pid, signal.SIGKILL)
        child.join()
        kills += 1
        torn += any(folder.glob(".writing-*"))
        newest = checkpoint.latest(folder)  # whatever was going on, what is there loads
        seen.append(0 if newest is None else newest.step)
    assert seen == sorted(seen)  # nothing that was kept is lost
    assert len(set(seen)) > KILLS // 2
    assert torn, "no kill fell into the writing of a checkpoint"
    resumed = fit(corpus, folder)
    assert not list(folder.glob(".writing-*"))
    whole = fit(corpus, None)
    for (name, a), (_, b) in zip(resumed.state_dict().items(), whole.state_dict().items(), strict=True):
        assert torch.equal(a, b), name
