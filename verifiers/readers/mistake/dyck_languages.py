"""BIG-Bench's Dyck languages: close a sequence of brackets, by keeping a stack.

    input:  "{ [ ] ("
    steps:  "stack: empty", "{ ; stack: {", ..., "Now, we have reached the end. The final stack is \\"{ (\\".",
            "We will need to pop out \\"(\\", \\"{\\" one by one in that order.",
            "So, we need \\")\\", \\"}\\". So the answer is ) }"

The n-th line of the form "symbol ; stack" is about the n-th symbol: it says which one it is, and the stack after it.
Its layout is free ("2. Read [ -> push it; the stack is now: { ["). A stack may be a list as programs write it
(['{', '[']); as `[]` may also be two brackets, it is the empty list only before the first symbol or in a chain that has
such lists. Stacks in lines that name no symbol at all cannot be told apart, so these are not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from reasonlab.language.brackets import (
    ALL,
    PAIRS,
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
from reasonlab.verifiers.readers.mistake.record import ANSWER, MAX_STEP, Trace, bad, single_spaced, unmarked

_SYMBOLS = "".join(re.escape(symbol) for symbol in sorted(ALL))
_CLOSERS = "".join(re.escape(symbol) for symbol in sorted(PAIRS.values()))
_QUOTE = r"[\"“”'‘’`]"
_PROBLEM = re.compile(
    rf"(?:[^{_SYMBOLS}]*:)?\s*{_QUOTE}?((?:[{_SYMBOLS}\s]|(?<=\S),)+){_QUOTE}?\.?\s*(?:(?:output|answer|closing):)?\s*",
    re.IGNORECASE,
)
_MARK = r"\s*(?:[-=]+>|[→⇒;:,|.–—-])\s*"
_ONE = rf"{_QUOTE}?(?P<symbol>[{_SYMBOLS}]){_QUOTE}?"
_HEAD = (  # "Step 2: after reading the symbol '['"
    r"\s*(?:(?:step\s*)?\(?\d{1,6}[.):]\s*)?(?:[-*•]\s+)?"
    r"(?:(?:we )?(?:after )?(?:next,? )?(?:read(?:ing)?|process(?:ing)?|see(?:ing)?|symbol|input|next|after)\b:?\s*)?"
    r"(?:(?:the )?(?:next |input )?(?:symbol|bracket|character|input)\b:?\s*)?"
)
_DONE = rf"(?:(?P<done>push|pop)(?:s|ed|ping|ing)?(?: (?:it|{_QUOTE}?(?P<moved>[{_SYMBOLS}]){_QUOTE}?))?"
_DONE += rf"(?: (?:on ?to|on|from|off) (?:the )?stack)?{_MARK})?"
_STACK = (
    r"(?:and )?(?:the )?(?P<when>(?:current|new|resulting|updated|initial|final) )?stack"
    r"(?: (?:configuration|contents?))?(?: (?:is|becomes|contains|holds|now))*\s*[:=]?"
)
_LINE = re.compile(
    rf"{_HEAD}(?:{_ONE}(?:{_MARK}|\s+(?=(?:the )?stack)){_DONE}"
    r"|(?P<start>(?:initially|at (?:the|first) (?:start|beginning))[,:]?\s+))?"
    rf"{_STACK}\s*(?P<stack>.*?)\s*",
    re.IGNORECASE,
)
_SYMBOL = re.compile(rf"{_HEAD}{_ONE}(?:{_MARK}|\s+(?:the )?(?=stack)).*\bstack\b", re.IGNORECASE)
_SHORT = re.compile(
    rf"{_HEAD}{_ONE}\s*(?:[-=]+>|[→⇒;|:])\s*(?P<stack>(?:{_QUOTE}?[{_SYMBOLS}]{_QUOTE}?[\s,]*)+|\(?empty\)?)\s*\.?",
    re.IGNORECASE,
)
_EXPLAINED = re.compile(
    rf"{_HEAD}{_ONE} is an? (?P<kind>opening|open|left|closing|close|right) \w+"
    rf"(?:,? (?:so |and )?(?:it |which )?match(?:es|ing) (?:the )?{_QUOTE}?(?P<partner>[{_SYMBOLS}]){_QUOTE}?)?"
    rf"(?:,? (?:so |and )?(?:we )?(?P<done>push|pop)(?: it)?(?: on ?to| from)?(?: the stack)?)?"
    r"\s*[.,;:]\s*(?=(?:the )?(?:\w+ )?stack\b)",
    re.IGNORECASE,
)
_NAMED = re.compile(rf"(?:^|[\s\"“'‘`])[{_SYMBOLS}](?:[\s\"”'’`,.;:]|$)")
_WORD = re.compile(r"[A-Za-z]{2}")
_BEGINNING = re.compile(
    r"(?:(?:step\s*)?\(?0[.):]\s*(?:an |the )?|(?:we )?(?:start|begin)(?:ning|ing)? with an )empty stack\.?",
    re.IGNORECASE,
)
_EMPTY = re.compile(r"[(<]?(?:empty|nothing|∅|ε)[)>]?|\[\s*empty\s*\]|\"\"|''", re.IGNORECASE)
_ITEM = rf"(?:{_QUOTE}[{_SYMBOLS}]{_QUOTE})"
_LIST = re.compile(rf"\[\s*({_ITEM}(?:\s*,\s*{_ITEM})*)\s*\]")  # ['{', '[']
_BARE_LIST = re.compile(rf"\[\s*([{_SYMBOLS}](?:\s*,\s*[{_SYMBOLS}])*)\s*\]")  # [{, []
_FINAL = re.compile(r"\b(?:final|remaining) stack(?: is|:|=| =)\s+(.+?)\s*(?:\.|$)", re.IGNORECASE)
_POPS = re.compile(r"\bpop(?: out)?\s+(.+?)\s*(?:,?\s*one by one\b[^.]*)?(?:\.|$)", re.IGNORECASE)
_NEEDS = re.compile(
    rf"\bwe need\s+(.+?)\s*(?:\.|$)"
    rf"|\b(?:reverse order|brackets needed|needed brackets)\s*:\s*((?:{_QUOTE}?[{_CLOSERS}]{_QUOTE}?[\s,]*)+)(?:\.|$)",
    re.IGNORECASE,
)
_QUOTED = re.compile(rf"{_QUOTE}|,|;|\band\b")
_IDLE = re.compile(r"(?:we should process|let us|let's|now, we have reached the end|initially)\b[^;]*", re.IGNORECASE)


def looks_like(problem: str) -> bool:
    found = _PROBLEM.fullmatch(problem)
    return found is not None and bool(found[1].strip())


def read(trace: Trace) -> Chain:
    """The chain of a record. Raises BadInput."""
    found = _PROBLEM.fullmatch(trace.input)
    if found is None:
        raise bad(f"the input is {quote(trace.input)}", "a sequence of brackets")
    symbols = tuple("".join(found[1].replace(",", " ").split()))
    lines = _with_stacks([_shortened(text) for text in trace.steps], symbols)
    layout = _Layout(
        named=any(_SYMBOL.match(line) for line in lines),
        lists=any(_LIST.fullmatch(found["stack"].rstrip(".")) for each in lines if (found := _LINE.fullmatch(each))),
    )
    steps = []
    time: int | None = 0  # None after a line that may be about a symbol or not
    for text, line in zip(trace.steps, lines):
        if time is not None:
            time += _SYMBOL.match(line) is not None
        step = _step(text, line, time, len(symbols), layout)
        steps.append(step)
        if step.claim is None and not _SYMBOL.match(line) and _NAMED.search(line) and _WORD.search(line):
            time = None
    return Chain(
        id=trace.id,
        givens=(Step(trace.input, Brackets(symbols)),),
        query=Query("fill", template="closing: _"),
        steps=tuple(steps),
        answer=None if trace.answer is None else Answer(_written(trace.answer)),
        reference=None if trace.target is None else _written(trace.target),
    )


@dataclass(frozen=True, slots=True)
class _Layout:
    """How a chain writes its lines: whether some name a symbol, and whether stacks are lists of quoted brackets."""

    named: bool
    lists: bool


def _shortened(text: str) -> str:
    """The line of a step as far as it is read, without emphasis."""
    line = " ".join(unmarked(text[:MAX_STEP]).split())
    return _EXPLAINED.sub(_named_symbol, line, count=1)


def _named_symbol(line: re.Match[str]) -> str:
    """`{ is an opening bracket, push it. Stack: {` without the explanation, where it is right."""
    symbol, partner = line["symbol"], line["partner"]
    opens = line["kind"].lower() in ("opening", "open", "left")
    done = {"push": True, "pop": False}.get((line["done"] or "").lower(), opens)
    if opens != (symbol in PAIRS) or done != opens or (partner and PAIRS.get(partner) != symbol):
        return line[0]
    return f"{symbol} ; "


def _with_stacks(lines: list[str], symbols: tuple[str, ...]) -> list[str]:
    """The lines with the word "stack" in those that leave it out (`{ -> {`), where they are the problem's symbols."""
    short = [_SHORT.fullmatch(ANSWER.sub("", line)) for line in lines]
    if tuple(found["symbol"] for found in short if found) != symbols:
        return lines
    return [f"{found['symbol']} ; stack: {found['stack']}" if found else line for found, line in zip(short, lines)]


def _step(text: str, bare: str, time: int | None, size: int, layout: _Layout) -> Step:
    """The step of a text, which is read as the line `bare`."""
    try:
        single_spaced(text)  # not too long
        claims = list(_claims(bare, time, size, layout))
    except (ParseError, ValueError) as error:  # outside the grammar, or no claim that can be made
        return Step(text, None, reason=str(error))
    idle = not bare or _IDLE.fullmatch(bare) is not None
    return Step(text, join(claims), reason=None if claims or idle else "no stack, bracket or answer is named")


def _claims(text: str, time: int | None, size: int, layout: _Layout) -> Iterator[Worded]:
    """What a step says of symbols and stacks. Raises ParseError."""
    before = ANSWER.sub("", text)
    if line := _LINE.fullmatch(before):
        yield from _line(line, time, size, layout)
    elif _BEGINNING.fullmatch(before):
        yield Stack(0, ())
    else:
        for stack in _FINAL.finditer(before):
            yield Stack(size, _stack(stack[1], size, layout))
        for pops in _POPS.finditer(before):
            yield Open(_symbols(pops[1]))
        for needs in _NEEDS.finditer(before):
            yield Closing(_symbols(needs[1] or needs[2]))
    if answer := ANSWER.search(text):
        yield Closing(_symbols(answer[1]))


def _line(line: re.Match[str], time: int | None, size: int, layout: _Layout) -> Iterator[Worded]:
    """A line about the stack, after a symbol or not. Raises ParseError."""
    symbol, done, moved = line["symbol"], (line["done"] or "").lower(), line["moved"]
    when = (line["when"] or "").strip().lower()
    if symbol is not None:
        partner = symbol if done == "push" else next((left for left, right in PAIRS.items() if right == symbol), None)
        if moved and moved != partner:
            raise ParseError(f"expected a {done} that {symbol} calls for, found {moved}")
        if done and (done == "push") != (symbol in PAIRS):
            raise ParseError(f"expected an opening bracket to be pushed or a closing one to pop, found {done} {symbol}")
        if time is None:
            raise ParseError("expected to know how many symbols come before: a line above that names one is not read")
        yield Bracket(time, symbol)
    at: int | None
    at = 0 if line["start"] or when == "initial" else size if when == "final" else time
    if at is None:
        raise ParseError("expected to know after which symbol the stack is this: a line above is not read")
    stack = _stack(line["stack"], at, layout)
    if symbol is None and stack and at == time and not layout.named:
        raise ParseError("expected the symbol after which the stack is this")
    yield Stack(at, stack)


def _stack(text: str, time: int, layout: _Layout) -> Symbols:
    """What a stack is said to hold. Raises ParseError."""
    bare = text.strip().removesuffix(".").strip()
    if _EMPTY.fullmatch(bare):
        return ()
    if found := _LIST.fullmatch(bare) or (layout.lists and _BARE_LIST.fullmatch(bare)):
        return _symbols(found[1])
    if "".join(bare.split()) == "[]" and (layout.lists or time == 0):
        return ()
    if bare == "[]":
        raise ParseError("expected brackets with a space between or quotes about them: [] may be two or an empty list")
    return _symbols(bare)


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
