"""The fast lane against the ordinary path, byte by byte, on random records, whole and broken.

    python benchmarks/fast_equals_slow.py --count 100000 [--seed 0]

Records of the kinds that the lane takes, drawn so that most of them hold something odd: definitions out of order, twice
or in a circle, decimals, divisions, powers, brackets, residues, wrong values and what is inherited from them, rules
with several premises, facts that contradict each other, names used in two ways, answers of all sorts. A third of them
is then damaged: characters of a text, or fields of the record. Where the lane has an answer it must be the ordinary
one, to the byte; how often it has one is printed for each kind. A difference ends the script with 1.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from reasonlab.language.errors import BadInput
from reasonlab.language.records import FIELDS, chain_from_record
from reasonlab.verifiers import fast, verify_chain
from reasonlab.verifiers.chain import unread_report
from reasonlab.verifiers.lines import to_line

Record = dict[str, Any]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    drawn: Counter[str] = Counter()
    taken: Counter[str] = Counter()
    for kind, record in records(options.count, options.seed):
        drawn[kind] += 1
        found = differs(record)
        if found is None:
            continue
        taken[kind] += 1
        if found:
            print(f"{json.dumps(record)}\n{found}")
            return 1
    for kind in drawn:
        print(f"{kind}: {drawn[kind]} records, {taken[kind] / drawn[kind]:.0%} taken by the fast lane, no difference")
    return 0


def differs(record: Record) -> str | None:
    """The two lines if they differ, nothing if they do not, None where the lane leaves the record alone."""
    report = fast.report(record, "default")
    if report is None:
        return None
    quick, slow = to_line(report), slow_line(record)
    return "" if quick == slow else f"fast {quick.decode()}slow {slow.decode()}"


def slow_line(record: Record) -> bytes:
    """The line of the ordinary path."""
    try:
        report = verify_chain(chain_from_record(record, default_id="default"))
    except BadInput as error:
        report = unread_report("default", str(error))
    return (json.dumps(report.to_record(), ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")


def records(count: int, seed: int) -> Iterator[tuple[str, Record]]:
    """Kinds in turn; each record is drawn from a stream of its own. A third of them is damaged."""
    for index in range(count):
        kind = list(KINDS)[index % len(KINDS)]
        draw = random.Random(f"{seed} {index}")
        record = KINDS[kind](draw)
        if draw.random() < 0.33:
            kind, record = f"{kind}, damaged", damaged(record, draw)
        yield kind, record


# Relations.

LETTERS = "abcdefgh"


def arithmetic(draw: random.Random) -> Record:
    """Definitions, and steps that compute with them."""
    modulus = draw.choice([None, None, None, None, 2, 10, 97])
    names = draw.sample(LETTERS, draw.randint(1, 5))
    givens, values = [], {}
    for position, name in enumerate(names):
        if position < 2 or draw.random() < 0.3:
            givens.append(f"{name} = {number(draw)}")
        else:
            givens.append(f"{name} = {term(draw, names[:position], draw.choice([1, 1, 2]))}")
        values[name] = draw.randint(-9, 99)
    if draw.random() < 0.1:
        givens.append(draw.choice([f"{names[0]} = {term(draw, names, 1)}", draw.choice(givens), f"3 = {names[-1]}"]))
    if draw.random() < 0.4:
        draw.shuffle(givens)
    steps = []
    for _ in range(draw.randint(1, 6)):
        name = draw.choice(names)
        own = next((given for given in givens if given.startswith(f"{name} = ")), f"{name} = 1")
        steps.append(draw.choice([own, f"{own} = {draw.randint(-3, 20)}", f"{name} = {draw.randint(-3, 20)}"]))
        if draw.random() < 0.4:
            steps[-1] = f"{term(draw, names, 1)} = {term(draw, names, draw.choice([0, 1, 2]))}"
    steps = [right(step, givens, modulus) if draw.random() < 0.75 else step for step in steps]
    record: Record = {"id": f"c{draw.randrange(100)}", "givens": givens, "steps": steps}
    if modulus is not None:
        record["modulus"] = modulus
    if draw.random() < 0.8:
        asked = draw.choice(names)
        record["query"] = {"value": asked}
        solved = right(f"{asked} = 3", givens, modulus)
        record["answer"] = draw.choice([solved.split(" = ")[-1], str(draw.randint(-4, 30))])
        if draw.random() < 0.4:
            record["reference"] = draw.choice([record["answer"], str(draw.randint(-4, 30))])
    if modulus is not None and draw.random() < 0.9:  # residues are whole, and most have no inverse
        words = json.dumps(record).replace("/", "+")
        record = json.loads(re.sub(r"([0-9])\.[0-9]+", r"\1", words))
    return spelled(record, draw)


def number(draw: random.Random) -> str:
    return draw.choice(
        [
            *(str(draw.randint(0, 12)), f"-{draw.randint(0, 9)}", f"{draw.randint(0, 9)}.{draw.randint(0, 75)}"),
            *(f"-{draw.randint(0, 9)} / {draw.randint(1, 9)}", f"-({draw.randint(0, 9)} / {draw.randint(1, 9)})"),
        ]
    )


def term(draw: random.Random, names: list[str], depth: int) -> str:
    if depth == 0 or draw.random() < 0.1:
        return draw.choice([*names, *names, number(draw)])
    kind = draw.random()
    if kind < 0.08:
        return f"({term(draw, names, depth - 1)}) ^ {draw.randint(0, 3)}"
    if kind < 0.16:
        return f"-({term(draw, names, depth - 1)})"
    left, other = term(draw, names, depth - 1), term(draw, names, depth - 1)
    if draw.random() < 0.5:
        left = f"({left})"
    if draw.random() < 0.5 or other.startswith("-"):
        other = f"({other})"
    return f"{left} {draw.choice('++--**/')} {other}"


def right(step: str, givens: list[str], modulus: int | None) -> str:
    """The step with a last value that makes it true, where the givens settle it."""
    record = {"givens": givens, "steps": [f"{step.rpartition(' = ')[0]} = 0.5"], "modulus": modulus}
    try:
        verdict = verify_chain(chain_from_record(record)).verdicts[0]
    except BadInput:
        return step
    if verdict.status != "refuted" or not verdict.witness or " = " not in verdict.witness:
        return step
    return f"{step.rpartition(' = ')[0]} = {verdict.witness.rpartition(' = ')[2]}"


def linear(draw: random.Random) -> Record:
    """Equations with a solution, and steps that state what is solved, combinations and other things."""
    names = draw.sample(LETTERS, draw.randint(1, 4) if draw.random() < 0.97 else len(LETTERS))
    values = {name: draw.randint(-9, 9) for name in names}
    givens = [equation(draw, names, values) for _ in range(draw.randint(1, len(names) + 1))]
    if draw.random() < 0.15:
        givens.append(
            draw.choice([draw.choice(givens), f"{names[0]} = {values[names[0]]}", f"{names[0]} = {names[-1]} + 1"])
        )
    draw.shuffle(givens)
    steps = []
    for _ in range(draw.randint(1, 6)):
        name, kind = draw.choice(names), draw.random()
        shown = values[name] if draw.random() < 0.7 else values[name] + draw.choice([1, -2])
        if kind < 0.5:
            steps.append(f"{name} = {shown}")
        elif kind < 0.8:
            steps.append(equation(draw, names, values))
        elif kind < 0.9:
            steps.append(f"{name} = {shown - 1} + 1 = {shown}")
        else:
            steps.append(draw.choice([*givens, *steps]))
        if draw.random() < 0.1:
            steps[-1] = f"{name} * {draw.choice(names)} = {shown}"
    record: Record = {"id": f"l{draw.randrange(100)}", "givens": givens, "steps": steps}
    if draw.random() < 0.6:
        record |= {"query": {"value": names[-1]}, "answer": str(draw.choice([values[names[-1]], draw.randint(-9, 9)]))}
    return spelled(record, draw)


def equation(draw: random.Random, names: list[str], values: dict[str, int]) -> str:
    """A linear equation that holds for the values, most of the time."""
    factors = {name: draw.choice([1, 1, 2, 3, -1, -4]) for name in draw.sample(names, draw.randint(1, len(names)))}
    terms = [
        draw.choice([f"{factor} * {name}", f"{name} * {factor}"]) if factor != 1 else name
        for name, factor in factors.items()
    ]
    total = sum(factor * values[name] for name, factor in factors.items())
    if draw.random() < 0.12:
        total += draw.choice([1, -3])
    kind, left = draw.random(), " + ".join(terms).replace("+ -", "- ")
    if kind < 0.7:
        return f"{left} = {total}"
    if kind < 0.8:
        return f"{terms[0]} = {total} - ({' + '.join(terms[1:]) or 0})"
    if kind < 0.9:
        return f"({left}) / 2 = {total / 2:g}" if total >= 0 else f"{total} = {left}"
    return f"2 * ({left} - 1) = {2 * total - 2}"


def polynomial(draw: random.Random) -> Record:
    """Identities and what is none, in a few unknowns."""
    names = draw.sample("uvwxyz", draw.randint(1, 3))
    steps = []
    for _ in range(draw.randint(1, 5)):
        x, y, (a, b, c) = draw.choice(names), draw.choice(names), (draw.randint(-5, 9) for _ in range(3))
        off = draw.choice([0, 0, 0, 1])
        steps.append(
            draw.choice(
                [
                    f"({x} + {a}) * ({y} - {b}) = {x} * {y} - {b} * {x} + {a} * {y} - {a * b + off}",
                    f"({a} * {x} - {y}) ^ 2 = {a * a} * {x} ^ 2 - {2 * a + off} * {x} * {y} + {y} ^ 2",
                    f"({x} + {a}) ^ 3 = {x} ^ 3 + {3 * a} * {x} ^ 2 + {3 * a * a + off} * {x} + {a**3}",
                    f"{x} * {y} - {y} * {x} = {off}",
                    f"{x} * {y} = {y} * {x} = {x} * {y} + {off} * {x}",
                    f"({a} * {x} + {b}) / 4 + {c} = 0.25 * {a} * {x} + {b} / 4 + {c + off}",
                    f"{x} - {off} = {y}",
                    f"-({x} - {y}) * {a} = {a} * {y} + {a} * (-{x}) + {off} * {x} ^ 2",
                ]
            )
        )
        if draw.random() < 0.15:
            steps.append(rearranged(nested(draw, names, draw.randint(1, 3)), nested(draw, names, 1), draw))
    record: Record = {"id": f"p{draw.randrange(100)}", "steps": steps}
    if draw.random() < 0.1:
        record["givens"] = [f"{names[0]} = {draw.randint(0, 3)}"]
    return spelled(record, draw)


def nested(draw: random.Random, names: list[str], depth: int) -> str:
    """A term that may be far larger than it is long."""
    if depth == 0:
        return draw.choice([*names, *names, str(draw.choice([0, 2, 7, 10 ** draw.choice([3, 20, 38])]))])
    inner = f"({nested(draw, names, depth - 1)})"
    if draw.random() < 0.3:
        return f"{inner} ^ {draw.choice([0, 1, 2, 2, 3, 8, 16, 64])}"
    return f"{inner} {draw.choice('+-**')} ({nested(draw, names, depth - 1)})"


def rearranged(left: str, right: str, draw: random.Random) -> str:
    """An identity, or nearly one."""
    off = draw.choice([0, 0, 0, 1])
    return draw.choice(
        [
            f"({left}) * ({right}) = ({right}) * ({left}) + {off}",
            f"({left}) - ({right}) = -({right}) + {left} - {off}",
            f"(({left}) - ({right})) ^ 2 = ({left}) ^ 2 - 2 * ({left}) * ({right}) + ({right}) ^ 2 + {off}",
        ]
    )


# Formulas.


def horn(draw: random.Random) -> Record:
    """Facts and rules about some individuals."""
    people = draw.sample(["ann", "bob", "cy", "dee"], draw.randint(1, 3))
    kinds = draw.sample(["red", "big", "old", "wet", "sad", "odd"], draw.randint(2, 6))
    givens = [literal(draw, kinds, people) for _ in range(draw.randint(0, 3))]
    for _ in range(draw.randint(1, 7)):
        variable = draw.choice(["X", "X", "X", "Y", "Who"])
        whom = [variable] if draw.random() < 0.85 else [variable, *people]
        body = [literal(draw, kinds, whom, 0.01) for _ in range(draw.choice([1, 1, 1, 2, 2, 3]))]
        head = literal(draw, kinds, whom, 0.25)
        givens.append(
            f"forall {variable}. {' & '.join(body)} -> {head}" if draw.random() < 0.95 else f"{body[0]} -> {head}"
        )
    draw.shuffle(givens)
    steps = [literal(draw, kinds, people, 0.2) for _ in range(draw.randint(1, 6))]
    if draw.random() < 0.15:
        steps.insert(draw.randrange(len(steps)), draw.choice(givens))
    if draw.random() < 0.15:
        steps.append(draw.choice(steps))
    if draw.random() < 0.05:
        steps.append(f"{draw.choice(people)}({draw.choice(people)})")
    record: Record = {"id": f"h{draw.randrange(100)}", "givens": givens, "steps": steps}
    if draw.random() < 0.8:
        record["query"] = {"truth": literal(draw, kinds, people, 0.3)}
        record["answer"] = draw.choice(
            ["true", "false", "True", "unknown", "yes"] if draw.random() < 0.5 else ["true", "false"]
        )
        if draw.random() < 0.3:
            record["reference"] = draw.choice(["true", "false"])
    return spelled(record, draw)


def literal(draw: random.Random, kinds: list[str], names: list[str], negated: float = 0.1) -> str:
    sign = "~" if draw.random() < negated else ""
    kind = draw.choice(kinds)
    if kind == "odd" and draw.random() < 0.8:
        return f"{sign}likes({draw.choice(names)}, {draw.choice(names)})"
    return f"{sign}{kind}({draw.choice(names)})"


# What can happen to any record.


def spelled(record: Record, draw: random.Random) -> Record:
    """The chain in other words that mean the same: as one text, with other spaces."""
    if draw.random() < 0.1:
        field = draw.choice([field for field in ("givens", "steps") if field in record])
        record[field] = [
            draw.choice([text.replace(" ", ""), f"  {text} ", text.replace(" ", "  ")]) for text in record[field]
        ]
    if draw.random() < 0.15:
        answer = record.pop("answer", None)
        steps = [f"{step} ; " for step in record.pop("steps")]
        record["text"] = "".join(steps) + (f"answer {answer}" if answer is not None else "")
    return record


FRAGMENTS = [
    *"abX012 ()()[]=+-*/^.,~&|<>!:;'\"_\\#\t\n\x00\ud800²٣é−≈",
    *(
        "  ",
        "->",
        "<->",
        "forall X. ",
        "exists",
        "needs",
        " and ",
        " or ",
        " mod ",
        "let: ",
        "00",
        "1.50",
        "^99",
        "^-1",
    ),
    "9" * 50,
]
VALUES: list[Any] = [
    *(None, True, 0, 3, -1, 2.5, 10, 10**30, "", " ", "a", "formal", "english", "mod"),
    *([], ["a = 1"], [3], {}, {"value": "a"}, {"truth": "red(ann)"}, {"value": 3}, {"choice": {"A": "a = 1"}}),
]


def damaged(record: Record, draw: random.Random) -> Record:
    if draw.random() < 0.3:
        field = draw.choice([*FIELDS, "other"])
        if draw.random() < 0.3:
            record.pop(field, None)
        else:
            record[field] = draw.choice(VALUES)
        return record
    field = draw.choice([field for field in record if record[field] and field not in ("id", "modulus")])
    if isinstance(record[field], str):
        record[field] = scratched(record[field], draw)
    elif isinstance(record[field], list):
        position = draw.randrange(len(record[field]))
        record[field] = [scratched(text, draw) if i == position else text for i, text in enumerate(record[field])]
    else:
        record[field] = {key: scratched(text, draw) for key, text in record[field].items()}
    return record


def scratched(text: str, draw: random.Random) -> str:
    """A text with a piece put in, taken out or replaced."""
    start = draw.randint(0, len(text))
    end = min(len(text), start + draw.choice([0, 0, 1, 2]))
    return text[:start] + draw.choice([*FRAGMENTS, ""]) + text[end:]


KINDS: dict[str, Callable[[random.Random], Record]] = {
    "arithmetic": arithmetic,
    "linear": linear,
    "polynomial": polynomial,
    "horn": horn,
}


if __name__ == "__main__":
    sys.exit(main())
