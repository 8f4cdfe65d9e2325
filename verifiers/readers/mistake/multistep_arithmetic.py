"""BIG-Bench's multistep arithmetic: an expression to evaluate, by naming its parts and working them out.

The problem is formal: `x = expression` is the given, and the value of x is asked.
"""

from __future__ import annotations

import re

from reasonlab.language.chains import Answer, Chain, Query, Step
from reasonlab.language.claims import Equal
from reasonlab.language.errors import ParseError, quote
from reasonlab.language.terms import Symbol, parse_term
from reasonlab.verifiers.readers.mistake.record import Trace, bad

_EXPRESSION = re.compile(r"[\s\d()+*/^.×÷−-]*\d[\s\d()+*/^.×÷−-]*=?\s*\??\s*")
_WHOLE = Symbol("x")


def looks_like(problem: str) -> bool:
    return _EXPRESSION.fullmatch(problem) is not None


def read(trace: Trace) -> Chain:
    """The chain of a record. Raises BadInput."""
    try:
        term = parse_term(trace.input.strip().rstrip("?= "))
    except ParseError as error:
        raise bad(f"the input {quote(trace.input)} does not parse: {error}", "an expression") from None
    return Chain(
        id=trace.id,
        givens=(Step(trace.input, Equal((_WHOLE, term))),),
        query=Query("value", variable=_WHOLE.name),
        steps=tuple(Step(step, None) for step in trace.steps),
        answer=Answer(trace.answer) if trace.answer is not None else None,
        reference=trace.target,
    )
