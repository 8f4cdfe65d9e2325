"""Verifiers: chains of reasoning in, a verdict on every step out. Nothing here knows how the problems were made.

Names are imported where first used: `verify_chain` on definitions and rules needs neither Z3 nor SymPy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reasonlab.verifiers.chain import verify_chain
    from reasonlab.verifiers.derivation import Comparison, compare, derivation_graph
    from reasonlab.verifiers.limits import DEFAULT_LIMITS, Limits
    from reasonlab.verifiers.outcomes import OUTCOMES, outcome
    from reasonlab.verifiers.readers import READERS
    from reasonlab.verifiers.verdicts import AnswerVerdict, ChainReport, Verdict

_WHERE = {
    "verify_chain": "chain",
    "Comparison": "derivation",
    "compare": "derivation",
    "derivation_graph": "derivation",
    "DEFAULT_LIMITS": "limits",
    "Limits": "limits",
    "OUTCOMES": "outcomes",
    "outcome": "outcomes",
    "READERS": "readers",
    "AnswerVerdict": "verdicts",
    "ChainReport": "verdicts",
    "Verdict": "verdicts",
}

__all__ = [
    "DEFAULT_LIMITS",
    "OUTCOMES",
    "READERS",
    "AnswerVerdict",
    "ChainReport",
    "Comparison",
    "Limits",
    "Verdict",
    "compare",
    "derivation_graph",
    "outcome",
    "verify_chain",
]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
