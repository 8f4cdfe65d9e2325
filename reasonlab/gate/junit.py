"""Verdicts as JUnit XML: a test case a chain, so that whatever shows test results shows them.

A chain that is proved or consistent passes, an unknown one is skipped (one that the verifiers failed on is an error),
every other fails with its findings. The counts stand before the cases, which go to a temporary file until they are
known: memory does not grow with the chains.
"""

from __future__ import annotations

import html
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TextIO

from reasonlab.gate.findings import GOOD, findings
from reasonlab.gate.records import FAULT, Place, is_fault

# What XML 1.0 has no way to write, not even escaped (section 2.2, production 2).
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@contextmanager
def junit(file: TextIO) -> Iterator[Callable[[Mapping[str, Any], Place], None]]:
    """What takes each record of verdicts with its place; the document is written at the end of the block."""
    counts: Counter[str] = Counter()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as cases:

        def add(record: Mapping[str, Any], place: Place) -> None:
            counts["tests"] += 1
            cases.write(_case(record, place, counts))

        yield add
        cases.seek(0)
        numbers = " ".join(f'{name}="{counts[name]}"' for name in ("tests", "failures", "errors", "skipped"))
        file.write('<?xml version="1.0" encoding="UTF-8"?>\n')
        file.write(f'<testsuites {numbers}>\n<testsuite name="reasonlab verify" {numbers}>\n')
        shutil.copyfileobj(cases, file)
        file.write("</testsuite>\n</testsuites>\n")


def _case(record: Mapping[str, Any], place: Place, counts: Counter[str]) -> str:
    names = {"name": record["id"], "classname": place.path, "file": place.path}
    if place.line is not None:
        names["line"] = str(place.line)
    head = "<testcase " + " ".join(f"{name}={_attribute(value)}" for name, value in names.items())
    if record["outcome"] in GOOD:
        return head + "/>\n"
    found = findings(record)
    message = _attribute(f"{record['outcome']}: {found[0].message}")
    if is_fault(record):
        counts["errors"] += 1
        return f"{head}><error type={_attribute(FAULT)} message={message}/></testcase>\n"
    if record["outcome"] == "unknown":
        counts["skipped"] += 1
        return f"{head}><skipped message={message}/></testcase>\n"
    counts["failures"] += 1
    body = html.escape(_clean("\n".join(finding.message for finding in found)))
    return f"{head}><failure type={_attribute(record['outcome'])} message={message}>{body}</failure></testcase>\n"


def _attribute(text: str) -> str:
    # A parser turns every white space in an attribute into a blank, unless it is a reference.
    # (`xml.sax.saxutils` would do all this, and loads a web client for it.)
    return '"' + html.escape(_clean(text)).translate({9: "&#9;", 10: "&#10;", 13: "&#13;"}) + '"'


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
