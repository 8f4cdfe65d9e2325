"""The CLadder reader, on records written by hand in its format."""

from __future__ import annotations

import copy
import io
import json
import random

import pytest

from reasonlab.language.claims import render_claim
from reasonlab.verifiers import verify_chain
from reasonlab.verifiers.readers import READERS, Unreadable, cladder, guess, read_chains
from reasonlab.verifiers.readers.framing import pieces

SEEDS = {
    "question_id": 7,
    "desc_id": "seeds-mediation-ate-q0",
    "given_info": "For plots without compost, the probability of a good harvest is 31%. "
    "For plots with compost, the probability of a good harvest is 74%.",
    "question": "Will compost increase the chance of a good harvest?",
    "answer": "yes",
    "meta": {
        "graph_id": "mediation",
        "query_type": "ate",
        "polarity": True,
        "treatment": "X",
        "outcome": "Y",
        "formal_form": "E[Y | do(X = 1)] - E[Y | do(X = 0)]",
        "given_info": {"p(Y | X)": [0.3114, 0.7402]},
    },
    "reasoning": {
        "step0": "Let X = compost; V2 = soil; Y = harvest.",
        "step1": "X->V2,X->Y,V2->Y",
        "step2": "E[Y | do(X = 1)] - E[Y | do(X = 0)]",
        "step3": "P(Y=1|X=1) - P(Y=1|X=0)",
        "step4": "P(Y=1 | X=0) = 0.31\nP(Y=1 | X=1) = 0.74",
        "step5": "0.74 - 0.31 = 0.43",
        "end": "0.43 > 0",
    },
}
WIND = {
    "question_id": 8,
    "given_info": "For calm days and boats at anchor, the probability of a catch is 10%. "
    "For calm days and boats at sea, the probability of a catch is 52%. "
    "For windy days and boats at anchor, the probability of a catch is 5%. "
    "For windy days and boats at sea, the probability of a catch is 61%. "
    "The overall probability of wind is 40%.",
    "question": "Will going to sea decrease the chance of a catch?",
    "answer": "no",
    "meta": {
        "graph_id": "confounding",
        "query_type": "ate",
        "polarity": False,
        "treatment": "X",
        "outcome": "Y",
        "given_info": {"p(Y | V1, X)": [[0.1, 0.52], [0.05, 0.6123]], "p(V1)": [0.4]},
    },
    "reasoning": {
        "step1": "V1->X,V1->Y,X->Y",
        "step2": "E[Y | do(X = 1)] - E[Y | do(X = 0)]",
        "step3": "\\sum_{V1=v} P(V1=v)*[P(Y=1|V1=v,X=1) − P(Y=1|V1=v, X=0)]",
        "step4": "P(Y=1 | V1=0, X=0) = 0.10\nP(Y=1 | V1=0, X=1) = 0.52\nP(Y=1 | V1=1, X=0) = 0.05\n"
        "P(Y=1 | V1=1, X=1) = 0.61\nP(V1=1) = 0.40",
        "step5": "0.60 * (0.52 - 0.10) + 0.40 * (0.61 - 0.05) = 0.48",
        "end": "0.48 > 0",
    },
}
BELLS = {
    "question_id": 9,
    "given_info": "The overall probability of frost is 30%. The probability of no frost and ice is 14%. "
    "The probability of frost and ice is 24%.",
    "question": "Is the chance of ice larger when observing frost?",
    "answer": "yes",
    "meta": {
        "graph_id": "chain",
        "query_type": "correlation",
        "polarity": True,
        "given_info": {"P(X=1)": 0.3, "P(Y=1, X=0)": 0.14, "P(Y=1, X=1)": 0.24},
    },
    "reasoning": {
        "step1": "X->V2,V2->Y",
        "step2": "P(Y | X)",
        "step3": "P(X = 1, Y = 1)/P(X = 1) - P(X = 0, Y = 1)/P(X = 0)",
        "step4": "P(X=1=1) = 0.30\nP(Y=1, X=0=1) = 0.14\nP(Y=1, X=1=1) = 0.24",
        "step5": "0.24/0.30 - 0.14/0.70 = 0.60",
        "end": "0.60 > 0",
    },
}
METHODS = {
    "question_id": 10,
    "given_info": "Method 1: We look case by case according to age. Method 2: We look in general.",
    "question": "To understand how tea affects sleep, is it more correct to use the Method 1 than Method 2?",
    "answer": "yes",
    "meta": {"graph_id": "confounding", "query_type": "backadj", "polarity": True, "given_info": [["V1"], []]},
    "reasoning": None,
}


@pytest.mark.parametrize(
    "worked",
    [
        "0.74-0.31=0.43",
        "0.74 - 0.31 ≈ 0.43.",
        "74% - 31% = 43%",
        "= 0.43",
        "0.74 − 0.31 = 0.43 > 0",
        "0.74 - 0.31 = 0.43\n0.43 > 0",
        "P(Y=1|X=1) - P(Y=1|X=0) = 0.74 - 0.31 = 0.43",
    ],
)
def test_arithmetic_written_otherwise(worked):
    record = copy.deepcopy(SEEDS)
    record["reasoning"]["step5"] = worked
    assert verify_chain(cladder.read(record, default_id="x")).outcome == "proved"
    record["reasoning"]["step5"] = worked.replace("43", "34")
    assert "refuted" in {verdict.status for verdict in verify_chain(cladder.read(record, default_id="x")).verdicts}


@pytest.mark.parametrize("answer", ["YES", "Yes.", "True", True])
def test_answers_written_otherwise(answer):
    assert verify_chain(cladder.read({**SEEDS, "answer": answer}, default_id="x")).answer.status == "entailed"


def made(record, **changes):
    """A copy with some entries changed: `step5="..."`, `answer="..."`, `meta__polarity=False`."""
    changed = copy.deepcopy(record)
    for name, value in changes.items():
        inside, _, field = name.partition("__")
        if field:
            changed[inside][field] = value
        elif name in (changed.get("reasoning") or {}):
            changed["reasoning"][name] = value
        else:
            changed[name] = value
    return changed


def report(record):
    return verify_chain(cladder.read(record, default_id="x"))


def statuses(record):
    return [verdict.status for verdict in report(record).verdicts]


@pytest.mark.parametrize("record", [SEEDS, WIND, BELLS], ids=["mediation", "confounding", "chain"])
def test_a_right_chain_is_proved(record):
    found = report(record)
    assert found.outcome == "proved", [(v.text, v.status, v.reason) for v in found.verdicts]
    assert {verdict.status for verdict in found.verdicts} <= {"entailed", "no_claim"}
    assert (found.answer.status, found.answer.leap) == ("entailed", 0)


def test_what_is_given_and_asked():
    chain = cladder.read(WIND, default_id="x")
    assert [render_claim(given.claim) for given in chain.givens] == [
        "graph: V1 -> X, V1 -> Y, X -> Y",
        "estimate: P(Y=1 | V1=0, X=0) = 0.10",
        "estimate: P(Y=1 | V1=0, X=1) = 0.52",
        "estimate: P(Y=1 | V1=1, X=0) = 0.05",
        "estimate: P(Y=1 | V1=1, X=1) = 0.61",
        "estimate: P(V1=1) = 0.40",
    ]
    assert render_claim(chain.query.claim) == "estimate: E[Y | do(X=1)] - E[Y | do(X=0)] < 0"
    assert (chain.id, chain.answer.text, chain.reference) == ("8", "false", "false")


@pytest.mark.parametrize(
    ("kind", "more", "claim"),
    [
        ("marginal", {}, "estimate: P(Y=1) > 1 / 2"),
        ("correlation", {}, "estimate: P(Y=1 | X=1) - P(Y=1 | X=0) > 0"),
        ("ett", {}, "estimate: E[Y_{X=1} - Y_{X=0} | X=1] < 0"),
        ("nde", {"mediators": ["V2"]}, "estimate: E[Y_{X=1, V2=V2_{X=0}} - Y_{X=0}] > 0"),
        ("nie", {"mediators": ["V2"]}, "estimate: E[Y_{X=0, V2=V2_{X=1}} - Y_{X=0}] > 0"),
        ("exp_away", {"collider": "V2"}, "estimate: P(Y=1 | X=1, V2=1) - P(Y=1 | V2=1) > 0"),
        ("collider_bias", {}, "identity: P(Y | do(X)) = P(Y)"),
        ("backadj", {"given_info": [[], ["V2"]]}, "better: nothing over V2 for X on Y"),
    ],
)
def test_what_each_type_asks(kind, more, claim):
    record = made(SEEDS, meta=SEEDS["meta"] | {"query_type": kind} | more)
    assert render_claim(cladder.read(record, default_id="x").query.claim) == claim


@pytest.mark.parametrize(
    ("record", "changes", "step", "status", "says"),
    [
        (SEEDS, {"step1": "V2->X,X->Y,V2->Y"}, "V2->X,X->Y,V2->Y", "refuted", "X -> V2 is missing"),
        (SEEDS, {"step3": "P(Y=1|X=0) - P(Y=1|X=1)"}, None, "refuted", ""),
        (WIND, {"step3": "P(Y=1|X=1) - P(Y=1|X=0)"}, None, "refuted", ""),
        (SEEDS, {"step4": "P(Y=1 | X=0) = 0.31\nP(Y=1 | X=1) = 0.75"}, "P(Y=1 | X=1) = 0.75", "refuted", "0.745"),
        (SEEDS, {"step5": "0.74 - 0.31 = 0.45"}, None, "refuted", "between 0.42 and 0.44"),
        (SEEDS, {"step5": "0.74 + 0.31 = 0.43"}, None, "refuted", ""),
        (SEEDS, {"step5": "0.75 - 0.31 = 0.44"}, None, "unsupported", "0.75 is from nowhere"),
        (WIND, {"step5": "0.40 * (0.52 - 0.10) + 0.60 * (0.61 - 0.05) = 0.50"}, None, "refuted", ""),
        (SEEDS, {"end": "0.53 > 0"}, "0.53 > 0", "refuted", "0.53"),
        (SEEDS, {"end": "0.43 < 0"}, "0.43 < 0", "refuted", ""),
        (SEEDS, {"step5": "0.74 - 0.31 0.43"}, "0.74 - 0.31 0.43", "unparsed", "expected"),
    ],
)
def test_a_mistake_is_found_where_it_is(record, changes, step, status, says):
    changed = made(record, **changes)
    found = report(changed)
    assert found.outcome != "proved"
    text = step if step is not None else next(iter(changes.values()))
    assert status in [v.status for v in found.verdicts if v.text == text]
    assert any(says in (v.reason or v.witness or "") for v in found.verdicts if v.text == text)


def test_a_wrong_answer():
    found = report(made(SEEDS, answer="no"))
    assert (found.outcome, found.answer.status) == ("wrong", "refuted")
    assert report(made(BELLS, meta__polarity=False)).outcome == "wrong"


def test_a_formula_that_comes_back_to_itself():
    # The true equation E = --E lets each side be had from the other, for ever.
    found = report(made(SEEDS, step2=f"--{SEEDS['reasoning']['step2']}", step5="0.74 - 0.31 = 0.41"))
    assert found.outcome == "flawed"
    assert "refuted" in {verdict.status for verdict in found.verdicts}


def test_methods():
    assert report(METHODS).answer.status == "entailed"
    assert report(made(METHODS, answer="no")).answer.status == "refuted"
    assert report(made(METHODS, meta__given_info=[[], ["V1"]], answer="no")).answer.status == "entailed"


def test_no_effect_and_the_end():
    record = made(
        SEEDS,
        answer="no",
        given_info="For people who are famous, the correlation of both is -0.23.",
        meta=SEEDS["meta"]
        | {
            "graph_id": "collision",
            "query_type": "collider_bias",
            "given_info": {"P(Y = 1 | X = 1, V3 = 1) - P(Y = 1 | X = 0, V3 = 1)": -0.2271},
        },
        reasoning={"step3": "X and Y do not affect each other.", "step4": "", "step5": "0", "end": "no"},
    )
    found = report(record)
    assert [v.claim for v in found.verdicts] == [
        "identity: P(Y | do(X)) = P(Y)",
        "identity: P(X | do(Y)) = P(X)",
        "estimate: E[Y | do(X=1)] - E[Y | do(X=0)] = 0",
        None,
    ]
    assert [v.status for v in found.verdicts] == ["entailed", "entailed", "entailed", "no_claim"]
    assert (found.outcome, found.answer.status) == ("proved", "entailed")


def test_a_text_and_numbers_that_do_not_fit():
    for changes, says in (
        ({"meta__given_info": {"p(Y | X)": [0.3314, 0.7402]}}, "the text says 0.31, the number behind it is 0.3314"),
        ({"meta__given_info": {"p(Y | X)": [0.3114]}}, "the text has 2 numbers for 1 probabilities"),
        ({"meta__given_info": {"p(Y | X)": [[0.3114, 0.7402]]}}, "1 conditions for a table of depth 2"),
        ({"meta__given_info": {"p(Y || X)": [0.3114, 0.7402]}}, "was not understood"),
        ({"meta__given_info": None}, "nothing tells which probability this is"),
    ):
        found = report(made(SEEDS, **changes))
        assert says in found.reason
        assert found.outcome not in ("proved", "consistent")


@pytest.mark.parametrize("graph", ["star", ["mediation"], {}, 3])
def test_an_unknown_type_and_graph(graph):
    chain = cladder.read(made(SEEDS, meta__query_type="det", meta__graph_id=graph), default_id="x")
    assert chain.query is None
    assert render_claim(chain.givens[0].claim) == "graph: X -> V2, X -> Y, V2 -> Y"
    assert verify_chain(chain).outcome == "consistent"


@pytest.mark.parametrize(
    "record",
    [
        3,
        {},
        made(SEEDS, given_info=4),
        made(SEEDS, meta=[1]),
        made(SEEDS, reasoning={"step1": 5}),
        made(SEEDS, meta__given_info={"p(Y)": "x"}),
        made(SEEDS, meta__given_info={"p(Y)": [[[[[[[[1]]]]]]]]}),
        made(SEEDS, meta__treatment="do I"),
        made(SEEDS, meta__query_type="nde"),
        made(SEEDS, meta__given_info={"p(Y | X)": [float("nan"), float("inf")]}),
    ],
)
def test_a_malformed_record_is_one_clear_line(record):
    """Refused with its reason, or read with what is not understood named: never an exception of another kind."""
    (item,) = read_chains(io.BytesIO(json.dumps(record).encode()), "cladder")
    if isinstance(item, Unreadable):
        assert "\n" not in item.reason
    else:
        assert verify_chain(item).outcome != "proved"


def test_guessed():
    for record in (SEEDS, METHODS):
        (piece,) = pieces(io.BytesIO(json.dumps(record).encode()))
        assert guess(piece) == "cladder"
    assert "cladder" in READERS


def test_wrong_digits_are_never_proved():
    """A digit of the reasoning changed, in a result by 0.3 or more: the rest may be within what rounding hides."""
    rng = random.Random(0)
    for record in (SEEDS, WIND, BELLS):
        for name in ("step1", "step3", "step4", "step5", "end"):
            text = record["reasoning"][name]
            places = [place for place, each in enumerate(text) if each.isdigit()]
            if name in ("step5", "end"):
                places = [place for place in places if "=" in text[place:] or text[place - 1 : place] == "."]
            for place in rng.sample(places, min(6, len(places))):
                digit = str((int(text[place]) + rng.choice([4, 5, 6])) % 10)
                mutant = text[:place] + digit + text[place + 1 :]
                assert report(made(record, **{name: mutant})).outcome != "proved", mutant
