"""Problems in words, with solutions as GSM8K annotates them, or plain. The oracle calculates, and looks where each
number comes from.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from mutants.cases import Case, Record, put

THINGS = ("pears", "coins", "stamps", "cards", "nails")
COMMON = {*range(13), 24, 25, 30, 50, 52, 60, 100, 365, 1000}  # numbers that may need no source
Equation = tuple[int, str, int, int]


@dataclass(frozen=True)
class Story:
    """Amounts that are told, equations that are written, the answer, and the one held right (GSM8K has none apart)."""

    amounts: tuple[int, ...]
    equations: tuple[Equation, ...]
    answer: int
    reference: int | None

    def record(self, format: str) -> Record:
        told = " ".join(f"Box {'ABCDEF'[i]} holds {amount} {THINGS[i % 5]}." for i, amount in enumerate(self.amounts))
        question = f"{told} How many are there after all that is done?"
        sides = [(f"{a} {operator} {b}", f"{a}{operator}{b}={c}", c) for a, operator, b, c in self.equations]
        if format == "gsm8k":
            lines = [f"That makes {left} = <<{note}>>{result}." for left, note, result in sides]
            return {"format": format, "question": question, "answer": "\n".join([*lines, f"#### {self.answer}"])}
        signs = {"*": r"\times"} if len(self.amounts) % 2 else {}
        lines = [f"That makes ${self._latex(left, signs)} = {result}$." for left, _, result in sides]
        solution = " ".join([*lines, f"The answer is {self.answer}."])
        return {"format": format, "problem": question, "solution": solution, "reference": str(self.reference)}

    @staticmethod
    def _latex(text: str, signs: dict[str, str]) -> str:
        return re.sub(r"\*", lambda found: signs.get(found[0], found[0]), text)

    def sound(self) -> bool | None:
        """Whether all is calculated right from what is told; None where a number may be common knowledge."""
        known, doubtful = set(self.amounts), False
        for a, operator, b, result in self.equations:
            if calculated(a, operator, b) != result:
                return False
            for number in (a, b):
                if number not in known and number not in COMMON:
                    return False
                doubtful |= number not in known
            known.add(result)
        percent = any(self.answer in (100 * number, number / 100) for number in known)  # the answer may be meant so
        if self.reference not in (None, self.answer) or not (self.answer in known or percent):
            return False
        return None if doubtful or percent else True


def calculated(a: int, operator: str, b: int) -> int:
    return {"+": a + b, "-": a - b, "*": a * b}[operator]


def cases(rng: random.Random, format: str) -> Iterator[Case]:
    amounts = tuple(rng.sample(range(13, 98), rng.randint(2, 4)))
    known, equations = list(amounts), []
    for _ in range(rng.randint(1, 3)):
        a, b = rng.sample(known, 2)
        operator = rng.choice("+-*" if max(a, b) < 200 else "+-")
        if operator == "-" and a < b:
            a, b = b, a
        equations.append((a, operator, b, calculated(a, operator, b)))
        known.append(equations[-1][3])
    answer = equations[-1][3]
    story = Story(amounts, tuple(equations), answer, answer if format == "text" else None)
    if len(set(known)) == len(known):
        for change, mutant in _mutants(story, rng):
            yield Case(story.record(format), mutant.record(format), change, mutant.sound() is False)


def _mutants(story: Story, rng: random.Random) -> Iterator[tuple[str, Story]]:
    place = rng.randrange(len(story.equations))
    a, operator, b, result = story.equations[place]

    def changed(*equation: int | str) -> Story:
        return replace(story, equations=put(story.equations, place, equation))

    strange = rng.choice([number for number in range(101, 199) if number not in story.amounts])
    other = rng.choice([each for each in "+-*" if each != operator])
    yield "result", changed(a, operator, b, result + rng.choice([-10, -1, 1, 2, 100]))
    yield "operator", changed(a, other, b, result)
    yield "number", changed(strange, operator, b, result)
    yield "number from nowhere", changed(strange, operator, b, calculated(strange, operator, b))
    yield "direction", changed(b, operator, a, result)
    yield "answer", replace(story, answer=story.answer + rng.choice([-1, 1, 10]))
    yield "told otherwise", replace(story, amounts=put(story.amounts, rng.randrange(len(story.amounts)), strange))
    if len(story.equations) > 1:
        yield "step left out", replace(story, equations=put(story.equations, rng.randrange(len(story.equations))))
        yield "order of steps", replace(story, equations=story.equations[::-1])


FAMILIES: dict[str, Callable[[random.Random], Iterator[Case]]] = {
    format: partial(cases, format=format) for format in ("gsm8k", "text")
}
