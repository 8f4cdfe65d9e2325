"""docs/language.md: every example is read, renders to a text that reads as itself, and has the outcome that is said."""

import json
import re
from pathlib import Path

import pytest

from reasonlab.language.chains import Surface
from reasonlab.language.claims import parse_claim, render_claim
from reasonlab.language.records import chain_from_record
from reasonlab.language.sentences import parse_sentence, vocabulary_of
from reasonlab.verifiers import verify_chain

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "language.md").read_text(encoding="utf-8")
BLOCKS = [(name, lines.splitlines()) for name, lines in re.findall(r"^```([a-z]+)\n(.*?)^```", PAGE, re.M | re.S)]
CLAIMS = [(name, line) for name, lines in BLOCKS if name not in ("json", "theory") for line in lines]
RECORDS = re.findall(r"^```json\n(.*?)^```\n\nOutcome: `(\w+)`", PAGE, re.M | re.S)


@pytest.mark.parametrize(("name", "line"), CLAIMS)
def test_every_claim_is_read(name, line):
    claim = Surface(name, nouns=frozenset({"dax", "fep"})).parse(line)
    assert parse_claim(render_claim(claim)) == claim


@pytest.mark.parametrize("line", [line for name, lines in BLOCKS if name == "theory" for line in lines])
def test_every_sentence_is_read(line):
    theory = next(lines for name, lines in BLOCKS if name == "theory")
    parse_sentence(line, vocabulary_of(theory))


@pytest.mark.parametrize(("record", "outcome"), RECORDS)
def test_every_record_has_the_outcome_that_the_page_says(record, outcome):
    assert verify_chain(chain_from_record(json.loads(record))).outcome == outcome


def test_every_surface_and_every_record_is_there():
    assert {name for name, _ in BLOCKS} == {"formal", "logic", "english", "theory", "json"}
    assert len(RECORDS) == sum(name == "json" for name, _ in BLOCKS)
