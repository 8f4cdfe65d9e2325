"""Why a step has its verdict: what it rests on, the way there from the givens, or what speaks against it, in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reasonlab.language.chains import Chain
from reasonlab.verifiers.verdicts import BAD, AnswerVerdict, ChainReport, Verdict


@dataclass(frozen=True, slots=True)
class Ground:
    """A given or an earlier step that something rests on.

    Attributes:
        id: "g0" is the first given, "s2" the third step.
        status: "given", or the step's.
        of: the ids that it rests on itself.
    """

    id: str
    text: str
    status: str
    of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """The verdict on one step, or on the answer (`step` None), and what is behind it.

    Attributes:
        grounds: what the verdict rests on.
        way: everything that these rest on in their turn, givens first, then steps in order; of an entailed claim.
        suspects: the earlier bad steps, of a fault that is inherited.
    """

    chain: str
    step: int | None
    text: str
    claim: str | None
    status: str
    grounds: tuple[Ground, ...] = ()
    way: tuple[Ground, ...] = ()
    suspects: tuple[Ground, ...] = ()
    leap: int | None = None
    witness: str | None = None
    reason: str | None = None


def explain(chain: Chain, report: ChainReport, step: int | None) -> Explanation:
    """The explanation of a step by its index, or of the answer."""
    verdict: Verdict | AnswerVerdict = report.answer if step is None else report.verdicts[step]
    grounds = tuple(_ground(id, chain, report) for id in verdict.premises)
    if isinstance(verdict, AnswerVerdict):
        return Explanation(
            chain.id, None, verdict.value or "", None, verdict.status, grounds, _way(verdict, chain, report),
            leap=verdict.leap, reason=verdict.reason or report.reason,
        )  # fmt: skip
    inherited = verdict.fault == "inherited"
    bad = [earlier for earlier in report.verdicts[:step] if inherited and earlier.status in BAD]
    return Explanation(
        chain.id, step, verdict.text, verdict.claim, verdict.status, grounds, _way(verdict, chain, report),
        tuple(_ground(f"s{earlier.index}", chain, report) for earlier in bad),
        verdict.leap, verdict.witness, verdict.reason,
    )  # fmt: skip


def _ground(id: str, chain: Chain, report: ChainReport) -> Ground:
    index = int(id[1:])
    if id.startswith("g"):
        return Ground(id, chain.givens[index].text, "given")
    verdict = report.verdicts[index]
    return Ground(id, verdict.text, verdict.status, verdict.premises)


def _way(verdict: Verdict | AnswerVerdict, chain: Chain, report: ChainReport) -> tuple[Ground, ...]:
    """Everything that an entailed claim rests on. Premises come before what they are premises of: no step rests on a
    later one."""
    if verdict.status != "entailed":
        return ()
    found: dict[str, Ground] = {}
    waiting = list(verdict.premises)
    while waiting:
        id = waiting.pop()
        if id not in found:
            found[id] = _ground(id, chain, report)
            waiting += found[id].of
    return tuple(sorted(found.values(), key=lambda ground: (ground.id[0], int(ground.id[1:]))))


def render(explanation: Explanation) -> str:
    """The explanation as lines of text."""
    return "\n".join(_lines(explanation))


def _lines(this: Explanation) -> Iterator[str]:
    what = "the answer" if this.step is None else f"step {this.step}"
    yield f"{this.chain}, {what}: {this.text}"
    if this.claim is not None and this.claim != this.text:
        yield f"read as: {this.claim}"
    yield f"{this.status}: {_MEANING[this.status]}{_inferences(this)}"
    if this.grounds:
        yield "because of:" if this.status in BAD else "from:"
        yield from _listed(this.grounds)
    if this.suspects:
        yield "it would hold if these earlier steps did:"
        yield from _listed(this.suspects)
    if this.witness:
        yield f"{'instead' if this.status == 'refuted' else 'it fails where'}: {this.witness}"
    if this.reason:
        yield f"reason: {this.reason}"
    if len(this.way) > len(this.grounds):
        yield "the whole way:"
        yield from (f"  {ground.id}: {ground.text}{_origin(ground)}" for ground in this.way)


def _listed(grounds: tuple[Ground, ...]) -> Iterator[str]:
    for ground in grounds:
        yield f"  {ground.id}: {ground.text}{'' if ground.status == 'given' else f'  ({ground.status})'}"


def _origin(ground: Ground) -> str:
    if ground.status == "given":
        return "  (given)"
    return f"  (from {', '.join(ground.of)})" if ground.of else "  (true by itself)"


def _inferences(this: Explanation) -> str:
    if this.status != "entailed":
        return ""
    if this.leap is None:
        return "; how many inferences that takes was not counted"
    return {0: "; it restates what is there", 1: "; in one inference"}.get(this.leap, f"; in {this.leap} inferences")


_MEANING = {
    "entailed": "it follows from the givens",
    "refuted": "it contradicts the givens",
    "unsupported": "it does not follow from the givens, nor contradict them",
    "unknown": "it could not be decided",
    "unparsed": "it was not understood",
    "no_claim": "it claims nothing",
    "agrees": "it equals the reference; the problem has no formal reading that could prove it",
    "differs": "it is not the reference",
    "unchecked": "the problem has no formal reading, and there is no reference to compare it with",
    "absent": "there is no answer",
}
