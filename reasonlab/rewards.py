"""Verdicts as rewards and scores: thin adapters for TRL, reasoning-gym, verifiers and Inspect.

None of these packages is imported to import this file. A score is a pure function of the completion and of the
problem's fields, so it is safe in threads and in coroutines: no clock, no signal, no state; solvers are bounded by
counts. Scores come one for each input, in order. What could not be checked (a problem that cannot be read or has a
given that cannot, that asks nothing where a proof is wanted, an unknown verdict) is None, never 0: a model must not be
taught by the limits of its judge.

The problem's fields are those of our own records (docs/schema/chain.schema.json): givens, query, modulus, surface,
nouns, reference (or `answer`, as most data sets call it); the completion is the chain.

    outcome   1 if the answer is right, however it was reached
    steps     the share of the steps that are entailed; those that claim nothing do not count
    proof     1 if the chain is proved: every step entailed, the answer stated by them
    tidy      1 if it is proved, and the answer rests on every step
"""

from __future__ import annotations

import asyncio
import functools
import logging
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

from reasonlab.language.chains import ANSWER_WORD, Chain
from reasonlab.language.claims import Needs
from reasonlab.language.errors import BadInput, LabError
from reasonlab.language.records import chain_from_record
from reasonlab.verifiers.chain import verify_chain
from reasonlab.verifiers.limits import DEFAULT_LIMITS, Limits
from reasonlab.verifiers.readers import gsm8k
from reasonlab.verifiers.verdicts import ChainReport

Kind = Literal["outcome", "steps", "proof", "tidy"]
Columns = Mapping[str, Any]
PROBLEM = ("id", "surface", "modulus", "nouns", "givens", "query", "reference")
_log = logging.getLogger("reasonlab.rewards")


@dataclass(frozen=True, slots=True)
class Reward:
    """What is scored, and how.

    Attributes:
        kind: see the table above.
        max_leap: for `proof` and `tidy`: a step that takes more inferences at once makes it 0, and so does one whose
            inferences nobody counted. Without it a bare right answer is a proof, since it is entailed.
        read: the chain that a completion makes of a problem's fields. May raise BadInput.
        limits: what one chain may cost.
    """

    kind: Kind = "proof"
    max_leap: int | None = None
    read: Callable[[str, Columns], Chain] | None = None
    limits: Limits = DEFAULT_LIMITS

    def __post_init__(self) -> None:
        if self.kind not in _SCORES:
            raise BadInput(f"there is no reward {self.kind!r}", f"one of {', '.join(_SCORES)}", "choose one of these")
        if self.max_leap is not None and self.max_leap < 0:
            raise BadInput(f"max_leap is {self.max_leap}", "0 or more", "leave it out for no bound")

    def __call__(self, completion: object, columns: Columns) -> float | None:
        """The score of one completion: a text, or messages of which the last one counts."""
        read = self.read or read_completion
        text = text_of(completion)
        try:
            read("", columns)
        except Exception as error:  # whoever wrote the problem is at fault, and not the model
            _log.warning("not scored: the problem cannot be read: %s", error)
            return None
        try:
            chain = read(text, columns)
        except LabError:
            return 0.0
        try:
            return _SCORES[self.kind](chain, verify_chain(chain, limits=self.limits), self)
        except Exception as error:  # a fault of ours must not end a training run
            _log.warning("not scored: internal fault: %s: %s", type(error).__name__, error)
            return None


def read_completion(text: str, columns: Columns) -> Chain:
    """The chain that a text makes of the problem in `columns`, which may hold more than the problem."""
    # Data sets with columns of one type fill up what a row lacks: {"value": "b", "truth": None}.
    record = {name: _without_none(columns[name]) for name in PROBLEM if columns.get(name) is not None}
    if "reference" not in record and columns.get("answer") is not None:
        record["reference"] = columns["answer"]
    return chain_from_record({**record, "text": text})


def read_gsm8k(text: str, columns: Columns) -> Chain:
    """The chain that a solution in GSM8K's style ("... <<48/2=24>>24 ... #### 72") makes of one of its problems."""
    chain = gsm8k.read({"question": columns.get("question"), "answer": text}, default_id="solution")
    solved = gsm8k.read({"answer": columns.get("answer")}, default_id="reference")
    return replace(chain, reference=solved.reference)


def _without_none(value: Any) -> Any:
    return {name: item for name, item in value.items() if item is not None} if isinstance(value, Mapping) else value


def text_of(completion: object) -> str:
    """The text of a completion: itself, or what the last message of a conversation says."""
    if isinstance(completion, str):
        return completion
    if isinstance(completion, Mapping):
        return text_of(completion.get("content") or "")
    if isinstance(completion, Sequence) and completion:
        parts = [part for part in completion if isinstance(part, Mapping) and part.get("type") == "text"]
        return "".join(str(part.get("text", "")) for part in parts) if parts else text_of(completion[-1])
    content = getattr(completion, "content", None)
    return text_of(content) if content else ""


def _outcome(chain: Chain, report: ChainReport, reward: Reward) -> float | None:
    if report.answer.status in ("entailed", "agrees") or report.outcome == "flawed":
        return 1.0
    return None if report.answer.status in ("unknown", "unchecked") else 0.0


def _steps(chain: Chain, report: ChainReport, reward: Reward) -> float | None:
    statuses = [verdict.status for verdict in report.verdicts if verdict.status != "no_claim"]
    told = chain.givens or chain.query is not None or chain.problem is not None
    # Without a problem nothing supports a step, which says nothing against it.
    unchecked = ("unknown",) if told else ("unknown", "unsupported", "unparsed")
    known = [status for status in statuses if status not in unchecked]
    if not known:
        return None if statuses or not told else 0.0
    return known.count("entailed") / len(known)


def _proof(chain: Chain, report: ChainReport, reward: Reward) -> float | None:
    if report.outcome != "proved":
        refuted = "refuted" in (report.answer.status, *(verdict.status for verdict in report.verdicts))
        return None if report.outcome == "unknown" or not (refuted or _provable(chain)) else 0.0
    if reward.max_leap is not None and (report.max_leap is None or report.max_leap > reward.max_leap):
        return 0.0
    return 1.0


def _provable(chain: Chain) -> bool:
    """Whether some chain on the problem could be proved: something is asked, and every given was understood."""
    return chain.query is not None and all(given.claim is not None for given in chain.givens)


def _tidy(chain: Chain, report: ChainReport, reward: Reward) -> float | None:
    proof = _proof(chain, report, reward)
    return 0.0 if proof and needless(chain, report) else proof


_SCORES: dict[str, Callable[[Chain, ChainReport, Reward], float | None]] = {
    "outcome": _outcome,
    "steps": _steps,
    "proof": _proof,
    "tidy": _tidy,
}


def needless(chain: Chain, report: ChainReport) -> tuple[int, ...]:
    """The indices of entailed steps that the answer does not rest on.

    A step of a plan ("c needs a and b") is no premise of anything: it counts if the answer rests on what it rests on,
    once. And a step that claims nothing is not needed, but not held against anybody.
    """
    of = {f"s{verdict.index}": verdict.premises for verdict in report.verdicts}
    used: set[str] = set()
    waiting = list(report.answer.premises)
    while waiting:
        id = waiting.pop()
        if id not in used:
            used.add(id)
            waiting += of.get(id, ())
    planned: set[str | None] = set()
    found = []
    for verdict in report.verdicts:
        plan = isinstance(chain.steps[verdict.index].claim, Needs)
        useful = plan and used.issuperset(verdict.premises) and verdict.claim not in planned
        planned |= {verdict.claim} if plan else set()
        if verdict.status == "entailed" and not useful and f"s{verdict.index}" not in used:
            found.append(verdict.index)
    return tuple(found)


def trl_reward(reward: Reward) -> Callable[..., list[float | None]]:
    """A reward function of TRL's trainers: `f(prompts, completions, **columns)`, a column with an item a completion.

    TRL leaves a completion whose reward is None out of this function's part.
    """

    def score(prompts: Sequence[Any], completions: Sequence[Any], **columns: Any) -> list[float | None]:
        count = len(completions)
        ours = {
            name: column
            for name, column in columns.items()
            if isinstance(column, Sequence) and not isinstance(column, str) and len(column) == count
        }
        return [
            reward(completion, {name: column[i] for name, column in ours.items()})
            for i, completion in enumerate(completions)
        ]

    score.__name__ = f"reasonlab_{reward.kind}"  # the name under which TRL logs it
    return score


def gym_score_answer(reward: Reward) -> Callable[[str | None, Columns], float | None]:
    """`score_answer(answer, entry)` of reasoning-gym. The problem's fields are in the entry or in its metadata.

    The gym hands over an answer that somebody has cut out; a text of several pieces is a chain all the same.
    """

    def score_answer(answer: str | None, entry: Columns) -> float | None:
        text = (answer or "").strip()
        bare = text and not re.search(rf"[;\n]|\b{ANSWER_WORD}\b", text)
        return reward(f"{ANSWER_WORD} {text}" if bare else text, {**(entry.get("metadata") or {}), **entry})

    return score_answer


def rubric_function(reward: Reward) -> Callable[..., Awaitable[float | None]]:
    """A function for a rubric of verifiers: `await f(completion, answer, info)`; `info` holds the problem's fields."""

    async def score(completion: Any, answer: Any = None, info: Columns | None = None, **_: Any) -> float | None:
        given = {} if answer is None else {"answer": answer}
        return await _in_thread(reward, completion, {**given, **(info or {})})

    score.__name__ = f"reasonlab_{reward.kind}"
    return score


class _Output(Protocol):
    completion: str


class _State(Protocol):
    output: _Output
    metadata: dict[str, Any]


class _Target(Protocol):
    text: str


def inspect_score(reward: Reward) -> Callable[[_State, _Target], Awaitable[Any]]:
    """An async scorer of Inspect: `await score(state, target)`. The sample's metadata hold the problem's fields.

    What could not be checked is unscored: it stays in the log and out of the metrics.
    """

    async def score(state: _State, target: _Target) -> Any:
        from inspect_ai.scorer import Score

        given = {"answer": target.text} if target.text else {}
        value = await _in_thread(reward, state.output.completion, {**given, **(state.metadata or {})})
        if value is None:
            return Score.unscored(reason="not_checked", answer=state.output.completion)
        return Score(value=value, answer=state.output.completion)

    return score


async def _in_thread(reward: Reward, completion: Any, columns: Columns) -> float | None:
    """The score, computed beside the event loop: of asyncio, or of whatever anyio runs on."""
    try:
        from anyio.to_thread import run_sync
    except ModuleNotFoundError:
        return await asyncio.to_thread(reward, completion, columns)
    return await run_sync(functools.partial(reward, completion, columns))
