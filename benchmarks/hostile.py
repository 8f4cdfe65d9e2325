"""Texts and claims that are out to break a reader or a theory, drawn at random."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

JUNK = [
    *("0th", "9999th", "(A)(B)", "??", "<", ">", "[", "]", '"', "&", "all:", ";", "=", "->", "|-", "<->", "~"),
    *("\x00", "é", "𝟙", "1000000", "or", "and", "since", "not", "...", "empty", "-1", "0", "1/0", "0.000000001"),
    *("(mod 0)", "(mod 1)", "(mod 99999999999999999999)", "=>", "^-1", "^999", "%", "$", "\\frac{1}{", "<<", ">>"),
    *("####", "_", "forall X.", "exists"),
]  # fmt: skip
VALUES: list[Any] = [
    *(None, True, False, 0, -1, 3, 2.5, 10**30, float("nan"), float("inf"), "", " ", "a", "\x00", "\ud800", "true"),
    *([], [[]], [None], ["a = 1", 3], [["a"]], {}, {"a": {}}, {"": None}, {"value": 3}, {"truth": "p"}, [{}] * 3),
]
ALIKE = {
    "a": "аａ𝑎", "e": "еｅ", "o": "оｏ0", "p": "рｐ", "x": "х×", "0": "０٠O", "1": "１١l", "2": "２²", "3": "３³",
    "=": "＝⩵", "-": "−–‐", "+": "＋", "*": "∗×·", "/": "∕⁄÷", "(": "（", ")": "）", " ": "\u00a0\u2003\u200b",
    ">": "＞→", "&": "＆∧", "~": "∼¬", "|": "｜∨", ".": "．。", ",": "，",
}  # fmt: skip


def other_words(rng: random.Random, text: str) -> str:
    words = text.split(" ")
    for _ in range(rng.choice([1, 1, 2, 5])):
        place, kind = rng.randrange(len(words) + 1), rng.randrange(6)
        if kind == 0:
            del words[place : place + 1]
        elif kind == 1:
            words.insert(place, rng.choice(JUNK))
        elif kind == 2:
            words.insert(place, rng.choice(words or [""]))
        elif kind == 3:
            words = words[:place]
        elif kind == 4:
            words[place:place] = words[:place] * rng.choice([1, 1, 3])
        elif words:
            place = min(place, len(words) - 1)
            at = rng.randrange(len(words[place]) + 1)
            words[place] = words[place][:at] + rng.choice('aA0"()[]<>?,.:; {}&=~^*/-+|') + words[place][at:]
    return " ".join(words)


def alike(rng: random.Random, text: str) -> str:
    """Letters put for others that look alike, and marks that nobody sees."""
    share = rng.choice([0.02, 0.2, 1])
    changed = "".join(rng.choice(ALIKE[each]) if each in ALIKE and rng.random() < share else each for each in text)
    place = rng.randrange(len(changed) + 1)
    return changed[:place] + rng.choice(["", "\x00", "\u202e", "\ufeff", "\u0301" * 50, "\ud83d"]) + changed[place:]


def bracketed(rng: random.Random, text: str) -> str:
    depth, place = rng.choice([10, 60, 99, 150, 5_000]), rng.randrange(len(text) + 1)
    opening, closing = rng.choice(
        ["()", "[]", "{}", "<>", ("~", ""), ("-", ""), ("f(", ")"), ("\\frac{1}{", "}"), ("forall X. ", "")]
    )
    kinds = [opening * depth + text + closing * depth, text[:place] + opening * depth + text[place:]]
    return rng.choice([*kinds, text[:place] + opening * depth + "1" + closing * depth + text[place:]])


def huge_numbers(rng: random.Random, text: str) -> str:
    number = rng.choice(
        [
            *("9**9**9**9", "9^9^9^9", "9 ^ 999", "(9 ^ 999) ^ 999", "9" * 300, "9" * 5_000, "1e999", "nan"),
            *("1E+99999", "0." + "1" * 400, "1/" + "7" * 200, "99!", "10^100000", "2 ^ (0 - 1)", "0 ^ 0", "0 ^ -1"),
        ]
    )  # fmt: skip
    words = text.split(" ")
    words[rng.randrange(len(words))] = number
    return " ".join(words)


# What is hard for a theory.


def hard(rng: random.Random) -> dict[str, Any]:
    return rng.choice(THEORIES)(rng, round(2 ** rng.uniform(1, 8)))


def _chain(givens: list[str], steps: list[str], **more: Any) -> dict[str, Any]:
    return {"givens": givens, "steps": steps, **more}


def residues(rng: random.Random, size: int) -> dict[str, Any]:
    names = [f"v{i}" for i in range(size)]
    modulus = rng.choice([2, 6, 97, 2**31 - 1, 10**18 + 9, 10**60])

    def term() -> str:
        return (
            " ".join(f"{rng.choice(names)} {rng.choice('+-*')}" for _ in range(rng.randint(1, 6)))
            + f" {rng.randrange(9)}"
        )

    givens = [f"{term()} = {term()}" for _ in range(rng.randint(1, size))]
    return _chain(givens, [f"{term()} = {rng.randrange(modulus)}" for _ in range(rng.randint(1, 9))], modulus=modulus)


def polynomials(rng: random.Random, size: int) -> dict[str, Any]:
    names = [f"x{i}" for i in range(rng.choice([1, 2, 3, 5, min(size, 40)]))]
    most = rng.choice([2, 3, 4, 9, 60, 200])

    def term() -> str:
        parts = [
            f"{rng.randint(0, 10 ** rng.choice([1, 3, 30]))} * {rng.choice(names)} ^ {rng.randint(1, most)}"
            for _ in range(rng.randint(1, 4))
        ]
        return rng.choice([" + ", " - ", " * "]).join(parts)

    def relation() -> str:
        return f"{term()} {rng.choice(['=', '<', '<=', '>', '!='])} {rng.choice([term(), '0', '1 / 3'])}"

    def system() -> str:
        return rng.choice([" or ", " and "]).join(relation() for _ in range(rng.randint(1, 3)))

    steps = [system() for _ in range(rng.randint(1, 4))]
    steps += [
        f"rewrite: {system()} => {system()}{rng.choice(['', ' (over integers)', ' (over complex)'])}"
    ] * rng.randrange(2)
    return _chain([system() for _ in range(rng.randint(0, min(size, 12)))], steps)


def linear(rng: random.Random, size: int) -> dict[str, Any]:
    names = [f"x{i}" for i in range(size)]

    def side() -> str:
        return " + ".join(f"{rng.randint(1, 9)} * {rng.choice(names)}" for _ in range(rng.randint(1, 20)))

    signs = rng.choice([["="], ["<", "<=", ">"], ["=", "<=", "!="]])
    givens = [f"{side()} {rng.choice(signs)} {rng.randint(-99, 99)}" for _ in range(rng.randint(1, size))]
    return _chain(givens, [f"{side()} {rng.choice(signs)} {side()}" for _ in range(rng.randint(1, 5))])


def formulas(rng: random.Random, size: int) -> dict[str, Any]:
    predicates, names = [f"p{i}" for i in range(1 + size // 8)], [f"a{i}" for i in range(1 + size // 8)]
    deep = rng.choice([2, 3, 4])

    def argument(bound: tuple[str, ...]) -> str:
        inner = rng.choice([*bound, *names])
        return f"f({inner})" if rng.random() < 0.3 else inner

    def formula(depth: int, bound: tuple[str, ...] = ()) -> str:
        if depth == 0:
            if rng.random() < 0.2:
                return f"({argument(bound)} = {argument(bound)})"
            return f"{rng.choice(predicates)}({argument(bound)}, {argument(bound)})"
        if rng.random() < 0.4 and len(bound) < 5:
            name = f"X{len(bound)}"
            return f"({rng.choice(['forall', 'exists'])} {name}. {formula(depth - 1, (*bound, name))})"
        return f"(~{formula(depth - 1, bound)} {rng.choice(['&', '|', '->', '<->'])} {formula(depth - 1, bound)})"

    givens = [formula(deep) for _ in range(rng.randint(1, min(size, 60)))]
    steps = [formula(deep) for _ in range(rng.randint(1, 6))]
    return _chain(givens, [*steps, f"by: resolution g0, s0 |- {steps[0]}"])


def propositions(rng: random.Random, size: int) -> dict[str, Any]:
    """Random clauses near the ratio where they are hardest."""

    def clause() -> str:
        return " | ".join(f"{rng.choice(['', '~'])}q{rng.randrange(size)}" for _ in range(3))

    return _chain([clause() for _ in range(round(4.3 * size))], [clause(), f"q{rng.randrange(size)}"])


def rules(rng: random.Random, size: int) -> dict[str, Any]:
    kinds = [f"k{i}" for i in range(1 + size // 2)]

    def literal(who: list[str]) -> str:
        return f"{rng.choice(['', '', '~'])}{rng.choice(kinds)}({', '.join(rng.choices(who, k=2))})"

    people = [f"a{i}" for i in range(1 + size // 4)]

    def rule() -> str:
        body = " & ".join(literal(["X", "Y", "Z"]) for _ in range(rng.randint(1, 3)))
        return f"forall X. forall Y. forall Z. {body} -> {literal(['X', 'Y', 'Z'])}"

    bodies = [rule() for _ in range(size)]
    facts = [literal(people) for _ in range(size)]
    if rng.random() < 0.5:
        givens = [f"holds: {fact}" for fact in facts] + [f"rule: R{i}: {body}" for i, body in enumerate(bodies)]
        givens += [f"prefers: R{rng.randrange(size)} > R{rng.randrange(size)}" for _ in range(size // 2)]
        return _chain(givens, [f"holds: {literal(people)}" for _ in range(5)])
    return _chain([*facts, *bodies], [literal(people) for _ in range(5)])


def graphs(rng: random.Random, size: int) -> dict[str, Any]:
    names = [f"n{i}" for i in range(size)]
    edges = [sorted(rng.sample(range(size), 2)) for _ in range(rng.randint(1, 4 * size))]
    if rng.random() < 0.5:
        givens = [f"edge: n{a} {rng.choice(['->', '--'])} n{b} = {rng.randint(-1, 9)}" for a, b in edges]
        ends = f"n0 n{size - 1}"
        steps = [
            f"shortest: {ends} = 3",
            "cycle: none",
            f"reachable: {ends}",
            f"order: {' '.join(names)}",
            "components: 2",
        ]
        return _chain(givens, steps)
    graph = "graph: " + ", ".join(f"n{a} {rng.choice(['->', '->', '->', '<->'])} n{b}" for a, b in edges)
    one, two, *more = rng.sample(names, min(len(names), 8))
    given = ", ".join(more) or one
    steps = [
        f"dsep: {one} from {two} given {given}",
        f"identifiable: P({two} | do({one}))",
        f"adjusts: {given} for {one} on {two}",
    ]
    steps += [
        f"identifies: P({two} | do({one})) = sum_{{{given}}} P({two} | {one}, {given}) P({given})",
        f"estimate: P({two}=1) = 0.3",
    ]
    steps += [
        f"identity: P({two}_{{{one}=1}}, {given}) = P({two} | {one})",
        f"estimate: E[{two} | do({one}=1)] = 0.2 * 0.3",
    ]
    return _chain([graph, f"estimate: P({one}=1) = 0.5"], rng.sample(steps, 4))


def rows(rng: random.Random, size: int) -> dict[str, Any]:
    names = [f"t{'abcdefghij'[i % 10]}{'x' * (i // 10)}" for i in range(size)]

    def clause() -> str:
        return " or ".join(
            f"{rng.choice(names)} {rng.choice(['<', '>', '=', '!='])} {rng.choice([*names, str(rng.randint(1, size))])}"
            for _ in range(rng.choice([1, 1, 3]))
        )

    givens = [f"objects: {', '.join(names)}", *(f"place: {clause()}" for _ in range(size))]
    return _chain(givens, [f"place: {clause()}, {clause()} since {clause()}" for _ in range(3)])


def sorting(rng: random.Random, size: int) -> dict[str, Any]:
    words = ["".join(rng.choice("ab") for _ in range(rng.randint(1, 40))) for _ in range(size * 8)]
    steps = [
        f"sorted: {rng.choice([' ', ' ? ']).join(words)}",
        f"groups: 1 | 1 {' '.join(words)}",
        f"sorted: {' '.join(sorted(words))}",
    ]
    return _chain([f"words: {' '.join(words)}"], steps)


def events(rng: random.Random, size: int) -> dict[str, Any]:
    """Swaps, and brackets."""
    people = [f"k{i}" for i in range(2 + size)]
    if rng.random() < 0.5:
        symbols = rng.choices("([{<>}])", k=size * 20)
        return _chain(
            [f"brackets: {' '.join(symbols)}"], [f"stack: {i} (" for i in range(size)] + ["open: (", "closing: )"]
        )
    givens = [f"swap: {i} {', '.join(rng.sample(people, 2))}" for i in range(1, size * 4)]
    held = ", ".join(f"{person} = thing {i}" for i, person in enumerate(people))
    return _chain([f"after: 0 {held}", *givens], [f"after: {i} {held}" for i in range(min(size, 50))])


def rounded(rng: random.Random, size: int) -> dict[str, Any]:
    term = f" {rng.choice('+-*/^')} ".join(f"{rng.choice(['9.99', '0.5', '1.1', '0.0', '3'])}" for _ in range(size))
    return _chain([], [f"rounded: {term} = 1.0", f"rounded: ({term}) ^ 9 > {term}"])


THEORIES: list[Callable[[random.Random, int], dict[str, Any]]] = [
    *(residues, polynomials, linear, formulas, propositions, rules, graphs, rows, sorting, events, rounded),
]
