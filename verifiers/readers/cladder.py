"""CLadder (Jin et al. 2023, arXiv 2312.04350): yes/no questions on a causal graph, with six steps of reasoning.

    {"question_id": 1, "given_info": "For those who smoke, the probability of cough is 26%. ...", "question": "...",
     "answer": "yes", "reasoning": {"step0": "Let X = ...", "step1": "X->Y", ..., "step5": "0.85 - 0.26 = 0.59",
     "end": "0.59 > 0"}, "meta": {"query_type": "ate", "graph_id": "mediation", "polarity": true,
     "given_info": {"p(Y | X)": [0.2589, 0.8514]}, "formal_form": "...", "treatment": "X", "outcome": "Y", ...}}

What is given: the graph that `graph_id` names (where the name is unknown, the one of step 1), and the probabilities of
`meta.given_info`, each as rounded in the sentence of `given_info` that says it. What is asked: `query_type`, which
defines a quantity, and `polarity`. The steps, as claims:

- step 1: the graph; step 2: the quantity is the formal form; step 3: the estimand identifies it; step 4: the data;
- step 5: the quantity = the arithmetic = its result; the end: the quantity is that number, and compares with 0 so.

As the format's own data lines do, a variable without a value is read as =1 in an estimand; a formal form with one names
a distribution and claims nothing. `P(X=1=1)`, which closes an event twice, and `P(...]` are read as they are meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import isfinite
from typing import Any

from reasonlab.language.chains import Answer, Chain, Query, Step
from reasonlab.language.claims import Claim, parse_claim
from reasonlab.language.errors import BadInput, ParseError, quote
from reasonlab.language.probability import free_values, ground, parse_expression, render_expression
from reasonlab.verifiers.readers.fields import identity

GRAPHS = {
    "chain": "X -> V2, V2 -> Y",
    "fork": "X -> Y, V2 -> Y",
    "collision": "X -> V3, Y -> V3",
    "confounding": "V1 -> X, V1 -> Y, X -> Y",
    "mediation": "X -> V2, X -> Y, V2 -> Y",
    "diamond": "X -> V3, X -> V2, V2 -> Y, V3 -> Y",
    "diamondcut": "V1 -> V3, V1 -> X, X -> Y, V3 -> Y",
    "IV": "V1 -> X, V2 -> X, V1 -> Y, X -> Y",
    "arrowhead": "X -> V3, V2 -> V3, X -> Y, V2 -> Y, V3 -> Y",
    "frontdoor": "V1 -> X, X -> V3, V1 -> Y, V3 -> Y",
}
WORDS = {"yes": "true", "no": "false"}
_PERCENT = re.compile(r"(-?[0-9]+(?:\.[0-9]+)?)\s?%|(-?[0-9]+\.[0-9]+)")
_END = re.compile(r"\s*(-?[0-9.]+)\s*(<|>|=)\s*0\s*")
_PERCENTAGE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s?%")
_COMPARED = re.compile(r"(.+=\s*-?[0-9.]+)\s*([<>])\s*0")
_NO_EFFECT = re.compile(r"\s*(\w+) and (\w+) do not affect each other\.?\s*")
_TWICE, _ONCE = re.compile(r"=([01])=1(?=[,)])"), r"=\1"  # `P(X=1=1)`
_DEPTH = 6  # of nested lists of numbers


def looks_like(record: dict[str, Any]) -> bool:
    return "given_info" in record and "question" in record and ("reasoning" in record or "meta" in record)


@dataclass(frozen=True, slots=True)
class Asked:
    """The quantity a question is about, as text, and what a yes claims, or a no: a comparison, or another claim."""

    quantity: str | None
    claim: str | None
    yes: bool = True


def read(record: Any, *, default_id: str) -> Chain:
    """The chain of a record. Raises BadInput."""
    if not isinstance(record, dict):
        raise _bad(f"a record is {quote(record)}", "a JSON object")
    meta = record.get("meta") or {}
    reasoning = record.get("reasoning") or {}
    if not isinstance(meta, dict) or not isinstance(reasoning, dict):
        raise _bad(f"'meta' is {quote(meta)}, 'reasoning' is {quote(reasoning)}", "JSON objects")
    for name, text in reasoning.items():
        if not isinstance(text, str):
            raise _bad(f"{name!r} of the reasoning is {quote(text)}", "a string")
    asked = question(meta)
    claim = _claimed(asked.claim) if asked.claim is not None else None
    answer = record.get("answer")
    word = None if answer is None else str(answer).strip().rstrip(".!").lower()
    word = {"true": "yes", "false": "no"}.get(word or "", word)
    if word in WORDS:
        word = WORDS[word] if asked.yes else {"yes": "false", "no": "true"}[word]
    return Chain(
        id=identity(record) or default_id,
        givens=(*_graph(meta, reasoning), *_data(record, meta)),
        query=Query("truth", claim=claim) if claim is not None else None,
        steps=tuple(_steps(reasoning, asked.quantity)),
        answer=Answer(word) if word is not None else None,
        reference=word,
    )


def question(meta: Mapping[str, Any]) -> Asked:
    """What a question of each type is about. A type that is not known: the formal form, and no formal reading."""
    kind = meta.get("query_type")
    x, y = (str(meta.get(field, default)) for field, default in (("treatment", "X"), ("outcome", "Y")))
    between = meta.get("mediators") or []
    if kind in ("nde", "nie") and not (isinstance(between, list) and between):
        raise _bad(f"'mediators' is {quote(between)}", "the variables that a direct or indirect effect goes around")
    more, less = (">", "<") if meta.get("polarity", True) else ("<", ">")
    quantity = {
        "marginal": f"P({y}=1)",
        "correlation": f"P({y}=1 | {x}=1) - P({y}=1 | {x}=0)",
        "ate": f"E[{y} | do({x}=1)] - E[{y} | do({x}=0)]",
        "collider_bias": f"E[{y} | do({x}=1)] - E[{y} | do({x}=0)]",
        "ett": f"E[{y}_{{{x}=1}} - {y}_{{{x}=0}} | {x}=1]",
        "nde": f"E[{y}_{{{', '.join([f'{x}=1', *(f'{m}={m}_{{{x}=0}}' for m in between)])}}} - {y}_{{{x}=0}}]",
        "nie": f"E[{y}_{{{', '.join([f'{x}=0', *(f'{m}={m}_{{{x}=1}}' for m in between)])}}} - {y}_{{{x}=0}}]",
        "exp_away": f"P({y}=1 | {x}=1, {meta.get('collider')}=1) - P({y}=1 | {meta.get('collider')}=1)",
    }.get(str(kind))
    if kind == "backadj":
        return Asked(None, _adjustment(meta, x, y))
    if quantity is None:
        form = meta.get("formal_form")
        return Asked(_closed(form) if isinstance(form, str) else None, None)
    if kind == "collider_bias":  # asked is whether there is an effect, or whether there is none
        return Asked(quantity, f"identity: P({y} | do({x})) = P({y})", yes=not meta.get("polarity", True))
    if kind == "marginal":
        return Asked(quantity, f"estimate: {quantity} {more} 1 / 2")
    # Of an effect on the treated the question is what would be, had the treatment been the other one.
    return Asked(quantity, f"estimate: {quantity} {less if kind == 'ett' else more} 0")


def _adjustment(meta: Mapping[str, Any], x: str, y: str) -> str | None:
    """`Is method 1 more correct than method 2?`: whether the first looks case by case at an adjustment set alone."""
    methods = meta.get("given_info")
    if not isinstance(methods, list) or len(methods) != 2 or not all(isinstance(each, list) for each in methods):
        return None
    first, second = (", ".join(str(name) for name in each) or "nothing" for each in methods)
    return f"better: {first} over {second} for {x} on {y}"


def _graph(meta: Mapping[str, Any], reasoning: Mapping[str, str]) -> Iterator[Step]:
    name = meta.get("graph_id")
    if isinstance(name, str) and name in GRAPHS:
        yield _step(f"graph: {name}", f"graph: {GRAPHS[name]}")
    elif "step1" in reasoning:
        yield _step(reasoning["step1"], f"graph: {reasoning['step1']}")


def _data(record: Mapping[str, Any], meta: Mapping[str, Any]) -> Iterator[Step]:
    """The probabilities: what they are of by `meta`, their values as rounded in the text, in the same order."""
    text, found = record.get("given_info"), meta.get("given_info")
    if not isinstance(text, str):
        raise _bad(f"'given_info' is {quote(text)}", "a text")
    if isinstance(found, list):  # two methods, which the question is about
        return
    sentences = [part for part in re.split(r"(?<=\.)\s+", text.strip()) if part]
    if not isinstance(found, dict):
        for sentence in sentences:
            yield Step(sentence, None, reason="nothing tells which probability this is")
        return
    numbers = [(part, match) for part in sentences for match in _PERCENT.finditer(part)]
    entries = [entry for name, value in found.items() for entry in _entries(str(name), value, ())]
    if len(numbers) != len(entries):
        yield Step(text, None, reason=f"the text has {len(numbers)} numbers for {len(entries)} probabilities")
        return
    for (sentence, match), (name, indices, value) in zip(numbers, entries):
        figure = _decimal(match[1]) if match[1] else match[2]
        try:
            yield _datum(sentence, name, indices, figure, value)
        except ParseError as error:
            yield Step(sentence, None, reason=f"{quote(name)} was not understood: {error}")


def _entries(name: str, value: Any, indices: tuple[int, ...]) -> Iterator[tuple[str, tuple[int, ...], float]]:
    """The numbers of a table, with the values of its conditions; a list of one is a number."""
    if isinstance(value, list) and len(value) == 1 and not isinstance(value[0], list):
        value = value[0]
    if isinstance(value, list) and len(indices) < _DEPTH:
        for index, each in enumerate(value):
            yield from _entries(name, each, (*indices, index))
    elif isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value):
        yield name, indices, value
    else:
        raise _bad(f"a probability of {quote(name)} is {quote(value)}", "a number, or a list of numbers")


def _datum(sentence: str, name: str, indices: tuple[int, ...], figure: str, value: float) -> Step:
    """`p(Y | X, Z)` at (0, 1) is P(Y=1 | X=0, Z=1). Raises ParseError."""
    expression = parse_expression(re.sub(r"^p\(", "P(", name))
    order = [event.variable.name for event in getattr(expression, "given", ())] if indices else []
    if len(order) != len(indices) or any(index not in (0, 1) for index in indices):
        raise ParseError(f"{len(order)} conditions for a table of depth {len(indices)}")
    text = render_expression(
        ground(expression, {**dict.fromkeys(free_values(expression), 1), **dict(zip(order, indices))})
    )
    unit = Fraction(1, 10 ** len(figure.partition(".")[2]))
    # The numbers behind the text are floating point: one that lies half-way may have been rounded either way.
    if not abs(Fraction(str(value)) - Fraction(figure)) <= unit * Fraction(51, 100):
        return Step(sentence, None, reason=f"the text says {figure}, the number behind it is {value}")
    return _step(sentence, f"estimate: {text} = {figure}")


def _decimal(percent: str) -> str:
    """`26` percent is 0.26, `12.5` is 0.125: as many places as the text gives."""
    sign, digits = ("-", percent[1:]) if percent.startswith("-") else ("", percent)
    whole, _, places = digits.partition(".")
    whole = whole.rjust(3, "0")
    return f"{sign}{int(whole[:-2])}.{whole[-2:]}{places}"


def _steps(reasoning: Mapping[str, str], quantity: str | None) -> Iterator[Step]:
    """The steps, a line each; some lines claim two things."""
    for name in sorted(reasoning, key=lambda each: (each == "end", each)):
        for line in reasoning[name].split("\n"):
            if line.strip():
                yield from _line(name, line.strip(), quantity)


def _line(name: str, line: str, quantity: str | None) -> Iterator[Step]:
    text = line.replace("−", "-")
    if name == "step1":
        yield _step(line, f"graph: {text}")
    elif name == "step2":
        yield from _form(line, _mended(text), quantity)
    elif name == "step3" and (none := _NO_EFFECT.fullmatch(text)):
        for cause, effect in (none.groups(), none.groups()[::-1]):
            yield _step(line, f"identity: P({effect} | do({cause})) = P({effect})")
    elif name == "step3" and quantity is not None:
        yield _step(line, f"identifies: {quantity} = {_closed(_mended(text)) or text}")
    elif name == "step4":
        yield _step(line, f"estimate: {_TWICE.sub(_ONCE, text)}")
    elif name == "step5" and quantity is not None and not _END.fullmatch(text):
        worked, compared = _worked(text)
        yield _step(line, f"estimate: {quantity} = {worked}")
        if compared:
            yield _step(line, f"estimate: {quantity} {compared}")
    elif name in ("step5", "end") and quantity is not None and (end := _END.fullmatch(text)):
        yield _step(line, f"estimate: {quantity} = {end[1]}")
        yield _step(line, f"estimate: {quantity} {end[2]} 0")
    elif name == "step0" or (name == "end" and text.lower() in WORDS):
        yield Step(line, None)
    else:
        yield Step(line, None, reason="nothing tells what quantity this is about")


def _worked(text: str) -> tuple[str, str]:
    """The arithmetic of a step, with percentages as decimals, and what its result is compared with, if it is."""
    plain = _PERCENTAGE.sub(lambda match: _decimal(match[1]), text).replace("≈", "=").strip().rstrip(".").strip("= ")
    compared = _COMPARED.fullmatch(plain)
    return (compared[1], f"{compared[2]} 0") if compared else (plain, "")


def _form(line: str, text: str, quantity: str | None) -> Iterator[Step]:
    try:
        names_one = bool(free_values(parse_expression(text)))
    except ParseError as error:
        yield Step(line, None, reason=str(error))
        return
    yield Step(line, None) if names_one or quantity is None else _step(line, f"identity: {quantity} = {text}")


def _closed(text: str) -> str | None:
    """The expression with every variable that has no value made =1; None if it does not parse."""
    try:
        expression = parse_expression(_mended(text))
    except ParseError:
        return None
    return render_expression(ground(expression, dict.fromkeys(free_values(expression), 1)))


def _mended(text: str) -> str:
    """A probability that is opened by ( and closed by ] is closed."""
    return re.sub(r"(P\([^()\[\]]*)\]", r"\1)", text)


def _step(text: str, claim: str) -> Step:
    try:
        return Step(text, parse_claim(claim))
    except ParseError as error:
        return Step(text, None, reason=str(error))


def _claimed(text: str) -> Claim:
    try:
        return parse_claim(text)
    except ParseError as error:
        raise _bad(f"the question would claim {quote(text)}: {error}", "names of variables in 'meta'") from None


def _bad(what: str, expected: str) -> BadInput:
    return BadInput(what, expected, "see reasonlab.verifiers.readers.cladder for the record's fields")
