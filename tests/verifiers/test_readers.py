"""Readers: one item a record, whatever the record; small files of each format, written by hand."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasonlab.language.errors import BadInput
from reasonlab.verifiers import READERS, verify_chain
from reasonlab.verifiers.readers import Unreadable, guess, read_chains, reader_for
from reasonlab.verifiers.readers.framing import Piece, pieces

ONTOLOGY = {
    "id": "zoo_1",
    "context": "Lurpuses are cold. Each lurpus is a zimpus. Zimpuses are not loud. Every quimpus is loud. "
    "Rex is a lurpus.",
    "question": "Is the following statement true or false? Rex is loud.",
    "options": ["A) True", "B) False"],
    "answer": "B",
    "explanation": [
        "Rex is a lurpus.",
        "Each lurpus is a zimpus.",
        "Rex is a zimpus.",
        "Zimpuses are not loud.",
        "Rex is not loud.",
    ],
}
SOLUTION = {
    "question": "Kim has 4 bags of 6 pears and gives a third away. How many are left, at $.50 each?",
    "answer": "She has 4*6=<<4*6=24>>24 pears.\nShe gives 24/3=<<24/3=8>>8 away, so 24-8=<<24-8=16>>16 stay.\n"
    "That is good.\nThey cost 16*.50=$<<16*.50=8>>8.00\n#### 8",
}
OURS = {"givens": ["a = 1"], "query": {"value": "a"}, "steps": ["a = 1"], "answer": "1"}


def read(data, format, name="file"):
    return list(read_chains(io.BytesIO(data), format, name=name))


def lines(*records):
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def test_prontoqa():
    for data in (json.dumps([ONTOLOGY], indent=1).encode(), lines(ONTOLOGY)):
        (chain,) = read(data, "prontoqa")
        assert (chain.id, chain.answer.text, chain.reference) == ("zoo_1", "false", None)
        report = verify_chain(chain)
        assert report.outcome == "proved"
        assert [v.claim for v in report.verdicts][1] == "forall X. lurpus(X) -> zimpus(X)"
        assert [v.leap for v in report.verdicts] == [0, 0, 1, 0, 1]


def test_prontoqa_with_a_mistake():
    wrong = {**ONTOLOGY, "answer": "A", "explanation": [*ONTOLOGY["explanation"][:3], "Rex is loud."]}
    report = verify_chain(read(lines(wrong), "prontoqa")[0])
    assert (report.outcome, report.first_error, report.answer.status) == ("wrong", 3, "refuted")


@pytest.mark.parametrize(
    "explanation",
    [
        " ".join(ONTOLOGY["explanation"]),
        [f"{number}. {text}" for number, text in enumerate(ONTOLOGY["explanation"], 1)],
        [*ONTOLOGY["explanation"][:4], "Therefore, Rex is not loud."],
    ],
)
def test_prontoqa_written_otherwise(explanation):
    (chain,) = read(lines({**ONTOLOGY, "explanation": explanation}), "prontoqa")
    assert verify_chain(chain).outcome == "proved"


def test_our_own_records_and_default_ids():
    items = read(lines(OURS, {**OURS, "id": "mine"}), "reasonlab")
    assert [item.id for item in items] == ["file:1", "mine"]


@pytest.mark.parametrize("format", sorted(READERS))
def test_every_line_gives_one_item(format):
    data = b'{"a": 1}\n\nnonsense\n[1, 2]\n"text"\nnull\n{"a": NaN}\n\xff\xfe\n' + b"[" * 50_000 + b"\n"
    data += b'{"id": ' + b"9" * 5_000 + b"}\n" + b'{"answer": "\\ud800"}\n{"trunc'
    items = read(data, format)
    numbers = [int(item.id.partition(":")[2]) for item in items]
    assert numbers == [1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
    reasons = {item.id: item.reason for item in items if isinstance(item, Unreadable)}
    assert "not JSON" in reasons["file:3"]
    assert "UTF-8" in reasons["file:8"]
    assert "nested too deep" in reasons["file:9"]
    for item in items:
        if not isinstance(item, Unreadable):
            verify_chain(item)


@pytest.mark.parametrize(
    ("data", "count", "last"),
    [
        (b"[]", 0, None),
        (b" \n [ ]\n", 0, None),
        (b'[{"a": 1},\n{"a": 2}]', 2, None),
        (b'\xef\xbb\xbf[{"a": 1}]', 1, None),
        (b'[{"a": 1}, {"a"', 2, "broken from record 2"),
        (b'[{"a": 1} {"a": 2}]', 2, "after record 1"),
        (b'[{"a": 1}] more', 2, "text after"),
        (b"[", 1, "broken"),
        (b"[1, 2", 3, "found 'the end'"),
        (b'["' + b"x" * 200_000 + b'", 12345]', 2, None),
        (b'[{"a": "\xff"}]', 1, "UTF-8"),
        (b"[" * 100_000, 1, "nested too deep"),
    ],
)
def test_arrays(data, count, last):
    found = list(pieces(io.BytesIO(data)))
    assert len(found) == count
    reasons = [piece.reason for piece in found if piece.reason is not None]
    assert len(reasons) == (last is not None)
    assert last is None or last in reasons[0]


@given(
    st.lists(st.integers() | st.text() | st.floats(allow_nan=False) | st.dictionaries(st.text(), st.text()), max_size=5)
)
def test_any_array_is_cut_into_its_elements(values):
    for indent in (None, 2):
        data = json.dumps(values, indent=indent, ensure_ascii=False).encode("utf-8", "surrogatepass")
        assert [json.loads(piece.data) for piece in pieces(io.BytesIO(data))] == values


def test_a_stream_is_read_no_further_than_needed():
    class Pipe(io.RawIOBase):
        asked = 0

        def readline(self, size=-1):
            self.asked += 1
            return json.dumps(OURS).encode() + b"\n"

    pipe = Pipe()
    items = read_chains(pipe, "reasonlab")
    assert not isinstance(next(items), Unreadable)
    assert pipe.asked == 1


def test_guessing():
    records = {"prontoqa": ONTOLOGY, "gsm8k": SOLUTION, "reasonlab": OURS}
    assert {name: guess(Piece(1, json.dumps(record).encode())) for name, record in records.items()} == {
        name: name for name in records
    }
    assert [guess(Piece(1, data)) for data in (b"{}", b"[]", b"no")] == [None] * 3
    assert guess(Piece(1, b"", "broken")) is None
    with pytest.raises(BadInput, match="gsm8k"):
        reader_for("csv")


WRONG = {  # records that are refused, each with a good id
    "reasonlab": {"givens": ["a = 3"], "query": {"value": 3}, "steps": ["a = 3"]},
    "mistake": {"input": "what?", "steps": 4},
    "cladder": {"given_info": 3, "question": "?", "meta": {}},
    "pddl": {"domain": "(", "problem": "(", "plan": ""},
    "plan": {"query": "[STATEMENT] nothing [PLAN]", "ground_truth_plan": ""},
    "folio": {"premises-FOL": 3},
    "prontoqa": {"context": "Rex is a cat.", "question": "how so", "explanation": []},
    "proofwriter": {"context": "Rex is a cat.", "question": "how so", "options": []},
    "boardgame": {"question": "A few players are playing a boardgame."},
    "gsm8k": {"question": "?", "answer": 3},
    "text": {"problem": "?", "solution": 3},
}


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize(
    ("fields", "own"),
    [
        ({"id": "f21"}, "f21"),
        ({"id": 21}, "21"),
        ({"question_id": 7}, "7"),
        ({"instance_id": "i"}, "i"),
        ({"story_id": 4, "example_id": 11}, "4-11"),
        ({"id": " "}, "n:1"),
        ({"id": ["f21"]}, "n:1"),
        ({}, "n:1"),
    ],
)
def test_a_record_that_cannot_be_read_keeps_its_id(name, fields, own):
    line = json.dumps({**WRONG[name], **fields}).encode()
    (read,) = read_chains(io.BytesIO(line), name, name="n")
    assert isinstance(read, Unreadable)
    assert read.id == own
