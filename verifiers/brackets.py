"""Stacks of brackets: what is open after each symbol of a given sequence, and what closes it.

The sequence fixes every stack, so each claim about one is entailed or refuted. Past a closing bracket that does not
match there is no stack: claims about it are `unsupported`. A sequence is closed by the shortest continuation only.

- *Leap*: the symbols between the stack that a step last reached and the one claimed; closing takes one more. A stack
  restated, or read off as `open`, is 0.
- *Premises*: the sequence, and the step that reached that stack.
- *Fault*: `inherited` if the claim holds where each stack (or symbol, or ending) that an earlier bad step stated is as
  stated, and the sequence goes on from there.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable
from dataclasses import dataclass

from reasonlab.language.brackets import PAIRS, Bracket, Brackets, Closing, Open, Stack, Symbols, write_symbols
from reasonlab.language.worded import Worded
from reasonlab.verifiers.limits import Limits
from reasonlab.verifiers.parts import Parts
from reasonlab.verifiers.verdicts import Contradiction, Judgement

SHOWN = 40  # brackets of a witness


@dataclass(frozen=True, slots=True)
class Node:
    """A stack as its top and what lies below: stacks share their lower parts, so all of them together stay small."""

    symbol: str
    below: Node | None
    depth: int


class Stacks(Parts):
    """The theory of a chain's brackets."""

    def __init__(self, givens: Iterable[tuple[int, Worded]], first_step: int, limits: Limits) -> None:
        super().__init__(givens, first_step, limits)
        sequences = [(key, part.symbols) for key, part in self.givens if isinstance(part, Brackets)]
        self.given = bool(sequences)
        self.key, self.symbols = sequences[0] if sequences else (-1, ())
        self.nodes: list[Node | None] = [None]  # the stack after 0, 1, 2, ... symbols
        self.broken: str | None = None  # why there is no stack beyond those
        self._run()
        self.reached: dict[int, int] = {}  # the times of stacks that a step stated, and which step
        self.times: list[int] = []
        self.stacks: dict[int, Symbols] = {}  # what bad steps stated
        self.stack_times: list[int] = []
        self.places: dict[int, str] = {}
        self.open: Symbols | None = None
        self.closing: Symbols | None = None
        other = next((key for key, symbols in sequences if symbols != self.symbols), None)
        if other is not None:
            self.contradiction = Contradiction((self.key, other), "they are different sequences")
        else:
            self._check_givens()

    def _run(self) -> None:
        top: Node | None = None
        for index, symbol in enumerate(self.symbols, 1):
            if symbol in PAIRS:
                top = Node(symbol, top, top.depth + 1 if top else 1)
            elif top is not None and PAIRS[top.symbol] == symbol:
                top = top.below
            else:
                self.broken = f"symbol {index}, {symbol}, closes {top.symbol if top else 'nothing'}"
                return
            self.nodes.append(top)

    def _judge(self, part: Worded) -> Judgement:
        if not self.given:
            return Judgement("unsupported", reason="no sequence of brackets is given")
        if isinstance(part, Brackets):
            right = f"the sequence is {_show(self.symbols[:SHOWN], len(self.symbols))}"
            return self._verdict(part.symbols == self.symbols, (self.key,), 0, right)
        size = len(self.symbols)
        time = part.time if isinstance(part, Stack) else part.index if isinstance(part, Bracket) else size
        if time > size:
            return Judgement("refuted", (self.key,), reason=f"the sequence has {size} symbols, not {time}")
        if isinstance(part, Bracket):
            right = self.symbols[time - 1]
            return self._verdict(part.symbol == right, (self.key,), 0, f"symbol {time} is {right}")
        if time >= len(self.nodes):
            return Judgement("unsupported", (self.key,), reason=f"there is no such stack: {self.broken}")
        node = self.nodes[time]
        since = bisect_right(self.times, time)
        start = self.times[since - 1] if since else 0
        premises = tuple(sorted({self.key, self.reached.get(start, self.key)}))
        if isinstance(part, Stack):
            right = f"after {time} symbols: {_show(_top(node)[::-1], node.depth if node else 0)}"
            return self._verdict(_is(node, part.symbols[::-1]), premises, time - start, right)
        if isinstance(part, Open):
            right = f"open, innermost first: {_show(_top(node), node.depth if node else 0)}"
            return self._verdict(_is(node, part.symbols), premises, time - start, right)
        assert isinstance(part, Closing)
        closing = tuple(PAIRS[symbol] for symbol in _top(node))
        right = f"closing: {_show(closing, node.depth if node else 0)}"
        return self._verdict(_is(node, _opened(part.symbols)), premises, time - start + 1, right)

    def _verdict(self, holds: bool, premises: tuple[int, ...], leap: int, right: str) -> Judgement:
        return Judgement("entailed", premises, leap) if holds else Judgement("refuted", premises, None, right)

    def _take(self, key: int, part: Worded) -> None:
        if isinstance(part, Stack):
            if part.time not in self.reached:
                self.reached[part.time] = key
                insort(self.times, part.time)
            if part.time in self.stacks:
                self.stacks[part.time] = part.symbols
        elif isinstance(part, Bracket):
            self.places.pop(part.index, None)
        elif isinstance(part, Open):
            self.open = None
        elif isinstance(part, Closing):
            self.closing = None

    def _suppose(self, key: int, part: Worded) -> None:
        if isinstance(part, Stack):
            if part.time not in self.stacks:
                insort(self.stack_times, part.time)
            self.stacks[part.time] = part.symbols
        elif isinstance(part, Bracket):
            self.places[part.index] = part.symbol
        elif isinstance(part, Open):
            self.open = part.symbols
        elif isinstance(part, Closing):
            self.closing = part.symbols

    def _supposed(self, part: Worded) -> bool:
        if isinstance(part, Stack):
            return self._supposed_stack(part.time) == part.symbols
        if isinstance(part, Bracket):
            return self._supposed_symbol(part.index) == part.symbol
        if isinstance(part, Closing) and self.closing is not None:
            return part.symbols == self.closing
        if isinstance(part, (Open, Closing)):
            inner = self.open
            if inner is None:
                stack = self._supposed_stack(len(self.symbols))
                inner = None if stack is None else stack[::-1]
            return inner == (part.symbols if isinstance(part, Open) else _opened(part.symbols))
        return False

    def _supposed_stack(self, time: int) -> Symbols | None:
        """The stack from the last one that a bad step stated, None where a bracket does not match."""
        earlier = bisect_right(self.stack_times, time)
        start = self.stack_times[earlier - 1] if earlier else 0
        stack = list(self.stacks.get(start, ()))
        self._spend(time - start + len(stack))
        for index in range(start + 1, time + 1):
            symbol = self._supposed_symbol(index)
            if symbol in PAIRS:
                stack.append(symbol)
            elif not stack or PAIRS.get(stack.pop()) != symbol:
                return None
        return tuple(stack)

    def _supposed_symbol(self, index: int) -> str:
        """Empty past the end."""
        return self.places.get(index, self.symbols[index - 1] if index <= len(self.symbols) else "")


def _is(node: Node | None, symbols: Symbols) -> bool:
    """Whether the stack is this, innermost first."""
    if len(symbols) != (node.depth if node else 0):
        return False
    for symbol in symbols:
        if node is None or node.symbol != symbol:
            return False
        node = node.below
    return True


def _top(node: Node | None) -> Symbols:
    """The innermost symbols, as many as are shown."""
    found: list[str] = []
    while node is not None and len(found) < SHOWN:
        found.append(node.symbol)
        node = node.below
    return tuple(found)


def _opened(closing: Symbols) -> Symbols:
    """What a sequence closes; empty places where it does not close."""
    opening = {close: symbol for symbol, close in PAIRS.items()}
    return tuple(opening.get(symbol, "") for symbol in closing)


def _show(symbols: Symbols, size: int) -> str:
    return write_symbols(symbols) + (f" (the innermost of {size})" if size > len(symbols) else "")
