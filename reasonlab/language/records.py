"""Chains as JSON records, one a line: what `reasonlab verify` reads and `reasonlab sample` writes.

    {"id": "p1", "surface": "formal", "modulus": 10, "givens": ["a = 3", "c = a + a"], "query": {"value": "c"},
     "steps": ["c = a + a = 3 + 3 = 6"], "answer": "6", "reference": "6"}

`text` may stand for `steps` and `answer`: the chain as one string. `surface` "english" reads controlled English,
"logic" formulas in any usual notation. `query` is {"value": "c"}, {"truth": "alex is red"}, {"choice": {"A": "a claim",
"B": "another"}} or {"fill": "a claim with _ for the answer"}. `nouns`, `query`, `answer`, `reference` and `problem` may
be left out. `problem` is the problem in words: where it is told, every number of the steps must come from it, from an
earlier step or from common knowledge.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reasonlab.language.chains import Answer, Chain, Query, Step, Surface, read_step, read_steps
from reasonlab.language.claims import Claim
from reasonlab.language.english import nouns_of
from reasonlab.language.errors import BadInput, ParseError, quote

FIELDS = ("id", "surface", "modulus", "nouns", "givens", "query", "steps", "text", "answer", "reference", "problem")
MAX_STEPS = 10_000
MAX_PROBLEM = 100_000  # characters
MAX_TEXT = 250_000  # characters of givens and steps together: to parse more would take longer than a verdict may


def chain_from_record(record: Mapping[str, Any], *, default_id: str = "chain") -> Chain:
    """The chain that a record holds. A step outside the grammar stays, unparsed; a bad *record* raises BadInput."""
    if not isinstance(record, Mapping):
        raise _bad(f"a record is {quote(record)}", "a JSON object")
    if not isinstance(record.get("text", ""), str):
        raise _bad(f"'text' is {quote(record['text'])}", "a string")
    written = [*_texts(record, "givens"), *_texts(record, "steps"), record.get("text", "")]
    if (size := sum(map(len, written))) > MAX_TEXT:
        raise _bad(f"a chain of {size} characters", f"at most {MAX_TEXT}")
    surface = _surface(record)
    givens = tuple(read_step(text, surface) for text in _texts(record, "givens"))
    if "text" in record:
        steps, answer = read_steps(record["text"], surface)
    else:
        steps, answer = tuple(read_step(text, surface) for text in _texts(record, "steps")), None
    if len(steps) > MAX_STEPS:
        raise _bad(f"a chain of {len(steps)} steps", f"at most {MAX_STEPS}")
    stated = _scalar(record, "answer")
    if stated is not None and answer is not None and stated != answer.text:
        raise _bad(f"'answer' is {quote(stated)} and 'text' ends with the answer {quote(answer.text)}", "one answer")
    return Chain(
        id=_scalar(record, "id") or default_id,
        givens=givens,
        query=_query(record, surface),
        steps=steps,
        answer=Answer(stated) if stated is not None else answer,
        modulus=surface.modulus,
        reference=_scalar(record, "reference"),
        problem=_problem(record),
    )


def _bad(what: str, expected: str) -> BadInput:
    return BadInput(what, expected, "see `reasonlab verify --help` for the record's fields")


def _surface(record: Mapping[str, Any]) -> Surface:
    name = record.get("surface", "formal")
    if name not in ("formal", "english", "logic"):
        raise _bad(f"'surface' is {quote(name)}", "'formal', 'english' or 'logic'")
    modulus = record.get("modulus")
    if modulus is not None and (not isinstance(modulus, int) or isinstance(modulus, bool) or modulus < 2):
        raise _bad(f"'modulus' is {quote(modulus)}", "an integer of at least 2")
    if name != "english":
        return Surface(name, modulus=modulus)
    given = frozenset(_texts(record, "nouns"))
    return Surface(name, nouns=given | nouns_of(_texts(record, "givens")))


def _texts(record: Mapping[str, Any], field: str) -> list[str]:
    value = record.get(field, [])
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise _bad(f"'{field}' is {quote(value)}", "a list of strings")
    return value


def _scalar(record: Mapping[str, Any], field: str) -> str | None:
    value = record.get(field)
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, (str, int, float)):
        raise _bad(f"'{field}' is {quote(value)}", "a string or a number")
    try:
        return str(value).strip()
    except ValueError:  # an integer with more digits than Python will print
        raise _bad(f"'{field}' is an integer too long to print", "at most 4,000 digits") from None


def _problem(record: Mapping[str, Any]) -> str | None:
    problem = record.get("problem")
    if problem is not None and not isinstance(problem, str):
        raise _bad(f"'problem' is {quote(problem)}", "the problem in words, as a string")
    if problem is not None and len(problem) > MAX_PROBLEM:
        raise _bad(f"a problem of {len(problem)} characters", f"at most {MAX_PROBLEM}")
    return problem


def _query(record: Mapping[str, Any], surface: Surface) -> Query | None:
    query = record.get("query")
    if query is None:
        return None
    if not isinstance(query, Mapping) or len(query) != 1:
        raise _bad(f"'query' is {quote(query)}", 'one of {"value": "x"}, {"truth": "a statement"}, "choice", "fill"')
    kind, asked = next(iter(query.items()))
    if kind == "choice":
        if not isinstance(asked, Mapping) or not asked or not all(isinstance(text, str) for text in asked.values()):
            raise _bad(f"'choice' is {quote(asked)}", 'options as {"A": "a statement", ...}')
        return Query("choice", options=tuple((name, _asked(text, surface)) for name, text in asked.items()))
    if not isinstance(asked, str):
        raise _bad(f"'query' is {quote(query)}", f"{quote(kind)} with a string")
    if kind == "value":
        return Query("value", variable=asked.strip())
    if kind == "truth":
        return Query("truth", claim=_asked(asked, surface))
    if kind != "fill":
        raise _bad(f"'query' asks for {quote(kind)}", "'value', 'truth', 'choice' or 'fill'")
    if asked.count("_") != 1:
        raise _bad(f"'fill' is {quote(asked)}", "a claim with one _ where the answer goes")
    return Query("fill", template=asked)


def _asked(text: str, surface: Surface) -> Claim:
    try:
        return surface.parse(text)
    except ParseError as error:
        expected = f"a statement in the {surface.name} surface"
        raise _bad(f"the query {quote(text)} does not parse: {error}", expected) from error


def _query_record(query: Query, surface: Surface) -> dict[str, Any]:
    if query.kind == "choice":
        return {"choice": {name: surface.render(claim) for name, claim in query.options}}
    if query.kind == "fill":
        return {"fill": query.template}
    return {"value": query.variable} if query.claim is None else {"truth": surface.render(query.claim)}


def chain_record(
    id: str,
    surface: Surface,
    givens: tuple[Step, ...],
    query: Query | None,
    text: str,
    reference: str | None,
) -> dict[str, Any]:
    """The record of a chain written as one text, in the form that `chain_from_record` reads."""
    record: dict[str, Any] = {"id": id, "surface": surface.name}
    if surface.modulus is not None:
        record["modulus"] = surface.modulus
    if surface.nouns:
        record["nouns"] = sorted(surface.nouns)
    record["givens"] = [given.text for given in givens]
    if query is not None:
        record["query"] = _query_record(query, surface)
    record["text"] = text
    if reference is not None:
        record["reference"] = reference
    return record
