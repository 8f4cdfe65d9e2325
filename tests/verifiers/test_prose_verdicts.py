"""No plain sentence gets a wrong verdict: short solutions with the verdicts that a careful reader accepts of each."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from reasonlab.verifiers import verify_chain
from reasonlab.verifiers.readers import text

_ROWS = (Path(__file__).parent / "prose_verdicts.txt").read_text(encoding="utf-8").splitlines()
CASES = [tuple(row.split(" :: ")) for row in _ROWS if row and not row.startswith("#")]
MUST = {"E": {"entailed"}, "R": {"refuted"}, "B": {"entailed", "refuted"}}
MUST_NOT = {"E": {"refuted"}, "E?": {"refuted"}, "R": {"entailed"}, "R?": {"entailed"}, "U": {"entailed", "refuted"}}


def statuses(solution, problem=None):
    if problem is None:
        problem = f"Think of {' and of '.join(re.findall(r'[0-9][0-9,.]*[0-9]|[0-9]', solution))} and of 1, too."
    record = {"problem": problem, "solution": solution.replace("¶", "\n")}
    return [verdict.status for verdict in verify_chain(text.read(record, default_id="t:1")).verdicts]


@pytest.mark.parametrize("case", CASES, ids=[": ".join(case[:2]) for case in CASES])
def test_no_wrong_verdict(case):
    code, *record = case
    found = set(statuses(*record))
    assert MUST.get(code, set()) <= found
    assert not found & MUST_NOT.get(code, set())
