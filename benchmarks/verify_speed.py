"""Verification speed, side by side in one run: ours, a fresh Z3 solver a step, and Math-Verify on its subset.

    python benchmarks/verify_speed.py --chains 100000 [--baseline 400] [--math-verify 100] [--jobs 2] [--record]

The chains: equal quarters of four theories (ground arithmetic with definitions, linear equations, polynomial
identities, Horn rules), no two alike, 6 steps each, one step in eight made wrong. All three sides read the same JSONL
and write a JSON line a chain:

- ours: `reasonlab verify FILE --out`, one process, then `--jobs N`, reading and writing included.
- Z3: our parser, then for every step a fresh solver with the givens asserted and the negated claim: the loop that most
  people would write. A step that does not follow is asked about a second time, for refutation, as ours must tell, too.
- Math-Verify (if installed): `verify(parse(left), parse(right))` for each equation between terms, on the quarter of
  polynomial identities and on the links of ground arithmetic: where it has something to compare.

The baselines are sampled evenly from the same file, since they would take hours for all of it: rates are chains (or
equations) a CPU second. Verdicts of ours and Z3's are compared on the sample; a difference ends the script with 1.
CPU seconds are those of the process and its children.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any

from results import keep, show

STEPS = 6
WRONG = 8  # one step in so many
LEAST = 2.0  # CPU seconds: other work on the machine would move a shorter time by half
THEORIES = ("arithmetic", "linear", "polynomial", "horn")
BARS = {"z3": 30.0, "math-verify": 500.0, "jobs": 1.7}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chains", type=int, default=100_000)
    parser.add_argument("--baseline", type=int, default=400, help="chains that the Z3 loop does")
    parser.add_argument("--math-verify", type=int, default=100, help="chains that Math-Verify does")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--record", action="store_true", help="append a dated row to benchmarks/RESULTS.md")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "chains.jsonl"
        with open(path, "w") as sink:
            for record in chains(options.chains, options.seed):
                sink.write(json.dumps(record) + "\n")
        rows = measure(path, options)
    show(rows)
    if options.record:
        keep(f"verify_speed, {options.chains} chains of {STEPS} steps", rows)
    return 0


def measure(path: Path, options: argparse.Namespace) -> list[dict[str, Any]]:
    steps = options.chains * STEPS
    one_wall, one_cpu = verify_file(path, path.with_suffix(".one"), 1)
    many_wall, many_cpu = verify_file(path, path.with_suffix(".many"), options.jobs)
    if path.with_suffix(".one").read_bytes() != path.with_suffix(".many").read_bytes():
        raise SystemExit(f"--jobs {options.jobs} wrote other bytes than --jobs 1")
    ours = options.chains / one_cpu
    rows = [
        {"side": "ours, one process", "chains/s": f"{ours:.0f}", "us a step": f"{1e6 * one_cpu / steps:.1f}"},
        {
            "side": f"ours, --jobs {options.jobs}", "wall ratio": f"{one_wall / many_wall:.2f}",
            "cpu ratio": f"{many_cpu / one_cpu:.2f}", "bar": BARS["jobs"],
        },
    ]  # fmt: skip
    sample = sampled(path, options.baseline)
    spent = time.process_time()
    theirs = [z3_chain(line) for line in sample]
    spent = time.process_time() - spent
    check(path.with_suffix(".one"), theirs)
    z3_rate = len(sample) / spent
    rows.append(
        {
            "side": "Z3, a fresh solver a step", "chains/s": f"{z3_rate:.1f}",
            "us a step": f"{1e6 * spent / (len(sample) * STEPS):.0f}", "ours is": f"{ours / z3_rate:.1f}x",
            "bar": BARS["z3"],
        }
    )  # fmt: skip
    rows += by_theory(sample, path.parent)
    rows += math_verify_rows(path, options)
    return rows


def verify_file(path: Path, out: Path, jobs: int) -> tuple[float, float]:
    """Wall and CPU seconds of `reasonlab verify`, start-up included."""
    out.unlink(missing_ok=True)
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    words = [sys.executable, "-m", "reasonlab.cli", "verify", str(path), "--out", str(out), "--jobs", str(jobs)]
    subprocess.run([*words, "--json"], check=True, stdout=subprocess.DEVNULL)
    wall, after = time.monotonic() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def by_theory(sample: list[str], folder: Path) -> list[dict[str, Any]]:
    """The same comparison for each quarter alone, in this process."""
    rows = []
    for theory in THEORIES:
        lines = [line for line in sample if json.loads(line)["id"].startswith(theory)]
        ours = verify_lines(lines, folder)
        spent = time.process_time()
        for line in lines:
            z3_chain(line)
        theirs = time.process_time() - spent
        count = len(lines) * STEPS
        rows.append(
            {
                "side": f"  {theory}", "ours us a step": f"{1e6 * ours / count:.1f}",
                "Z3 us a step": f"{1e6 * theirs / count:.0f}", "ours is": f"{theirs / ours:.1f}x",
            }
        )  # fmt: skip
    return rows


def verify_lines(lines: list[str], folder: Path) -> float:
    """CPU seconds of what the command does with the lines of a file, without its start: the mean over LEAST."""
    from reasonlab.gate.engines import local
    from reasonlab.gate.intake import read_work
    from reasonlab.gate.questions import Asking

    path = folder / "some.jsonl"
    path.write_text("".join(f"{line}\n" for line in lines))
    begin, rounds = time.process_time(), 0
    while (spent := time.process_time() - begin) < LEAST:
        with ExitStack() as stack, open(path.with_suffix(".out"), "wb") as sink:
            for result in local(read_work([str(path)], "reasonlab", stack), Asking(), 1, stack):
                sink.write(result.line)
        rounds += 1
    return spent / rounds


# The chains.


def chains(count: int, seed: int) -> Iterator[dict[str, Any]]:
    """Records, theory by theory in turn; each is drawn from a stream of its own, so no two are alike but by chance."""
    makers = {"arithmetic": arithmetic, "linear": linear, "polynomial": polynomial, "horn": horn}
    for index in range(count):
        theory = THEORIES[index % len(THEORIES)]
        yield makers[theory](f"{theory}-{index}", random.Random(f"{seed} {index}"))


def arithmetic(name: str, draw: random.Random) -> dict[str, Any]:
    """Definitions, and steps that compute them: `c = a + b = 3 + 4 = 7`."""
    letters = draw.sample("abcdefghjkmnpqrstuvwxyz", STEPS + 2)
    values = {letter: draw.randint(2, 99) for letter in letters[:2]}
    givens = [f"{letter} = {value}" for letter, value in values.items()]
    steps = []
    for letter in letters[2:]:
        left, right = draw.sample(list(values), 2)
        operator = draw.choice("+-*")
        value = {"+": values[left] + values[right], "-": values[left] - values[right],
                 "*": values[left] * values[right]}[operator]  # fmt: skip
        values[letter] = value
        givens.append(f"{letter} = {left} {operator} {right}")
        shown = value + 1 if draw.randrange(WRONG) == 0 else value
        second = values[right] if values[right] >= 0 else f"({values[right]})"
        steps.append(f"{letter} = {left} {operator} {right} = {values[left]} {operator} {second} = {shown}")
    return {"id": name, "givens": givens, "query": {"value": letters[-1]}, "steps": steps, "answer": str(value)}


def linear(name: str, draw: random.Random) -> dict[str, Any]:
    """A triangular system of STEPS equations, solved from the end: each step states one unknown."""
    letters = draw.sample("abcdefghjkmnpqrstuvwxyz", STEPS)
    values = {letter: draw.randint(-30, 30) for letter in letters}
    givens, steps = [], []
    for position, letter in enumerate(letters):
        others = draw.sample(letters[:position], min(position, 2))
        factors = {letter: draw.randint(2, 9), **{other: draw.randint(2, 9) for other in others}}
        total = sum(factor * values[name_] for name_, factor in factors.items())
        givens.append(" + ".join(f"{factor} * {name_}" for name_, factor in factors.items()) + f" = {total}")
        shown = values[letter] + 1 if draw.randrange(WRONG) == 0 else values[letter]
        steps.append(f"{letter} = {shown}")
    return {"id": name, "givens": givens, "query": {"value": letters[-1]}, "steps": steps,
            "answer": str(values[letters[-1]])}  # fmt: skip


def polynomial(name: str, draw: random.Random) -> dict[str, Any]:
    """Identities: a product of two binomials, squares and cubes written out."""
    steps = []
    for _ in range(STEPS):
        x, y = draw.sample("uvwxyz", 2)
        a, b, c, d = (draw.randint(1, 30) for _ in range(4))
        wrong = 1 if draw.randrange(WRONG) == 0 else 0
        kind = draw.randrange(3)
        if kind == 0:
            left = f"({a} * {x} + {b} * {y}) * ({c} * {x} - {d} * {y})"
            right = f"{a * c} * {x} ^ 2 + {b * c - a * d + wrong} * {x} * {y} - {b * d} * {y} ^ 2"
            right = right.replace("+ -", "- ")
        elif kind == 1:
            left = f"({a} * {x} - {b} * {y}) ^ 2 + {c}"
            right = f"{a * a} * {x} ^ 2 - {2 * a * b + wrong} * {x} * {y} + {b * b} * {y} ^ 2 + {c}"
        else:
            left = f"({x} + {a}) ^ 3 - {b} * {x}"
            right = f"{x} ^ 3 + {3 * a} * {x} ^ 2 + {3 * a * a} * {x} - {b} * {x} + {a**3 + wrong}"
        steps.append(f"{left} = {right}")
    return {"id": name, "givens": [], "steps": steps}


def horn(name: str, draw: random.Random) -> dict[str, Any]:
    """Rules over one individual, half of them needless; each step applies the next rule of a path."""
    syllables = ("ba", "di", "fo", "gu", "ke", "lo", "mi", "nu", "pa", "ra", "su", "to", "vi", "wa", "ze")
    kinds: list[str] = []
    while len(kinds) < 2 * STEPS + 2:
        kind = "".join(draw.choice(syllables) for _ in range(3))
        if kind not in kinds:
            kinds.append(kind)
    who = draw.choice(("alex", "ben", "cora", "dan", "eve"))
    path, aside = kinds[: STEPS + 1], kinds[STEPS + 1 :]
    rules = [f"forall X. {a}(X) -> {b}(X)" for a, b in pairwise(path)]
    rules += [f"forall X. {draw.choice(path)}(X) -> ~{b}(X)" for b in aside]
    draw.shuffle(rules)
    steps = [f"{'~' if draw.randrange(WRONG) == 0 else ''}{kind}({who})" for kind in path[1:]]
    return {"id": name, "givens": [*rules, f"{path[0]}({who})"], "query": {"truth": f"{path[-1]}({who})"},
            "steps": steps, "answer": "true"}  # fmt: skip


# The baselines.


def sampled(path: Path, count: int) -> list[str]:
    """`count` lines, evenly: whole rounds of the four theories."""
    lines = path.read_text().splitlines()
    rounds = max(1, count // len(THEORIES))
    stride = max(1, len(lines) // len(THEORIES) // rounds) * len(THEORIES)
    return [line for start in range(0, stride * rounds, stride) for line in lines[start : start + len(THEORIES)]]


def z3_chain(line: str) -> str:
    """The verdicts on a chain by a fresh solver a step, as a JSON line."""
    import z3

    from reasonlab.language.records import chain_from_record

    chain = chain_from_record(json.loads(line))
    givens = [to_z3(given.claim) for given in chain.givens]
    statuses = []
    for step in chain.steps:
        claim = to_z3(step.claim)
        solver = z3.Solver()
        solver.add(*givens, z3.Not(claim))
        if solver.check() == z3.unsat:
            statuses.append("entailed")
            continue
        solver = z3.Solver()
        solver.add(*givens, claim)
        statuses.append("refuted" if solver.check() == z3.unsat else "unsupported")
    return json.dumps({"id": chain.id, "steps": statuses})


def to_z3(claim: Any) -> Any:
    """A claim as a Z3 formula: numbers are reals, individuals one sort."""
    import z3

    from reasonlab.language.claims import Equal
    from reasonlab.language.formulas import Atom, Connective, Not, Quantified
    from reasonlab.language.terms import Binary, Negate, Number, Symbol

    def term(node: Any) -> Any:
        match node:
            case Number(value):
                return z3.RealVal(str(value))
            case Symbol(name):
                return z3.Real(name)
            case Negate(operand):
                return -term(operand)
            case Binary("^", base, Number(value)):
                product = term(base)
                for _ in range(int(value) - 1):
                    product = product * term(base)
                return product
            case Binary(operator, left, right):
                a, b = term(left), term(right)
                return a + b if operator == "+" else a - b if operator == "-" else a * b
        raise ValueError(f"the benchmark has no {node!r}")

    def formula(node: Any, bound: dict[str, Any]) -> Any:
        match node:
            case Atom(predicate, arguments):
                domain = z3.DeclareSort("Individual")
                held = [bound.get(name) if name in bound else z3.Const(name, domain) for name in map(str, arguments)]
                return z3.Function(predicate, *[domain] * len(held), z3.BoolSort())(*held)
            case Not(operand):
                return z3.Not(formula(operand, bound))
            case Connective("->", left, right):
                return z3.Implies(formula(left, bound), formula(right, bound))
            case Quantified("forall", variable, body):
                constant = z3.Const(variable, z3.DeclareSort("Individual"))
                return z3.ForAll([constant], formula(body, {**bound, variable: constant}))
        raise ValueError(f"the benchmark has no {node!r}")

    if isinstance(claim, Equal):
        return z3.And(*(term(a) == term(b) for a, b in pairwise(claim.terms)))
    return formula(claim, {})


def check(written: Path, theirs: list[str]) -> None:
    """Ends the script where ours and Z3 differ on a step."""
    asked = {record["id"]: record["steps"] for record in map(json.loads, theirs)}
    with open(written) as lines:
        for line in lines:
            record = json.loads(line)
            if (steps := asked.get(record["id"])) is not None:
                ours = [step["status"] for step in record["steps"]]
                if ours != steps:
                    raise SystemExit(f"{record['id']}: ours {ours}, Z3 {steps}")


def math_verify_rows(path: Path, options: argparse.Namespace) -> list[dict[str, Any]]:
    """Math-Verify on equations between terms: polynomial identities, and ground arithmetic's last two links."""
    try:
        import math_verify  # noqa: F401
    except ImportError:
        return [{"side": "Math-Verify", "not measured": "pip install math-verify==0.9.0 'antlr4-python3-runtime'"}]
    sample = sampled(path, 4 * options.math_verify)
    subset = {
        theory: [line for line in sample if json.loads(line)["id"].startswith(theory)]
        for theory in ("arithmetic", "polynomial")
    }
    ours = {theory: verify_lines(lines, path.parent) for theory, lines in subset.items()}
    theirs, equal = {}, {}
    for theory, lines in subset.items():
        spent = time.process_time()
        equal[theory] = sum(map(math_verify_chain, lines))
        theirs[theory] = time.process_time() - spent
    rows = []
    for theories in (("arithmetic",), ("polynomial",), ("arithmetic", "polynomial")):
        count = STEPS * sum(len(subset[theory]) for theory in theories)
        their_own, our_own = (sum(spent[theory] for theory in theories) for spent in (theirs, ours))
        rows.append(
            {
                "side": f"Math-Verify, {' and '.join(theories)}", "us an equation": f"{1e6 * their_own / count:.0f}",
                "ours us a step": f"{1e6 * our_own / count:.1f}", "ours is": f"{their_own / our_own:.0f}x",
                "held equal": f"{sum(equal[theory] for theory in theories)} of {count}",
            }
        )  # fmt: skip
    rows[-1]["bar"] = BARS["math-verify"]
    return rows


def math_verify_chain(line: str) -> int:
    """How many of a chain's equations Math-Verify holds equal; it writes them as JSON."""
    from math_verify import parse, verify

    record, answers = json.loads(line), []
    for step in record["steps"]:
        latex = [f"${side}$".replace(" * ", r" \cdot ") for side in step.split(" = ")[-2:]]
        truth, given = (parse(side, parsing_timeout=None) for side in latex)
        answers.append(verify(truth, given, timeout_seconds=None))
    json.dumps({"id": record["id"], "steps": answers})
    return answers.count(True)


if __name__ == "__main__":
    sys.exit(main())
