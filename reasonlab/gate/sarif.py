"""Verdicts as SARIF 2.1.0 (OASIS standard, 2020): a result a finding, so that code scanning shows it at its line.

The document is written as the findings come: memory does not grow with the chains.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import quote

from reasonlab import __version__
from reasonlab.gate.findings import RULES, Finding, findings
from reasonlab.gate.records import Place

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


@contextmanager
def sarif(file: TextIO) -> Iterator[Callable[[Mapping[str, Any], Place], None]]:
    """What takes each record of verdicts with its place; the document is whole at the end of the block."""
    rules = [
        {"id": name, "shortDescription": {"text": text}, "defaultConfiguration": {"level": _level(name)}}
        for name, (text, _) in RULES.items()
    ]
    driver = {"name": "ReasonLab", "version": __version__, "semanticVersion": __version__, "rules": rules}
    head = f'{{"$schema": {json.dumps(SCHEMA)}, "version": "2.1.0", "runs": [{{"tool": {json.dumps({"driver": driver})}'
    file.write(f'{head}, "columnKind": "unicodeCodePoints", "results": [')
    before = "\n"

    def add(record: Mapping[str, Any], place: Place) -> None:
        nonlocal before
        for finding in findings(record):
            file.write(before + json.dumps(_result(record, finding, place)))
            before = ",\n"

    yield add
    file.write("\n]}]}\n")


def _result(record: Mapping[str, Any], finding: Finding, place: Place) -> dict[str, Any]:
    where = "answer" if finding.step is None else f"step {finding.step}"
    physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(place.path)}}
    if place.line is not None:
        physical["region"] = {"startLine": place.line}
    logical = {"name": where, "fullyQualifiedName": f"{record['id']}/{where}", "kind": "member"}
    # The same finding on the same chain is the same alert, wherever the chain has moved to in the file.
    told_apart_by = json.dumps([record["id"], finding.rule, where]).encode()
    return {
        "ruleId": finding.rule,
        "ruleIndex": list(RULES).index(finding.rule),
        "level": _level(finding.rule),
        "message": {"text": f"{record['id']}: {finding.message}"},
        "locations": [{"physicalLocation": physical, "logicalLocations": [logical]}],
        "partialFingerprints": {"reasonlabFinding/v1": hashlib.sha256(told_apart_by).hexdigest()},
        "properties": {"chain": record["id"], "step": finding.step, "outcome": record["outcome"]},
    }


def _level(rule: str) -> str:
    return "error" if RULES[rule][1] else "warning"


def _uri(path: str) -> str:
    """A path as a URI: relative to where the command ran, unless it is absolute. `-` is standard input."""
    if path == "-":
        return "stdin"
    return Path(path).as_uri() if Path(path).is_absolute() else quote(path)
