"""Verification speed, side by side in one run: ours, a fresh Z3 solver a step, and Math-Verify on its subset.

    python benchmarks/verify_speed.py --chains 100000 [--baseline 400] [--math-verify 60] [--repeats 3] [--record]

The chains: equal quarters of four theories (ground arithmetic with definitions, linear equations, polynomial
identities, Horn rules), no two alike, 6 steps each, one step in eight made wrong. All three sides read the same JSONL
and write a JSON line a chain:

- ours: `reasonlab verify FILE --out`, one process, then `--jobs N`, reading and writing included.
- Z3: our parser, then for every step a fresh solver with the givens asserted and the negated claim: the loop that most
  people would write. A step that does not follow is asked about a second time, for refutation, as ours must tell, too.
- Math-Verify (if installed): `verify(parse(left), parse(right))` for each equation between terms, on polynomial
  identities and on the links of ground arithmetic: where it has something to compare. Ours is the command on a file of
  as many chains as before, of these two theories in turn.

Every side runs in a process of its own that holds nothing but what that side needs. That matters: whoever imports
SymPy beside the verifiers has three times as many objects that the garbage collector walks over again and again, and
ours, measured in the process of Math-Verify, took a tenth to a half longer on arithmetic.

The baselines are sampled evenly from the same file, since they would take hours for all of it: rates are chains (or
equations) a CPU second. Ours includes the start of the command, but for the rows of single theories, whose files are
shorter: the start, measured on a file of one chain, is taken off them. Verdicts of ours and Z3's are compared on the
sample; a difference ends the script with 1. CPU seconds are those of the process and its children; a ratio is the
median over the repeats, in each of which both sides run, and the range is given with it.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from results import keep, show

STEPS = 6
WRONG = 8  # one step in so many
THEORIES = ("arithmetic", "linear", "polynomial", "horn")
COMPARED = ("arithmetic", "polynomial")  # by Math-Verify
BARS = {"z3": 30.0, "math-verify": 500.0, "jobs": 1.7}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chains", type=int, default=100_000)
    parser.add_argument("--baseline", type=int, default=400, help="chains that the Z3 loop does")
    parser.add_argument("--math-verify", type=int, default=60, help="chains of each theory that Math-Verify does")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--record", action="store_true", help="append a dated row to benchmarks/RESULTS.md")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = [*against_z3(Path(folder), options), *against_math_verify(Path(folder), options)]
    show(rows)
    if options.record:
        keep(f"verify_speed, {options.chains} chains of {STEPS} steps", rows)
    return 0


def against_z3(folder: Path, options: argparse.Namespace) -> list[dict[str, Any]]:
    path = written(folder / "all.jsonl", THEORIES, options)
    quarters = {theory: quarter(path, theory) for theory in THEORIES}
    single = written(folder / "one.jsonl", THEORIES, options, count=1)
    sample = sampled(path, options.baseline)
    one, many, starts, ours, theirs = [], [], [], [], []
    for _ in range(options.repeats):
        one.append(verify_file(path, path.with_suffix(".one")))
        many.append(verify_file(path, path.with_suffix(".many"), options.jobs))
        starts.append(verify_file(single).cpu)
        ours.append({theory: verify_file(part).cpu - starts[-1] for theory, part in quarters.items()})
        theirs.append(alone(z3_chain, sample))
    if path.with_suffix(".one").read_bytes() != path.with_suffix(".many").read_bytes():
        raise SystemExit(f"--jobs {options.jobs} wrote other bytes than --jobs 1")
    check(path.with_suffix(".one"), [line for line, _ in theirs[0]])
    cost = [a_step(spent.cpu, options.chains) for spent in one]
    z3_cost = [a_step(sum(seconds for _, seconds in each), len(sample)) for each in theirs]
    rows = [
        {
            "side": f"ours, one process, {lane()}", "us a step": f"{median(cost):.1f}",
            "chains/s": f"{1e6 / median(cost) / STEPS:.0f}", "start, s": f"{median(starts):.2f}",
        },
        {
            "side": f"ours, --jobs {options.jobs}",
            "wall ratio": spread([a.wall / b.wall for a, b in zip(one, many)], "{:.2f}"), "bar": BARS["jobs"],
            "cpu ratio": f"{median([b.cpu / a.cpu for a, b in zip(one, many)]):.2f}",
        },
        {
            "side": "Z3, a fresh solver a step", "us a step": f"{median(z3_cost):.0f}",
            "ours is": spread([b / a for a, b in zip(cost, z3_cost)]), "bar": BARS["z3"],
        },
    ]  # fmt: skip
    for position, theory in enumerate(THEORIES):
        cost = [a_step(spent[theory], options.chains / len(THEORIES)) for spent in ours]
        own = [[seconds for _, seconds in each[position :: len(THEORIES)]] for each in theirs]
        z3_cost = [a_step(sum(seconds), len(seconds)) for seconds in own]
        rows.append(
            {
                "side": f"  {theory}", "ours us a step": f"{median(cost):.1f}",
                "Z3 us a step": f"{median(z3_cost):.0f}", "ours is": spread([b / a for a, b in zip(cost, z3_cost)]),
            }
        )  # fmt: skip
    return rows


def against_math_verify(folder: Path, options: argparse.Namespace) -> list[dict[str, Any]]:
    """Math-Verify on equations between terms: polynomial identities, and ground arithmetic's last two links."""
    if find_spec("math_verify") is None:
        return [{"side": "Math-Verify", "not measured": "pip install math-verify==0.9.0 'antlr4-python3-runtime'"}]
    path = written(folder / "compared.jsonl", COMPARED, options)
    sample = sampled(path, len(COMPARED) * options.math_verify, COMPARED)
    ours, theirs = [], []
    for _ in range(options.repeats):
        ours.append(a_step(verify_file(path).cpu, options.chains))
        theirs.append(alone(math_verify_chain, sample))
    own = {theory: [each[position :: len(COMPARED)] for each in theirs] for position, theory in enumerate(COMPARED)}
    rows = []
    for theory, runs in {**own, " and ".join(COMPARED): theirs}.items():
        cost = [a_step(sum(seconds for _, seconds in run), len(run)) for run in runs]
        held = sum(count for count, _ in runs[0])
        rows.append(
            {
                "side": f"Math-Verify, {theory}", "us an equation": f"{median(cost):.0f}",
                "held equal": f"{held} of {STEPS * len(runs[0])}",
            }
        )  # fmt: skip
    ratios = [b / a for a, b in zip(ours, cost)]
    rows[-1] |= {"ours us a step": f"{median(ours):.1f}", "ours is": spread(ratios), "bar": BARS["math-verify"]}
    return rows


class Spent(NamedTuple):
    """Seconds."""

    wall: float
    cpu: float


def verify_file(path: Path, out: Path | None = None, jobs: int = 1) -> Spent:
    """What `reasonlab verify` takes, start-up included."""
    out = out or path.with_suffix(".out")
    out.unlink(missing_ok=True)
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    words = [sys.executable, "-m", "reasonlab.cli", "verify", str(path), "--out", str(out), "--jobs", str(jobs)]
    subprocess.run([*words, "--format", "reasonlab", "--json"], check=True, stdout=subprocess.DEVNULL)
    wall, after = time.monotonic() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Spent(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def alone(judge: Callable[[str], Any], lines: Sequence[str]) -> list[tuple[Any, float]]:
    """What a baseline says about each line, and the CPU seconds that it took, in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(timed, judge, lines).result()


def timed(judge: Callable[[str], Any], lines: Sequence[str]) -> list[tuple[Any, float]]:
    judge(lines[0])  # imports, once and not counted
    results = []
    for line in lines:
        begin = time.process_time()
        result = judge(line)
        results.append((result, time.process_time() - begin))
    return results


def lane() -> str:
    """Which fast lane the command takes: `make compiled` makes the other one."""
    spec = find_spec("reasonlab.verifiers.fast.chains")
    return "plain Python" if spec is None or str(spec.origin).endswith(".py") else "compiled"


def a_step(seconds: float, chains: float) -> float:
    """Microseconds."""
    return 1e6 * seconds / chains / STEPS


def spread(ratios: Sequence[float], form: str = "{:.1f}x") -> str:
    return f"{form.format(median(ratios))} ({form.format(min(ratios))} to {form.format(max(ratios))})"


# The chains.


def written(path: Path, theories: Sequence[str], options: argparse.Namespace, count: int | None = None) -> Path:
    """A file of chains."""
    with open(path, "w") as sink:
        for record in chains(options.chains if count is None else count, options.seed, theories):
            sink.write(json.dumps(record) + "\n")
    return path


def quarter(path: Path, theory: str) -> Path:
    """The chains of one theory in a file of their own."""
    part = path.with_name(f"{theory}.jsonl")
    with open(path) as lines, open(part, "w") as sink:
        sink.writelines(line for line in lines if line.startswith(f'{{"id": "{theory}-'))
    return part


def chains(count: int, seed: int, theories: Sequence[str] = THEORIES) -> Iterator[dict[str, Any]]:
    """Records, theory by theory in turn; each is drawn from a stream of its own, so no two are alike but by chance."""
    makers = {"arithmetic": arithmetic, "linear": linear, "polynomial": polynomial, "horn": horn}
    for index in range(count):
        theory = theories[index % len(theories)]
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


def sampled(path: Path, count: int, theories: Sequence[str] = THEORIES) -> list[str]:
    """`count` lines, evenly: whole rounds of the theories."""
    lines = path.read_text().splitlines()
    rounds = max(1, count // len(theories))
    stride = max(1, len(lines) // len(theories) // rounds) * len(theories)
    return [line for start in range(0, stride * rounds, stride) for line in lines[start : start + len(theories)]]


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
