"""Stands in for Inspect 0.3.285: one sample, one model that says what it was told, one scorer."""

import asyncio
from types import SimpleNamespace


class Task(SimpleNamespace):
    pass


def eval(task, model, display, log_dir):
    (sample,) = task.dataset
    state = SimpleNamespace(output=model.says, metadata=sample.metadata)
    score = asyncio.run(task.scorer(state, SimpleNamespace(text=sample.target)))
    metrics = {"mean": SimpleNamespace(value=score.value)}
    return [SimpleNamespace(results=SimpleNamespace(scores=[SimpleNamespace(metrics=metrics)]))]
