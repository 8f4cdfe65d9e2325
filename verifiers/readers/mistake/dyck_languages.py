"""BIG-Bench's Dyck languages: close a sequence of brackets, by keeping a stack.

    input:  "{ [ ] ("
    steps:  "stack: empty", "{ ; stack: {", ..., "Now, we have reached the end. The final stack is \\"{ (\\".",
            "We will need to pop out \\"(\\", \\"{\\" one by one in that order.",
            "So, we need \\")\\", \\"}\\". So the answer is ) }"

The n-th line of the form "symbol ; stack" is about the n-th symbol: it says which one it is, and the stack after it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from reasonlab.language.brackets import (
    ALL,
    Bracket,
    Brackets,
    Closing,
    Open,
    Stack,
    Symbols,
    read_symbols,
    write_symbols,
)
from reasonlab.language.chains import Answer, Chain, Query, Step
from reasonlab.language.errors import ParseError, quote
from reasonlab.language.joined import join
from reasonlab.language.worded import Worded
from reasonlab.verifiers.readers.mistake.record import ANSWER, Trace, bad, single_spaced

_SYMBOLS = "".join(re.escape(symbol) for symbol in sorted(ALL))
_PROBLEM = re.compile(rf"(?:[^{_SYMBOLS}]*input:)?([{_SYMBOLS}\s]+)", re.IGNORECASE)
_LINE = re.compile(rf"(?:([{_SYMBOLS}])\s*;\s*)?stack:\s*(.*?)\s*", re.IGNORECASE)
_SYMBOL = re.compile(rf"\s*[{_SYMBOLS}]\s*;\s*stack:", re.IGNORECASE)
_FINAL = re.compile(r"\bfinal stack is\s+(.+?)\s*(?:\.|$)", re.IGNORECASE)
_POPS = re.compile(r"\bpop(?: out)?\s+(.+?)\s*(?:,?\s*one by one\b[^.]*)?(?:\.|$)", re.IGNORECASE)
_NEEDS = re.compile(r"\bwe need\s+(.+?)\s*(?:\.|$)", re.IGNORECASE)
_QUOTED = re.compile(r"[\"“”'`,]|\band\b")
_IDLE = re.compile(r"(?:we should process|let us|let's|now, we have reached the end|initially)\b[^;]*", re.IGNORECASE)


def looks_like(problem: str) -> bool:
    found = _PROBLEM.fullmatch(problem)
    return found is not None and bool(found[1].strip())


def read(trace: Trace) -> Chain:
    """The chain of a record. Raises BadInput."""
    found = _PROBLEM.fullmatch(trace.input)
    if found is None:
        raise bad(f"the input is {quote(trace.input)}", "a sequence of brackets")
    symbols = tuple("".join(found[1].split()))
    steps = []
    time = 0
    for text in trace.steps:
        time += _SYMBOL.match(text) is not None
        steps.append(_step(text, time, len(symbols)))
    return Chain(
        id=trace.id,
        givens=(Step(trace.input, Brackets(symbols)),),
        query=Query("fill", template="closing: _"),
        steps=tuple(steps),
        answer=None if trace.answer is None else Answer(_written(trace.answer)),
        reference=None if trace.target is None else _written(trace.target),
    )


def _step(text: str, time: int, size: int) -> Step:
    try:
        bare = single_spaced(text)
        claims = list(_claims(bare, time, size))
    except (ParseError, ValueError) as error:  # outside the grammar, or no claim that can be made
        return Step(text, None, reason=str(error))
    idle = not bare or _IDLE.fullmatch(bare) is not None
    return Step(text, join(claims), reason=None if claims or idle else "no stack, bracket or answer is named")


def _claims(text: str, time: int, size: int) -> Iterator[Worded]:
    """What a step says of symbols and stacks. Raises ParseError."""
    before = ANSWER.sub("", text)
    if line := _LINE.fullmatch(before):
        if line[1] is not None:
            yield Bracket(time, line[1])
        yield Stack(time, _symbols(line[2]))
    else:
        for stack in _FINAL.finditer(before):
            yield Stack(size, _symbols(stack[1]))
        for pops in _POPS.finditer(before):
            yield Open(_symbols(pops[1]))
        for needs in _NEEDS.finditer(before):
            yield Closing(_symbols(needs[1]))
    if answer := ANSWER.search(text):
        yield Closing(_symbols(answer[1]))


def _symbols(text: str) -> Symbols:
    """The brackets of a list in words: quotes, commas and "and" left out. Nothing is the empty sequence."""
    bare = _QUOTED.sub(" ", text).strip()
    return read_symbols(" ".join(bare.split())) if bare else ()


def _written(text: str) -> str:
    """An answer in the writing of claims, where it is one."""
    try:
        return write_symbols(_symbols(text.removesuffix(".")))
    except ParseError:
        return text
