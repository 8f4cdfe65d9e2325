"""docs/formats.md: every format has its record, which reads as that format and has the outcome that the page says."""

import json
import re
from pathlib import Path

import pytest

from reasonlab.verifiers import READERS, verify_chain

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")
SECTIONS = re.findall(r"^## (\S+)\n.*?```json\n(.*?)```\n\nOutcome: `(\w+)`", PAGE, re.M | re.S)


def test_every_format_is_there():
    assert sorted(name for name, _, _ in SECTIONS) == sorted(READERS)


@pytest.mark.parametrize(("name", "record", "outcome"), SECTIONS, ids=[name for name, _, _ in SECTIONS])
def test_the_record_has_the_outcome_that_the_page_says(name, record, outcome):
    content = json.loads(record)
    assert verify_chain(READERS[name].read(content, default_id="page")).outcome == outcome
    assert next(kind for kind, reader in READERS.items() if reader.looks_like(content)) == name
