"""Problems: a pure function of (family, difficulty, split, seed, index), and the registry of families.

A problem belongs to the split that its fingerprint says, whoever draws it: the splits are disjoint by construction, on
any machine and for any number of problems, and nothing needs to be stored to keep them so.
"""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, fields
from functools import cache
from types import MappingProxyType, ModuleType, UnionType
from typing import Any, Protocol

from reasonlab import extensions
from reasonlab.language.chains import Chain, Query, Step, Surface, read_step, read_steps
from reasonlab.language.errors import BadInput, quote
from reasonlab.language.records import chain_record
from reasonlab.tasks import arithmetic, deduction
from reasonlab.tasks.scm import SCM
from reasonlab.tasks.streams import Stream

SPLITS = MappingProxyType({"test": (0, 10), "validation": (10, 15), "train": (15, 100)})  # hundredths of fingerprints
MAX_TRIES = 20_000


class Instance(Protocol):
    """What a family's `sample` returns."""

    @property
    def surface(self) -> Surface: ...
    @property
    def prompt(self) -> str: ...
    @property
    def givens(self) -> tuple[str, ...]: ...
    @property
    def query(self) -> Query: ...
    @property
    def answer(self) -> str: ...
    @property
    def needed(self) -> tuple[str, ...]: ...
    @property
    def operations(self) -> int: ...
    @property
    def size(self) -> int: ...
    @property
    def fingerprint(self) -> str: ...
    def scm(self) -> SCM: ...
    def gold(self, form: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Family:
    """A task family: where its instances come from and what its words are."""

    name: str
    summary: str
    difficulty: type
    sample: Callable[[Stream, Any], Instance]
    vocabulary: Callable[[Any], list[str]]  # the tokens at a difficulty
    pattern: str  # what a token is, as a regular expression
    forms: tuple[str, ...]
    size_name: str  # what `Instance.size` counts: a setting of the difficulty, with bounds


def _family(module: ModuleType) -> Family:
    return Family(
        module.NAME,
        module.SUMMARY,
        module.Difficulty,
        module.sample,
        module.vocabulary,
        module.PATTERN,
        module.FORMS,
        module.SIZE_NAME,
    )


FAMILIES = {module.NAME: _family(module) for module in (arithmetic, deduction)}
"""Our own families; `family_names` has the installed ones, too."""
GROUP = "reasonlab.families"


def family_names() -> list[str]:
    """Our own families, then those that other distributions add (docs/extend.md)."""
    return [*FAMILIES, *(name for name in extensions.names(GROUP) if name not in FAMILIES)]


def family(name: str) -> Family:
    """Raises BadInput: there is no such family, or the distribution that has it is broken."""
    if name in FAMILIES:
        return FAMILIES[name]
    known = family_names()
    if name not in known:
        raise BadInput(f"there is no family {quote(name)}", f"one of {', '.join(known)}", "choose one of these")
    return _installed(name)


@cache
def _installed(name: str) -> Family:
    try:
        return _family(extensions.load(GROUP, name))
    except AttributeError as error:
        raise BadInput(f"the family {quote(name)} is not whole ({error})", "what reasonlab.tasks.arithmetic has",
                       "see docs/extend.md") from error  # fmt: skip


@dataclass(frozen=True)
class Problem:
    """One problem and where it came from. `instance` holds everything that can be asked of it."""

    family: str
    difficulty: Any
    split: str
    seed: int
    index: int
    instance: Instance

    @property
    def id(self) -> str:
        return f"{self.family}-{self.split}-{self.seed}-{self.index}-{self.fingerprint[:6]}"

    @property
    def prompt(self) -> str:
        return self.instance.prompt

    @property
    def answer(self) -> str:
        return self.instance.answer

    @property
    def fingerprint(self) -> str:
        return self.instance.fingerprint

    def scm(self) -> SCM:
        return self.instance.scm()

    def gold_text(self, form: str) -> str:
        forms = family(self.family).forms
        if form not in forms:
            raise BadInput(f"there is no form {quote(form)}", f"one of {', '.join(forms)}", "choose one of these")
        return self.instance.gold(form)

    def givens(self) -> tuple[Step, ...]:
        surface = self.instance.surface
        return tuple(read_step(text, surface) for text in self.instance.givens)

    def chain(self, text: str) -> Chain:
        """The chain that `text` (a gold one, a model's, an edited one) makes of this problem."""
        steps, answer = read_steps(text, self.instance.surface)
        return Chain(
            id=self.id,
            givens=self.givens(),
            query=self.instance.query,
            steps=steps,
            answer=answer,
            modulus=self.instance.surface.modulus,
            reference=self.answer,
        )

    def record(self, text: str) -> dict[str, Any]:
        """The JSON record of this problem with a chain, as `reasonlab verify` reads it."""
        return chain_record(self.id, self.instance.surface, self.givens(), self.instance.query, text, self.answer)


def make(family_name: str, difficulty: Any, split: str, seed: int, index: int) -> Problem:
    """Problem `index` of a split. Draws are repeated, on the item's own stream, until one falls into the split.

    Raises:
        BadInput: an unknown family or split, settings out of range, or so few problems of this difficulty that none
            of the split was met in MAX_TRIES draws.
    """
    chosen = family(family_name)
    if split not in SPLITS:
        raise BadInput(f"there is no split {quote(split)}", f"one of {', '.join(SPLITS)}", "choose one of these")
    check(chosen, difficulty)
    low, high = SPLITS[split]
    stream = Stream(family_name, difficulty, split, seed, index)
    for _ in range(MAX_TRIES):
        instance = chosen.sample(stream, difficulty)
        if low <= int(instance.fingerprint[:8], 16) % 100 < high:
            return Problem(family_name, difficulty, split, seed, index, instance)
    raise BadInput(
        f"no {split} problem of {family_name} at {describe(difficulty)} in {MAX_TRIES} draws",
        "a difficulty with many different problems",
        "allow more variables or hops",
    )


def problems(
    family_name: str, difficulty: Any, split: str, seed: int, count: int, *, start: int = 0
) -> Iterator[Problem]:
    return (make(family_name, difficulty, split, seed, index) for index in range(start, start + count))


def check(chosen: Family, difficulty: Any) -> None:
    if not isinstance(difficulty, chosen.difficulty):
        raise BadInput(
            f"the difficulty {quote(difficulty)} is not one of {chosen.name}",
            f"a {chosen.difficulty.__module__}.Difficulty",
            "use parse_difficulty()",
        )
    if found := difficulty.problems():  # type: ignore[attr-defined]  # every family's Difficulty has it
        raise BadInput("; ".join(found), "settings within their bounds", "see `reasonlab problems --help`")


def parse_difficulty(family_name: str, text: str) -> Any:
    """A family's difficulty from text such as "variables=3-6,modulus=10"; what is left out keeps its default."""
    chosen = family(family_name)
    types = typing.get_type_hints(chosen.difficulty)
    settings = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, _, value = (word.strip() for word in part.partition("="))
        if name not in types:
            raise BadInput(
                f"{family_name} has no setting {quote(name)}",
                f"one of {', '.join(types)}",
                "write name=value,name=value",
            )
        if name in settings:
            raise BadInput(f"the setting {name} is given twice", "each setting once", "leave one of the two out")
        settings[name] = _setting(name, value, types[name])
    difficulty = chosen.difficulty(**settings)
    check(chosen, difficulty)
    return difficulty


def _setting(name: str, value: str, wanted: Any) -> Any:
    try:
        if wanted is int:
            return int(value)
        if wanted is float:
            return float(value)
        if typing.get_origin(wanted) is UnionType and value in ("", "none"):
            return None
        low, _, high = value.partition("-")
        return int(low), int(high or low)
    except ValueError:
        shape = {int: "an integer", float: "a number"}.get(wanted, "a range such as 3-6")
        raise BadInput(f"{name}={quote(value)}", f"{shape} for {name}", "write name=value,name=value") from None


def describe(difficulty: Any) -> str:
    """A difficulty as `parse_difficulty` reads it."""
    words = []
    for field in fields(difficulty):
        value = getattr(difficulty, field.name)
        if value is not None:
            words.append(f"{field.name}={'-'.join(map(str, value)) if isinstance(value, tuple) else value}")
    return ",".join(words)


def difficulty_from_json(family_name: str, settings: dict[str, Any]) -> Any:
    """The inverse of `difficulty_to_json` after a trip through JSON, which turns tuples into lists.

    Raises BadInput for settings that the family does not have, or of another type or range.
    """
    chosen = family(family_name)
    try:
        difficulty = chosen.difficulty(
            **{name: tuple(value) if isinstance(value, list) else value for name, value in settings.items()}
        )
        check(chosen, difficulty)
    except (AttributeError, TypeError, ValueError):
        names = ", ".join(field.name for field in fields(chosen.difficulty))
        raise BadInput(
            f"the difficulty {quote(settings)} is not one of {family_name}",
            f"values for {names}",
            "write it with difficulty_to_json()",
        ) from None
    return difficulty


def difficulty_to_json(difficulty: Any) -> dict[str, Any]:
    return asdict(difficulty)
