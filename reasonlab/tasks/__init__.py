"""Tasks whose causal graph is known: structural causal models, problems, one file a family."""

from reasonlab.tasks.problems import (
    FAMILIES,
    Problem,
    describe,
    family,
    family_names,
    make,
    parse_difficulty,
    problems,
)
from reasonlab.tasks.scm import SCM, Variable

__all__ = [
    "FAMILIES",
    "SCM",
    "Problem",
    "Variable",
    "describe",
    "family",
    "family_names",
    "make",
    "parse_difficulty",
    "problems",
]
