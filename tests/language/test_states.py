"""Claims about states, plans, orders and words: `parse_claim(render_claim(c)) == c`; no text breaks a grammar."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasonlab.language.brackets import ALL, Bracket, Brackets, Closing, Open, Stack
from reasonlab.language.claims import parse_claim, render_claim
from reasonlab.language.errors import ParseError
from reasonlab.language.joined import JOINABLE, Joined, join
from reasonlab.language.orderings import OPERATORS, Atom, Objects, Place
from reasonlab.language.permutations import After, Swap
from reasonlab.language.planning import Act, Action, Condition, Init, Reaches, State
from reasonlab.language.sorting import Group, Groups, Letter, Letters, Sorted, Words

single = st.from_regex(r"[A-Za-z0-9'é._+*/$%@&-]{1,6}", fullmatch=True).filter(
    lambda w: w not in ("or", "since", "not", "&")
)
names = st.lists(single, min_size=1, max_size=3).map(" ".join)
things = names.filter(lambda name: not name.isdecimal())
times = st.integers(0, 50)
counted = st.integers(1, 50)


def symbols():
    return st.lists(st.sampled_from(sorted(ALL)), max_size=6).map(tuple)


def several(items, least=1, most=4):
    return st.lists(items, min_size=least, max_size=most).map(tuple)


atoms = st.builds(Atom, things, st.sampled_from(OPERATORS), things | times)
clauses = several(several(atoms, most=3))
words = several(single)
numbers = st.none() | st.integers(0, 26)
groups = st.builds(Group, several(single.filter(lambda w: not w.isdecimal())), numbers)
facts = several(single, most=4)
conditions = several(st.builds(Condition, facts, st.booleans()))
HEAD = ("move", "?x", "?y")
schematic = st.builds(
    Condition,
    st.one_of(
        st.builds(lambda first, rest: (first, *rest), single, st.lists(single | st.sampled_from(HEAD[1:]), max_size=3)),
        st.just(("=", "?x", "?y")),
    ),
    st.booleans(),
)
effects = schematic.filter(lambda condition: condition.fact[0] != "=")
joinable = st.one_of(
    st.lists(
        st.one_of(
            st.builds(Bracket, counted, st.sampled_from(sorted(ALL))),
            st.builds(Stack, times, symbols()),
            st.builds(Open, symbols()),
            st.builds(Closing, symbols()),
        ),
        min_size=2,
        max_size=3,
    ),
    st.lists(
        st.builds(After, times, several(st.tuples(names, names)), st.booleans())
        | st.builds(Swap, counted, names, names),
        min_size=2,
        max_size=3,
    ),
).map(lambda parts: Joined(tuple(parts)))
claims = st.one_of(
    st.builds(Brackets, symbols()),
    st.builds(Objects, st.lists(things, min_size=1, max_size=4, unique=True).map(tuple)),
    st.builds(Place, clauses, st.just(()) | clauses),
    st.builds(Words, words),
    st.builds(Letters, counted, several(st.builds(Letter, single, single, numbers))),
    st.builds(Groups, counted, several(groups), st.just(()) | words),
    st.builds(Sorted, several(words)),
    st.builds(Action, st.just(HEAD), st.just(()) | several(schematic), st.just(()) | several(effects)),
    st.builds(Init, several(facts)),
    st.builds(Act, counted, facts),
    st.builds(State, times, conditions),
    st.builds(Reaches, conditions),
    joinable,
)


@given(claims)
def test_what_is_written_reads_back(claim):
    text = render_claim(claim)
    assert parse_claim(text) == claim
    assert "\n" not in text
    assert ";" not in text


WORDS = ["all", "after", "swap", "brackets", "bracket", "stack", "open", "closing", "objects", "place", "words"]
WORDS += ["letters", "groups", "sorted", "action", "init", "act", "state", "reaches"]
pieces = st.sampled_from(
    [
        *"0123 ,,==<>!|&?:;[](){}",
        " or ",
        " since ",
        " of ",
        " needs ",
        " makes ",
        " not ",
        "a",
        "b ",
        "?x",
        "empty",
        "9" * 12,
    ]
    + [f"{word}: " for word in WORDS]
)


@given(st.sampled_from(WORDS), st.lists(pieces, max_size=12).map("".join) | st.text(max_size=30))
def test_any_text_is_read_or_refused(word, body):
    try:
        claim = parse_claim(f"{word}: {body}")
    except ParseError:
        return
    assert parse_claim(render_claim(claim)) == claim


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("after: 1", "expected 'holder = thing'"),
        ("after: x a = b", "expected a number from 0"),
        ("after: 1 some: a = b", "expected 'all:'"),
        ("swap: 0 a, b", "expected a number from 1"),
        ("swap: 1 a", "the names of two"),
        ("brackets: ( x", "found 'x'"),
        ("stack: 1 |", "expected brackets of"),
        ("bracket: 1 ( )", "expected one bracket"),
        ("closing:", "expected brackets or 'empty'"),
        ("objects: a, b, a", "different things"),
        ("objects: a, 3", "the name of a thing"),
        ("place: a", "expected a relation"),
        ("place: 3 < a", "the name of a thing"),
        ("place: a < b since b < c since c < d", "'since' once"),
        ("place: a < 99999999", "expected a number"),
        ("place: a b", "expected a relation"),
        ("place: a &< b", "expected a relation"),
        ("letters: 1 kitten k", "expected 'word = letter number'"),
        ("groups: 1", "expected '|'"),
        ("groups: 1 from a | a", "expected 'of'"),
        ("groups: 1 | 5", "a name without marks"),
        ("sorted: a ?", "a word at the end"),
        ("sorted: ? a", "a word on each side"),
        ("action: go ?x | needs at ?y", "?y is no argument of go"),
        ("action: go ?x ?x", "different ?variables"),
        ("action: go ?x | makes = ?x ?x", "cannot make two things the same"),
        ("action: go | asks at", "expected 'needs ...' and 'makes ...'"),
        ("init: not on a b", "expected what is true"),
        ("init: (),", "expected"),
        ("act: 1 go ?x", "expected a word"),
        ("state: 1 not", "expected from 1 to 40 words"),
        ("reaches: = a", "two things after '='"),
        ("all: after: 1 a = b", "two claims or more of one theory"),
        ("all: after: 1 a = b & stack: 1 (", "of one theory"),
        ("all: objects: a & objects: b", "expected a claim of one of"),
    ],
)
def test_refusals_say_what_was_expected(text, says):
    with pytest.raises(ParseError, match=says.replace("?", r"\?").replace("|", r"\|")):
        parse_claim(text)


@pytest.mark.parametrize(
    "make",
    [
        lambda: After(0, ()),
        lambda: After(0, (("a ", "b"),)),
        lambda: Swap(0, "a", "b"),
        lambda: Stack(1, ("|",)),
        lambda: Words(("a b",)),
        lambda: Place((), ()),
        lambda: Place(((Atom("a", "~", 1),),)),
        lambda: Objects(("a", "a")),
        lambda: Act(1, ("two words",)),
        lambda: Action(("go", "?x"), (Condition(("at", "?y")),)),
        lambda: Joined((Swap(1, "a", "b"),)),
    ],
)
def test_no_claim_is_made_that_would_not_read_back(make):
    with pytest.raises(ValueError, match=r"expected|name|argument"):
        make()


def test_joining_says_each_thing_once():
    swap, after = Swap(1, "a", "b"), After(1, (("a", "x"),))
    assert join([]) is None
    assert join([swap, swap]) == swap
    assert join([swap, after, swap]) == Joined((swap, after))
    assert set(JOINABLE) < {"after", "swap", *WORDS}
