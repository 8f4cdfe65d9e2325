"""Positions by what they mean, so that results over problems of different shape can be averaged.

A sequence is `<bos>` prompt chain `<eos>`. `layout` maps each (role, variable) to token positions:

    mod 10 ; b = a + a ; a = 3 ; b ? b = a + a ; a = 3 ; b = a [3] + a [3] = 6 ; answer 6
             definition of b         plan of b           step that states b      answer

A plan step names what a variable needs and no value: its definition restated, or `b needs a`. Where the tokenizer joins
`b =` into one token, the roles of the name and of the = share its position, and in `a = 3` so does `before value`. A
step may also be written out, `b = a + a = 3 + 3 = 6`; the = and the operator between the values have roles only there.

Ours: after "Physics of Language Models" (Ye et al. 2024, arXiv 2407.20311), which probes at such places by hand; here
the places follow from the parsed claims, so a chain that a model wrote is mapped as well as a gold one. Where a chain
states a variable twice, the first time counts. Invariant: every token of a step that was understood is in that step's
positions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

from reasonlab.language.chains import read_step, split_steps
from reasonlab.language.claims import Claim, Equal, Needs
from reasonlab.language.errors import BadInput, quote
from reasonlab.language.formulas import Literal, as_rule, atom_of, is_literal, render_formula
from reasonlab.language.terms import Symbol, symbols
from reasonlab.models import Tokenizer
from reasonlab.tasks import Problem

# role -> what stands there. `x` is the role's variable. In the order in which the words come.
ROLES = MappingProxyType(
    {
        "definition name": "x, where the prompt defines it",
        "definition =": "the = of the definition",
        "definition left": "the left operand's name in the definition",
        "definition operator": "the operator in the definition",
        "definition right": "the right operand's name in the definition",
        "definition value": "the constant in the definition",
        "definition": "every word of the definition",
        "definition end": "the mark that closes the definition",
        "query": "the words of what is asked",
        "query end": "the ? of the query",
        "plan name": "x in the step of the plan that says what x needs",
        "plan source": "the names that x needs",
        "plan": "every word of that step",
        "plan end": "the mark that closes it",
        "step name": "x in the step that states it",
        "step =": "the first = of that step",
        "step left": "the left operand's name",
        "step substituted =": "the = before the values (only where the step is written out)",
        "substituted left": "the left operand's value",
        "step operator": "the operator between names",
        "substituted operator": "the operator between values (only where the step is written out)",
        "step right": "the right operand's name",
        "substituted right": "the right operand's value",
        "before value": "the token whose next one is the value of x",
        "value": "the value of x (of a literal: its last token, `cold` or `a fep`)",
        "step": "every word of the step that states x",
        "step end": "the mark that closes the step",
        "before copy": "the word before the first later use of the value of x",
        "copy": "the first later use of the value of x",
        "before answer": "the word before the answer",
        "answer": "the answer",
    }
)
NO_VARIABLE = ""  # the variable of `query`, `before answer` and `answer`
_WHOLE = ("definition", "plan", "step")  # roles of a whole piece: a position's own role is the finer one


@dataclass(frozen=True, slots=True)
class Place:
    """One step of the chain: what it is about and the positions of its words.

    `kind`: "plan" (what a variable needs), "value" (states a variable), "rule" (restates a rule, which is about no
    individual and so about no variable) or "other".
    `value`: the words that say the value (a number; for a literal its predicate, with its negation), else empty.
    """

    kind: str
    variable: str
    positions: tuple[int, ...]
    end: int
    value: str = ""


@dataclass(frozen=True)
class Layout:
    """A problem and a chain as a token sequence, with the positions of each (role, variable). `words`: the tokens."""

    problem: Problem
    text: str
    tokens: tuple[int, ...]
    words: tuple[str, ...]
    prompt_length: int  # `<bos>` included
    places: tuple[Place, ...]
    roles: Mapping[tuple[str, str], tuple[int, ...]]

    def positions(self, role: str, variable: str = NO_VARIABLE) -> tuple[int, ...]:
        """The positions of a role, in order; empty where this chain has none.

        Raises:
            BadInput: there is no such role.
        """
        if role not in ROLES:
            raise BadInput(f"there is no role {quote(role)}", f"one of {', '.join(ROLES)}", "choose one of these")
        return self.roles.get((role, variable), ())

    def at(self, role: str, variable: str = NO_VARIABLE) -> int | None:
        """The last position of a role, or None."""
        return (self.positions(role, variable) or (None,))[-1]

    def stated(self) -> dict[str, Place]:
        """The step that first states each variable, in the order of the chain."""
        found: dict[str, Place] = {}
        for place in self.places:
            if place.kind == "value":
                found.setdefault(place.variable, place)
        return found

    def labels(self) -> list[tuple[str, str]]:
        """For each position its own (role, variable), the finest there is; ("", "") for marks without a role."""
        names = [("", "")] * len(self.tokens)
        for (role, variable), positions in sorted(self.roles.items(), key=lambda item: item[0][0] not in _WHOLE):
            for position in positions:
                # A copy is first of all the substituted value of the step that it stands in.
                if role not in ("copy", "before copy") or not names[position][0]:
                    names[position] = (role, variable)
        return names


def layout(problem: Problem, text: str, tokenizer: Tokenizer) -> Layout:
    """The layout of a problem with a chain (gold, or a model's).

    Raises:
        BadInput: a word that the tokenizer does not have; a tokenizer of bytes.
    """
    if not tokenizer.words:
        raise BadInput(
            "a model that reads bytes", "one whose values are single tokens: probes name positions by their words",
            "probe a model trained without --tokenizer bytes",
        )  # fmt: skip
    prompt_ids, prompt_offsets = tokenizer.encode_with_offsets(problem.prompt)
    chain_ids, chain_offsets = tokenizer.encode_with_offsets(text)
    tokens = (tokenizer.bos_id, *prompt_ids, *chain_ids, tokenizer.eos_id)
    words = tuple(tokenizer.vocabulary[token] for token in tokens)
    roles: dict[tuple[str, str], tuple[int, ...]] = {}
    _prompt_roles(problem, prompt_offsets, words, roles)
    start = 1 + len(prompt_ids)
    places = _chain_roles(problem, text, chain_offsets, start, words, roles)
    return Layout(
        problem=problem,
        text=text,
        tokens=tokens,
        words=words,
        prompt_length=start,
        places=tuple(places),
        roles=MappingProxyType(roles),
    )


def gold_layout(problem: Problem, form: str, tokenizer: Tokenizer) -> Layout:
    """The layout of a problem with its gold chain."""
    return layout(problem, problem.gold_text(form), tokenizer)


def spanned(span: tuple[int, int], offsets: Sequence[tuple[int, int]], first: int) -> tuple[int, ...]:
    """The positions (the first token's is `first`) of the tokens that share a character with `span`."""
    low, high = span
    return tuple(first + i for i, (start, end) in enumerate(offsets) if start < high and end > low)


def subject(claim: Claim | None) -> tuple[str, str]:
    """What a claim is about: (kind, variable), see `Place`."""
    if isinstance(claim, Needs):
        return "plan", claim.target.name if isinstance(claim.target, Symbol) else _atom_name(claim.target)
    if isinstance(claim, Equal) and isinstance(claim.terms[0], Symbol):
        return "plan" if all(map(symbols, claim.terms)) else "value", claim.terms[0].name
    if claim is not None and is_literal(claim):
        return "value", _atom_name(claim)  # type: ignore[arg-type]  # is_literal says so
    if claim is not None and not isinstance(claim, Equal) and _is_rule(claim):
        return "rule", NO_VARIABLE
    return "other", NO_VARIABLE


def _atom_name(literal: Literal) -> str:
    """The SCM variable of a literal, as the deduction family names it."""
    return render_formula(atom_of(literal))


def _is_rule(claim: Claim) -> bool:
    return hasattr(claim, "quantifier") and as_rule(claim) is not None  # type: ignore[arg-type]


def _prompt_roles(
    problem: Problem,
    offsets: Sequence[tuple[int, int]],
    words: Sequence[str],
    roles: dict[tuple[str, str], tuple[int, ...]],
) -> None:
    surface = problem.instance.surface
    pieces = split_steps(problem.prompt, surface.mark)
    givens = set(problem.instance.givens)
    for text, span in pieces[:-1]:
        positions = spanned(span, offsets, 1)
        variable = subject(read_step(text, surface).claim)[1]
        if text in givens and variable != NO_VARIABLE:
            roles["definition", variable] = positions
            roles["definition end", variable] = (positions[-1] + 1,)
            _equality_roles("definition", variable, positions, words, roles)
    query = spanned(pieces[-1][1], offsets, 1)
    roles["query", NO_VARIABLE] = query[:-1]
    roles["query end", NO_VARIABLE] = query[-1:]


def _chain_roles(
    problem: Problem,
    text: str,
    offsets: Sequence[tuple[int, int]],
    first: int,
    words: Sequence[str],
    roles: dict[tuple[str, str], tuple[int, ...]],
) -> list[Place]:
    chain = problem.chain(text)
    places = []
    for step in chain.steps:
        if step.span is None:
            continue
        positions = spanned(step.span, offsets, first)
        kind, variable = subject(step.claim)
        value = _step_roles(kind, variable, positions, words, roles)
        places.append(Place(kind, variable, positions, min(positions[-1] + 1, len(words) - 1), value))
    _copy_roles(places, words, roles)
    if chain.answer is not None and chain.answer.text:
        answer = spanned(chain.answer.span or (0, 0), offsets, first)
        roles["answer", NO_VARIABLE] = answer
        roles["before answer", NO_VARIABLE] = (answer[0] - 1,)
    return places


def _step_roles(
    kind: str,
    variable: str,
    positions: tuple[int, ...],
    words: Sequence[str],
    roles: dict[tuple[str, str], tuple[int, ...]],
) -> str:
    """Adds the roles of one step, unless the variable has them already, and returns the value it states."""
    if kind == "plan" and ("plan", variable) not in roles:
        link = next(p for p in positions if words[p] == "needs" or _is_equals(words[p]))
        roles["plan", variable] = positions
        roles["plan name", variable] = _up_to(link, positions, words)
        roles["plan source", variable] = tuple(
            p for p in positions if p > link and words[p] != "and" and words[p].replace(" ", "").isalpha()
        )
        roles["plan end", variable] = (positions[-1] + 1,)
    if kind != "value":
        return ""
    found: dict[tuple[str, str], tuple[int, ...]] = {
        ("step", variable): positions,
        ("step end", variable): (positions[-1] + 1,),
    }
    value = _equality_roles("step", variable, positions, words, found)
    if not any(_is_equals(words[position]) for position in positions):  # a literal: `ada is not cold`
        found["value", variable] = positions[-1:]
        found["before value", variable] = positions[-2:-1]
        value = " ".join(words[position] for position in positions[1:])
    if ("step", variable) not in roles:
        roles |= found
    return value


def _equality_roles(
    where: str,
    variable: str,
    positions: tuple[int, ...],
    words: Sequence[str],
    roles: dict[tuple[str, str], tuple[int, ...]],
) -> str:
    """Adds the roles of `x = a [3] + b [4] = 7`, or the long `x = a + b = 3 + 4 = 7`, and returns the value stated.

    Any prefix of either will do.
    """
    equals = [position for position in positions if _is_equals(words[position])]
    if not equals:
        return ""
    # The last of the roles of a position is the one that `labels` gives: `b =` is first of all b.
    roles[f"{where} =", variable] = (equals[0],)
    roles[f"{where} name", variable] = _up_to(equals[0], positions, words)
    value = ""
    for low, high in pairwise([*equals, positions[-1] + 1]):
        noted = [position for position in range(low + 1, high) if words[position].startswith("[")]
        part = tuple(position for position in range(low + 1, high) if position not in noted)
        names = [words[position].isalpha() for position in part]
        if len(part) == 1 and not names[0]:
            roles["definition value" if where == "definition" else "value", variable] = part
            if where == "step":
                roles["before value", variable] = (low,)
            value = words[part[0]]
        elif len(part) == 3:
            stem = where if names[0] else "substituted"
            for role, position in zip(("left", "operator", "right"), part):
                roles[f"{stem} {role}", variable] = (position,)
            if stem == "substituted":
                roles["step substituted =", variable] = (low,)
            for position in noted:  # `a [3]`: a value right behind its operand
                side = "left" if position < part[1] else "right"
                roles[f"substituted {side}", variable] = (position,)
    return value


def _is_equals(word: str) -> bool:
    """Whether a token is `=`, or a variable's name joined with it."""
    return word.split()[-1] == "="


def _up_to(link: int, positions: tuple[int, ...], words: Sequence[str]) -> tuple[int, ...]:
    """The positions of what stands left of `=` or `needs`: `link` itself where it is joined with a name."""
    return tuple(p for p in positions if p < link or (p == link and " " in words[p]))


def _copy_roles(places: Sequence[Place], words: Sequence[str], roles: dict[tuple[str, str], tuple[int, ...]]) -> None:
    """`copy` of x: its substituted value in the first step after x's own that has x as an operand."""
    stated: set[str] = set()
    for place in places:
        if place.kind != "value" or place.variable in stated:
            continue
        for side in ("left", "right"):
            operand = roles.get((f"step {side}", place.variable), ())
            copied = roles.get((f"substituted {side}", place.variable), ())
            name = words[operand[0]] if operand else ""
            if copied and name in stated:
                roles.setdefault(("copy", name), copied)
                roles.setdefault(("before copy", name), (copied[0] - 1,))
        stated.add(place.variable)
