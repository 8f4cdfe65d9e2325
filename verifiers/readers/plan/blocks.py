"""PlanBench's blocksworld: blocks on a table and on each other, and a hand that holds one at a time."""

from __future__ import annotations

import re

from reasonlab.language.chains import Step
from reasonlab.language.planning import Fact
from reasonlab.verifiers.readers.plan.rulebook import Rulebook, Says

_BLOCK = r"(?:the )?([\w-]+) block"
_LETTERED = re.compile(r"(^|\b(?:of|up|down|stack|unstack|holding) )(?:the )?block ([\w-]+)")
# The colours that PlanBench's statements give the blocks of its problem files.
COLOURS = dict(zip("abcdefghijkl", "red blue orange yellow white magenta black cyan green violet silver gold".split()))
_LONG = re.compile(r"\bthe ([\w-]+) ([\w-]+) block\b")
_IF = "i can only unstack a block from on top of another block if the block i am unstacking"
_ONTO = "i can only stack a block on top of another block if"

BOOK = Rulebook(
    actions={
        "pick up a block": ("pick-up ?x", ""),
        "unstack a block from on top of another block": ("unstack ?x ?y", ""),
        "put down a block": ("put-down ?x", "ontable ?x"),
        "stack a block on top of another block": ("stack ?x ?y", "on ?x ?y"),
    },
    sentences={
        "i can only pick up or unstack one block at a time": (),  # the hand sees to that
        "i can only pick up or unstack a block if my hand is empty": (
            Says("pick-up", needs="handempty"),
            Says("unstack", needs="handempty"),
        ),
        "i can only pick up a block if the block is on the table and the block is clear": (
            Says("pick-up", needs="ontable ?x, clear ?x"),
        ),
        "a block is clear if the block has no other blocks on top of it and if the block is not picked up": (
            Says("pick-up", makes="not clear ?x"),
            Says("unstack", makes="not clear ?x, clear ?y"),
            Says("put-down", makes="clear ?x"),
            Says("stack", makes="clear ?x"),
        ),
        f"{_IF} was really on top of the other block": (Says("unstack", needs="on ?x ?y"),),
        f"{_IF} is clear": (Says("unstack", needs="clear ?x"),),
        "once i pick up or unstack a block, i am holding the block": (
            Says("pick-up", makes="holding ?x, not handempty, not ontable ?x"),
            Says("unstack", makes="holding ?x, not handempty, not on ?x ?y"),
        ),
        "i can only put down a block that i am holding": (Says("put-down", needs="holding ?x"),),
        f"{_ONTO} i am holding the block being stacked": (Says("stack", needs="holding ?x"),),
        f"{_ONTO} the block onto which i am stacking the block is clear": (Says("stack", needs="clear ?y"),),
        "once i put down or stack a block, my hand becomes empty": (
            Says("put-down", makes="handempty, not holding ?x"),
            Says("stack", makes="handempty, not holding ?x"),
        ),
        "once you stack a block on top of a second block, the second block is no longer clear": (
            Says("stack", makes="not clear ?y"),
        ),
    },
    facts={
        rf"{_BLOCK} is clear": r"clear \1",
        rf"{_BLOCK} is on the table": r"ontable \1",
        rf"{_BLOCK} is on top of {_BLOCK}": r"on \1 \2",
        r"the hand is empty": r"handempty",
        rf"(?:the hand is currently|i am) holding {_BLOCK}": r"holding \1",
    },
    plans={
        rf"pick up {_BLOCK}(?: from the table)?": r"pick-up \1",
        rf"put down {_BLOCK}(?: on(?:to)? the table)?": r"put-down \1",
        rf"put {_BLOCK} down(?: on(?:to)? the table)?": r"put-down \1",
        rf"unstack {_BLOCK} from (?:on )?(?:top of )?{_BLOCK}": r"unstack \1 \2",
        rf"stack {_BLOCK} on(?:to)? (?:top of )?{_BLOCK}": r"stack \1 \2",
    },
)


def looks_like(intro: str) -> bool:
    return "playing with a set of blocks" in intro.lower()


def actions(intro: str) -> list[Step]:
    return BOOK.read(intro)


def fact(text: str) -> Fact:
    return BOOK.fact(_named(text))


def action(text: str) -> Fact:
    return BOOK.action(_named(text))


def schema(text: str) -> str:
    return BOOK.schema(text)


def spelled(fact: Fact) -> Fact:
    """`pick-up a` as `pick-up red`."""
    return (fact[0], *(COLOURS.get(name, name) for name in fact[1:]))


def _named(text: str) -> str:
    """ "block a" as "the a block", and "the light green block" as "the light_green block"."""
    return _LONG.sub(r"the \1_\2 block", _LETTERED.sub(r"\1the \2 block", text.lower().strip()))


def kinds(facts: list[Fact]) -> list[Fact]:
    return []
