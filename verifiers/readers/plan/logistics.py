"""PlanBench's logistics: packages go by truck within a city and by airplane between airports.

Names tell kinds: `truck_0` is a truck. A package may be loaded into either, so loading is one action, and unloading.
"""

from __future__ import annotations

import re

from reasonlab.language.chains import Step
from reasonlab.language.planning import Fact
from reasonlab.verifiers.readers.plan.rulebook import Rulebook, Says

_NAME = r"([a-z]+_[0-9_]+)"
KINDS = ("package", "truck", "airplane")
_SHORT = re.compile(r"([ptalc])([0-9]+)(?:-([0-9]+))?")  # p0, l1-0: names of the problem files
_LONG = {"p": "package", "t": "truck", "a": "airplane", "l": "location", "c": "city"}
_LOADED = (Says("load", makes="in ?p ?v, not at ?p ?l"),)
_UNLOADED = (Says("unload", makes="at ?p ?l, not in ?p ?v"),)
_MOVE = "from one location to another"

BOOK = Rulebook(
    actions={
        "load a package into a truck": ("load ?p ?v ?l", ""),
        "load a package into an airplane": ("load ?p ?v ?l", ""),
        "unload a package from a truck": ("unload ?p ?v ?l", ""),
        "unload a package from an airplane": ("unload ?p ?v ?l", ""),
        "drive a truck from one location to another location": ("drive ?v ?from ?to ?city", ""),
        "fly an airplane from one city to another city": ("fly ?v ?from ?to", ""),
    },
    sentences={
        "a package can be loaded into a truck only if the package and the truck are in the same location": (
            Says("load", needs="package ?p, at ?p ?l, at ?v ?l"),
        ),
        "a package can be loaded into an airplane only if the package and the airplane are in the same location": (
            Says("load", needs="package ?p, at ?p ?l, at ?v ?l"),
        ),
        "once a package is loaded into a truck, the package is not at the location and is in the truck": _LOADED,
        "once a package is loaded into an airplane, the package is not at the location and is in the airplane": _LOADED,
        "a package can be unloaded from a truck only if the package is in the truck": (
            Says("unload", needs="package ?p, in ?p ?v, at ?v ?l"),
        ),
        "a package can be unloaded from an airplane only if the package in the airplane": (
            Says("unload", needs="package ?p, in ?p ?v, at ?v ?l"),
        ),
        "once a package is unloaded from a truck, the package is not in the truck and is at the location of the"
        " truck": _UNLOADED,
        "once a package is unloaded from an airplane, the package is not in the airplane and is at the location of the"
        " airplane": _UNLOADED,
        f"a truck can be driven {_MOVE} if the truck is at the from-location and both from-location and to-location are"
        " locations in the same city": (
            Says("drive", needs="truck ?v, at ?v ?from, in-city ?from ?city, in-city ?to ?city"),
        ),
        f"once a truck is driven {_MOVE}, it is not at the from-location and is at the to-location": (
            Says("drive", makes="at ?v ?to, not at ?v ?from"),
        ),
        "an airplane can be flown from one city to another if the from-location and the to-location are airports and"
        " the airplane is at the from-location": (
            Says("fly", needs="airplane ?v, airport ?from, airport ?to, at ?v ?from"),
        ),
        "once an airplane is flown from one city to another the airplane is not at the from-location and is at the"
        " to-location": (Says("fly", makes="at ?v ?to, not at ?v ?from"),),
    },
    facts={
        rf"{_NAME} is an airport": r"airport \1",
        rf"{_NAME} is at {_NAME}": r"at \1 \2",
        rf"{_NAME} is in the city {_NAME}": r"in-city \1 \2",
        rf"{_NAME} is in {_NAME}": r"in \1 \2",
    },
    plans={
        rf"load {_NAME} into {_NAME} at {_NAME}": r"load \1 \2 \3",
        rf"unload {_NAME} from {_NAME} at {_NAME}": r"unload \1 \2 \3",
        rf"drive {_NAME} from {_NAME} to {_NAME} in {_NAME}": r"drive \1 \2 \3 \4",
        rf"fly {_NAME} from {_NAME} to {_NAME}": r"fly \1 \2 \3",
    },
)


def looks_like(intro: str) -> bool:
    return "transport packages within cities" in intro.lower()


def actions(intro: str) -> list[Step]:
    return BOOK.read(intro)


def fact(text: str) -> Fact:
    return BOOK.fact(text)


def action(text: str) -> Fact:
    return BOOK.action(text)


def schema(text: str) -> str:
    return BOOK.schema(text)


def spelled(fact: Fact) -> Fact:
    """`drive-truck t0 l0-0 l0-1 c0` as `drive truck_0 location_0_0 location_0_1 city_0`."""
    name = fact[0].removesuffix("-truck").removesuffix("-airplane")
    found = [_SHORT.fullmatch(word) for word in fact[1:]]
    words = [
        "_".join((_LONG[match[1]], *filter(None, match.groups()[1:]))) if match else word
        for match, word in zip(found, fact[1:])
    ]
    return (name, *words)


def kinds(facts: list[Fact]) -> list[Fact]:
    """Which of the names in facts are packages, trucks and airplanes."""
    names = dict.fromkeys(name for each in facts for name in each[1:])
    return [(kind, name) for name in names for kind in KINDS if name.startswith(f"{kind}_")]
