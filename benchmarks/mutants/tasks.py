"""The two families of tasks, in their forms: the problem's own model says whether a mutant is harmful."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import partial

from mutants.cases import Case
from reasonlab.tasks import FAMILIES as TASKS
from reasonlab.tasks import family, make
from reasonlab.tasks.mutations import KINDS, mutate
from reasonlab.tasks.streams import Stream


def cases(rng: random.Random, name: str) -> Iterator[Case]:
    """One mutant of each kind, of a problem in one of its forms."""
    problem = make(name, family(name).difficulty(), "test", rng.randrange(10**6), rng.randrange(10**6))
    form = rng.choice(TASKS[name].forms)
    right = problem.record(problem.gold_text(form))
    for kind in KINDS[name]:
        mutant = mutate(problem, form, Stream("soundness", problem.id, form, kind), kind)
        givens = [given for i, given in enumerate(right["givens"]) if i != mutant.removed]
        yield Case(right, {**right, "text": mutant.text, "givens": givens}, kind, mutant.harmful)


FAMILIES: dict[str, Callable[[random.Random], Iterator[Case]]] = {
    f"task {name}": partial(cases, name=name) for name in TASKS
}
