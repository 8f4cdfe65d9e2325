"""Chains from short texts, and the slow twins, which live beside the tests (pytest runs in importlib mode)."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

from reasonlab.language.chains import Chain
from reasonlab.language.records import chain_from_record

settings.register_profile("verifiers", deadline=None)  # the machine may be busy, and laws do not depend on that
settings.load_profile("verifiers")


@pytest.fixture(scope="session")
def oracle(load_by_path):
    return load_by_path(Path(__file__).with_name("oracle.py"))


@pytest.fixture(scope="session")
def chain():
    def make(givens: str, text: str = "", *, value=None, truth=None, **fields) -> Chain:
        """`givens`: separated by ";". `text`: the chain. `value` or `truth`: what is asked."""
        record = {"givens": [part.strip() for part in givens.split(";") if part.strip()], "text": text, **fields}
        if value or truth:
            record["query"] = {"value": value} if value else {"truth": truth}
        return chain_from_record(record)

    return make
