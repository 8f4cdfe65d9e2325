"""Law 4 for the fast lane: what it says is what the ordinary path says, to the byte."""

from __future__ import annotations

import importlib.util
import json
import os
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from reasonlab.language.claims import parse_claim, render_claim
from reasonlab.language.errors import ParseError
from reasonlab.language.records import chain_from_record
from reasonlab.verifiers import fast, verify_chain
from reasonlab.verifiers.fast.equations import Equations
from reasonlab.verifiers.fast.identities import difference
from reasonlab.verifiers.fast.reading import read_equality, read_loose
from reasonlab.verifiers.fast.rows import WIDTHS
from reasonlab.verifiers.fast.rules import read_clause
from reasonlab.verifiers.fast.spelling import read_spelt
from reasonlab.verifiers.lines import to_line

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def twins():
    spec = importlib.util.spec_from_file_location("fast_equals_slow", ROOT / "benchmarks" / "fast_equals_slow.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("seed", "count"), [(0, 2_000), pytest.param(1, 100_000, marks=pytest.mark.slow)])
def test_fast_equals_slow_on_random_records(twins, seed, count):
    drawn, taken, seen = Counter(), Counter(), Counter()
    for kind, record in twins.records(count, seed):
        drawn[kind] += 1
        found = twins.differs(record)
        assert not found, (record, found)
        taken[kind] += found is not None
        if found is not None:
            report = fast.report(record, "default")
            seen.update((kind, verdict.status, verdict.fault) for verdict in report.verdicts)
    for kind in twins.KINDS:
        assert taken[kind] > drawn[kind] / 4  # not a test of nothing
        assert {status for each, status, _ in seen if each == kind} >= {"entailed", "refuted"}
        assert {fault for each, _, fault in seen if each == kind} == {None, "fresh", "inherited"}


@pytest.mark.parametrize("kind", ["arithmetic", "linear", "polynomial", "horn"])
def test_whole_chains_take_the_fast_lane(kind):
    record = {
        "arithmetic": {
            "givens": ["c = a * b", "a = 3", "b = -(a + 0.5)"],
            "steps": ["b = -(3 + 0.5) = -3.5", "c = a * b = 3 * (-3.5) = -10.5"],
            "query": {"value": "c"},
            "answer": "-10.5",
        },
        "linear": {
            "givens": ["2 * x + y = 7", "x - y = -1"],
            "steps": ["3 * x = 6", "x = 2", "y = 3"],
            "query": {"value": "y"},
            "answer": "3",
        },
        "polynomial": {
            "steps": ["(x + y) ^ 2 = x ^ 2 + 2 * x * y + y ^ 2"],
            "query": {"value": "x"},
        },
        "horn": {
            "givens": ["forall X. cat(X) & big(X) -> ~shy(X)", "cat(tom)", "big(tom)"],
            "steps": ["~shy(tom)"],
            "query": {"truth": "shy(tom)"},
            "answer": "false",
        },
    }[kind]
    report = fast.report(record, "default")
    assert report is not None
    assert report.outcome == ("consistent" if kind == "polynomial" else "proved")
    assert report == verify_chain(chain_from_record(record, default_id="default"))


TEXTS = [
    "a = 3", "-a = -(-3)", "x = 007.50", "(a + b) * c = a + (b * c)", "a - (b - c) = (a - b) - c",
    "((a)) ^ 02 = 1", "-(a ^ 2) = (-a) ^ 2", "2 * -3 = - 6", "a / (b / c) = (a / b) / c", "((a ^ 2)) ^ 3 = a ^ 6",
    "1 / 3 = -(2 / 6)", "a=b\t=\nc", "a", "a =", "= a", "a b = c", "(a = b", "a) = b", "a ^ b = c",
    "a ^ 2 ^ 3 = b", "a = b = ", "2x = 4", "a <= b", "a = b & c = d", "a -> b = c", "needs = 3", "a [3] = 3",
    "a = 3 (mod 5)", "a = 1.2.3", "a = .5", "a == b", "²a = 3", "a = ٣", "a = 3²", "x ^ ² = 4", "é = 3",
    "a\x0b= 3", "a = 3\xa0", "a_1 = 3", "_a = 3", "a ^ -1 = 2", "a =3 )", "a ^ 99 = 3",
    f"{'(' * 60}a{')' * 60} = 3", f"a = {'9' * 60}", f"a = {'1 + ' * 150}1", "", " ", "=", "--a = a", "cat(tom)",
    f"{' + '.join(['(((a)))'] * 99)} = 3", f"forall X. {' & '.join(['cat(X)'] * 150)} -> dog(X)", "2 * -3 * b = -3 * b",
    "6 / 3 * a = 2 * a", "a - 2 * b ^ 2 * c = 02 *a", "-2 * a ^ 2 = (2 * a) ^ 2", "a * 3 * b = 3 *(b)", "2 * a b = 1",
    "~cat(tom)", "~~cat(tom)", "forall X. cat(X) -> dog(X)", "forall X. cat(X)->dog(X)", "cat(X)", "cat",
    "forall X. cat(tom) -> dog(tom)", "forall X. X(X) -> dog(X)", "forall X. cat(X) -> X", "cat( tom )",
    "cat(tom,ann)", "forall X. cat(X) & big(X) -> ~dog(X, tom)", "cat(tom) -> dog(tom)",
    "forall x. cat(x) -> dog(x)", "forall -> a", "forall X. cat(X) & (big(X)) -> dog(X)",
    "forall X. ~cat(X) -> dog(X)", "cat -> dog", "cat(tom) & big(tom)",
]  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_what_is_read_is_written_as_the_claim_language_writes_it(text):
    for read in (read_equality(text), read_clause(text)):
        if read is not None:
            try:
                assert read.text == render_claim(parse_claim(text))
            except ParseError:  # the reader of rules leaves it to the chain whether names go together
                assert fast.report({"givens": [text], "steps": [text]}, "default") is None


def test_a_compiled_lane_is_as_new_as_its_source():
    for built in (ROOT / "verifiers" / "fast").glob("*.so"):
        source = built.with_name(f"{built.name.partition('.')[0]}.py")
        if source.exists():
            assert built.stat().st_mtime >= source.stat().st_mtime, f"{source.name}: `make compiled` or `make plain`"


def spelt(draw: random.Random, depth: int) -> str:
    """A term as the claim language spells terms, or nearly: brackets that are not needed, signs, a broken piece."""
    if depth == 0:
        written = draw.choice(
            [*"aaabbbcccd013579", "x_1", "17", "-5", "-a", "(-2)", "(-b)", draw.choice(["needs", "07", "4.5", "(a)"])]
        )
    else:
        written = " ".join(
            [spelt(draw, depth - 1), draw.choice("+-*/+-*"), spelt(draw, draw.randrange(depth))],
        )
        if draw.random() < 0.5:
            written = f"{draw.choice(['', '', '-', '- '])}({written})"
    if draw.random() < 0.05:
        written += draw.choice(["^2", "^0", " ^ 3", "^64", "^65", "^02", " ^2", ")", "a"])
    return written


def test_spelt_texts_are_read_as_all_texts_are():
    draw, read = random.Random(5), 0
    for _ in range(20_000):
        text = " = ".join(spelt(draw, draw.randrange(4)) for _ in range(draw.choice([1, 2, 2, 2, 3])))
        found = read_spelt(text)
        if found is not None:
            read += 1
            assert found == read_loose(text), text
    assert read > 2_000


@pytest.mark.parametrize(("unknowns", "most"), [(2, 9), (4, 900), (4, 10**6), (6, 9), (8, 9), (8, 30_000), (3, 10**18)])
def test_systems_with_long_coefficients_are_judged_as_ever(twins, unknowns, most):
    """Dense systems, so that rows grow until they have to be made shorter, or to be made anew."""
    taken = 0
    for seed in range(4):
        draw = random.Random(f"{unknowns} {most} {seed}")
        names, values = "abcdefgh"[:unknowns], [draw.randint(-9, 9) for _ in range(unknowns)]
        givens, steps = [], []
        for _ in range(unknowns + 1):
            factors = [draw.randint(1, most) for _ in names]
            total = sum(factor * value for factor, value in zip(factors, values))
            givens.append(" + ".join(f"{factor} * {name}" for factor, name in zip(factors, names)) + f" = {total}")
        for name, value in zip(names, values):
            steps.append(f"{name} = {value + (draw.random() < 0.3)}")
        draw.shuffle(steps)
        found = twins.differs({"givens": givens, "steps": steps, "query": {"value": names[0]}, "answer": "3"})
        assert not found, found
        taken += found is not None
    assert taken == 4


def test_the_difference_of_two_sides_is_what_their_expansions_differ_by():
    draw, told = random.Random(6), 0
    for _ in range(20_000):
        claim = read_equality(f"{spelt(draw, draw.randrange(5))} = {spelt(draw, draw.randrange(5))}")
        if claim is None:
            continue
        equations = Equations([claim], None, WIDTHS[0])
        found = difference(claim, equations.units)
        if found is not None:
            told += 1
            assert ([found] if found else []) == Equations([claim], None, WIDTHS[0])._links(claim), claim.text
    assert told > 2_000


@pytest.mark.parametrize(
    "record",
    [
        {"givens": ["a + b = 5"], "steps": [f"{n} * a + {n} * b = {5 * n}" for n in range(2, 60)]},
        {"givens": ["red(ann)"], "text": "red(ann) ; answer ; red(ann)"},
        {"text": "answer = 3 ; a = a"},
        {"steps": ["x * y = 2 * x * y", "(x + y) ^ 2 = x ^ 2 + y ^ 2", "(x + y) ^ 2 = x ^ 2 + 2 * x * y"]},
        {"steps": ["(6 - x + y) ^ 64 * 0 = 0 * (6 - x + y) ^ 64", "((6 - x + y) ^ 64) ^ 0 = 1 + x - x"]},
    ],
)
def test_the_edges_of_what_the_lane_does(twins, record):
    assert not twins.differs(record)


def test_most_of_the_texts_that_can_be_read_are_read():
    assert sum(read_equality(text) is not None or read_clause(text) is not None for text in TEXTS) >= 20


@pytest.mark.parametrize(
    "record",
    [
        {"id": 'a "quoted" \ud800 \u2028 \\ id', "givens": ["a = 3"], "steps": ["a = 4", "a ="], "answer": "\x00"},
        {"givens": ["a = 3", "a = 4"], "steps": ["a = 3"], "query": {"value": "a"}, "answer": "3"},
        {"surface": "english", "givens": ["Tom is a cat", "Every cat is big"], "steps": ["Tom is big", "We go on."]},
        {"givens": ["x ^ 2 = 4"], "steps": ["x = 2", "x ^ 2 = 4"]},
    ],
)
def test_a_line_is_the_json_of_the_record(record):
    report = verify_chain(chain_from_record(record))
    text = json.dumps(report.to_record(), ensure_ascii=False) + "\n"
    assert to_line(report) == text.encode("utf-8", "backslashreplace")


def test_the_bytes_do_not_depend_on_the_hash_seed(twins, tmp_path):
    path = tmp_path / "records.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for _, record in twins.records(300, 2)))
    written = []
    for seed, jobs in (("0", "1"), ("1", "1"), ("2", "2")):
        out = tmp_path / f"out-{seed}.jsonl"
        args = ["verify", str(path), "--out", str(out), "--jobs", jobs]
        subprocess.run(
            [sys.executable, "-m", "reasonlab.cli", *args],
            env={**os.environ, "PYTHONHASHSEED": seed}, cwd=tmp_path, check=True, capture_output=True,
        )  # fmt: skip
        written.append(out.read_bytes())
    assert written[0] == written[1] == written[2]
