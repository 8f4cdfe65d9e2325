"""Evaluation: let a model reason freely on problems it has not seen, verify every step, and count.

Every share comes with its Wilson interval (E. B. Wilson, 1927), since samples are finite, and by problem size, since a
mean over sizes hides where a model breaks.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from reasonlab.decoding import generate
from reasonlab.language.chains import Chain
from reasonlab.language.errors import BadInput
from reasonlab.models import HookedModel, Tokenizer
from reasonlab.runs.intervals import Share
from reasonlab.tasks import Problem
from reasonlab.verifiers import ChainReport, Comparison, compare, verify_chain


@dataclass(frozen=True)
class Judged:
    """A problem, what the model wrote, and what the verifiers and the causal graph say of it."""

    problem: Problem
    text: str
    finished: bool  # the model ended its chain itself
    chain: Chain
    report: ChainReport
    comparison: Comparison

    @property
    def answer_right(self) -> bool:
        return self.report.answer.status == "entailed"

    @property
    def proved(self) -> bool:
        return self.report.outcome == "proved"

    def row(self) -> dict[str, Any]:
        """One row of a run's chains table; the verdicts are a JSON string."""
        first = self.report.first_error
        return {
            "id": self.problem.id,
            "family": self.problem.family,
            "split": self.problem.split,
            "seed": self.problem.seed,
            "index": self.problem.index,
            "size": self.problem.instance.size,
            "operations": self.problem.instance.operations,
            "prompt": self.problem.prompt,
            "text": self.text,
            "finished": self.finished,
            "outcome": self.report.outcome,
            "answer": self.report.answer.value,
            "reference": self.problem.answer,
            "answer_right": self.answer_right,
            "steps": len(self.report.verdicts),
            "first_error": first,
            "first_error_kind": None if first is None else self.report.verdicts[first].status,
            "missing": list(self.comparison.missing),
            "needless": list(self.comparison.needless),
            "misordered": list(self.comparison.misordered),
            "verdicts": json.dumps(self.report.to_record()),
        }


def write_chains(
    model: HookedModel,
    tokenizer: Tokenizer,
    problems: Sequence[Problem],
    *,
    max_new_tokens: int | None = None,
    temperature: float = 0.0,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> list[tuple[str, bool]]:
    """What the model writes after each prompt, and whether it ended by itself. Greedy unless a temperature is given.

    Args:
        max_new_tokens: the tokenizer's `longest_chain` if None.
    """
    prompts = [[tokenizer.bos_id, *tokenizer.encode(problem.prompt)] for problem in problems]
    longest = max(map(len, prompts), default=0)
    if longest >= model.cfg.n_ctx:
        raise BadInput(
            f"a prompt of {longest} tokens", f"fewer than the model's {model.cfg.n_ctx} positions",
            "choose smaller problems, or a model with more positions",
        )  # fmt: skip
    room = min(max_new_tokens or tokenizer.longest_chain, model.cfg.n_ctx - longest)
    written = generate(
        model, prompts, max_new_tokens=room, eos_id=tokenizer.eos_id, temperature=temperature, seed=seed,
        progress=progress,
    )  # fmt: skip
    return [(tokenizer.decode(generation.tokens), generation.finished) for generation in written]


def judge(problem: Problem, text: str, finished: bool = True) -> Judged:
    """Verifies a chain written for a problem and holds it against the problem's causal graph."""
    chain = problem.chain(text)
    report = verify_chain(chain)
    comparison = compare(chain, report, problem.scm().graph())
    return Judged(problem, text, finished, chain, report, comparison)


@dataclass(frozen=True)
class Scores:
    """Counts over a set of judged chains."""

    chains: int
    answer_right: Share
    proved: Share
    flawed: Share  # right answer, bad reasoning
    finished: Share
    needless: Share  # chains with a step that nothing needs
    misordered: Share
    outcomes: dict[str, int]
    first_errors: dict[str, int]  # "kind at step k" -> count, the commonest first
    operations: float  # needed operations, on average

    def to_json(self) -> dict[str, Any]:
        return {
            name: value.to_json() if isinstance(value, Share) else value
            for name, value in ((field, getattr(self, field)) for field in self.__dataclass_fields__)
        }


def score(judged: Iterable[Judged]) -> Scores:
    items = list(judged)
    n = len(items)
    errors = Counter(
        f"{item.report.verdicts[item.report.first_error].status} at step {item.report.first_error}"
        for item in items
        if item.report.first_error is not None
    )
    return Scores(
        chains=n,
        answer_right=Share(sum(item.answer_right for item in items), n),
        proved=Share(sum(item.proved for item in items), n),
        flawed=Share(sum(item.report.outcome == "flawed" for item in items), n),
        finished=Share(sum(item.finished for item in items), n),
        needless=Share(sum(bool(item.comparison.needless) for item in items), n),
        misordered=Share(sum(bool(item.comparison.misordered) for item in items), n),
        outcomes=dict(Counter(item.report.outcome for item in items).most_common()),
        first_errors=dict(errors.most_common(10)),
        operations=sum(item.problem.instance.operations for item in items) / n if n else math.nan,
    )


def by_size(judged: Iterable[Judged]) -> dict[int, Scores]:
    """Scores by the problem's size (variables, hops), in order."""
    groups: dict[int, list[Judged]] = {}
    for item in judged:
        groups.setdefault(item.problem.instance.size, []).append(item)
    return {size: score(groups[size]) for size in sorted(groups)}


def scores_to_json(name: str, judged: Sequence[Judged], description: dict[str, Any]) -> dict[str, Any]:
    """One entry of a run's scores.json: what was asked, the scores, and the scores by size."""
    return {
        "name": name,
        "asked": description,
        "overall": score(judged).to_json(),
        "by_size": {str(size): scores.to_json() for size, scores in by_size(judged).items()},
    }


def asked(problems: Sequence[Problem]) -> dict[str, Any]:
    """What was asked, in words that `tasks.problems.difficulty_from_json` reads back."""
    first = problems[0]
    return {
        "family": first.family,
        "difficulty": asdict(first.difficulty),
        "split": first.split,
        "seed": first.seed,
        "problems": len(problems),
    }
