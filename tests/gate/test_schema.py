"""The JSON Schemas in docs/schema say what the reader takes and what the command writes: no more, no less."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from reasonlab.cli import main
from reasonlab.language.errors import BadInput
from reasonlab.language.records import FIELDS, chain_from_record
from reasonlab.tasks import FAMILIES, parse_difficulty, problems
from reasonlab.verifiers.outcomes import OUTCOMES
from reasonlab.verifiers.verdicts import ANSWER_STATUSES, STATUSES

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "schema"


def validator(name: str) -> jsonschema.Draft202012Validator:
    schema = json.loads((FOLDER / f"{name}.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


CHAIN, VERDICT = validator("chain"), validator("verdict")

GOOD = [
    {},
    {"steps": ["a = 3"]},
    {"id": 7, "givens": ["a = 3"], "modulus": None, "query": None, "answer": 3, "reference": 3.0, "note": [1]},
    {"surface": "english", "nouns": ["wumpus"], "givens": [], "query": {"truth": "alex is red"}, "answer": True},
    {"modulus": 2, "query": {"value": "a"}, "text": "a = 1 ; answer 1"},
    {"givens": ["p"], "query": {"choice": {"A": "p", "B": "~p"}}, "text": "answer A"},
    {"givens": ["a = 3"], "query": {"fill": "a = _"}, "text": "answer 3"},
]
BAD = [
    [],
    "a = 3",
    {"surface": "french"},
    {"modulus": 1},
    {"modulus": "10"},
    {"modulus": True},
    {"givens": "a = 3"},
    {"givens": [3]},
    {"steps": [["a = 3"]]},
    {"steps": ["a = 3"] * 10_001},
    {"text": ["a = 3"]},
    {"answer": [3]},
    {"reference": {"value": 3}},
    {"id": []},
    {"query": "a"},
    {"query": {}},
    {"query": {"value": "a", "truth": "a = 3"}},
    {"query": {"value": 3}},
    {"query": {"guess": "a"}},
    {"query": {"choice": {}}},
    {"query": {"choice": {"A": 3}}},
    {"query": {"fill": "a = 3"}},
    {"query": {"fill": "_ = _"}},
]


@pytest.mark.parametrize("record", GOOD)
def test_what_the_schema_takes_the_reader_takes(record):
    assert list(CHAIN.iter_errors(record)) == []
    chain_from_record(record)


@pytest.mark.parametrize("record", BAD, ids=lambda record: json.dumps(record)[:50])
def test_what_the_schema_refuses_the_reader_refuses(record):
    assert not CHAIN.is_valid(record)
    with pytest.raises(BadInput):
        chain_from_record(record)


@pytest.mark.parametrize(("name", "form"), [(name, form) for name in FAMILIES for form in FAMILIES[name].forms])
def test_what_is_written_here_is_valid(name, form):
    for problem in problems(name, parse_difficulty(name, ""), "test", 0, 5):
        CHAIN.validate(problem.record(problem.gold_text(form)))


def test_the_schemas_name_every_field_and_word():
    assert set(CHAIN.schema["properties"]) == set(FIELDS)
    properties = VERDICT.schema["properties"]
    assert tuple(properties["outcome"]["enum"]) == OUTCOMES
    assert tuple(properties["steps"]["items"]["properties"]["status"]["enum"]) == STATUSES
    assert tuple(properties["answer"]["properties"]["status"]["enum"]) == ANSWER_STATUSES


RECORDS = [
    {"givens": ["a = 3", "b = a + a"], "modulus": 10, "query": {"value": "b"}, "text": "b = a + a = 6 ; answer 6"},
    {"givens": ["a = 3", "b = a + a"], "query": {"value": "b"}, "text": "hm ; b = 7 ; b = 8 ; answer 8"},
    {"givens": ["p | q", "~p"], "query": {"truth": "q"}, "text": "q ; r ; answer true"},
    {"givens": ["p", "~p"], "text": "q"},
    {"givens": ["9 ^ 9999 = x"], "text": "x = 1"},
    {"query": {"value": "a"}, "answer": "blue"},
    {"answer": "3", "reference": "4"},
    {"answer": "3"},
    {"text": 3},
    {"question": "?", "answer": "He has <<1+1=2>>2. Then <<2+2=5>>5.\n#### 5"},
]


@pytest.mark.parametrize("format", ["auto", "gsm8k"])
def test_every_line_of_verdicts_is_valid(tmp_path, format):
    chains, out = tmp_path / "chains.jsonl", tmp_path / "out.jsonl"
    chains.write_text("".join(json.dumps(record) + "\n" for record in RECORDS) + "nonsense\n")
    main(["verify", str(chains), "--out", str(out), "--format", format])
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert len(lines) == len(RECORDS) + 1
    for line in lines:
        VERDICT.validate(line)
    if format == "auto":
        assert {line["outcome"] for line in lines} >= {"proved", "wrong", "unknown", "unparsed"}
