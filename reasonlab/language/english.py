"""Controlled English for deduction: sentences about kinds and properties, one reading each.

    fact  = name "is" ["not"] ["a"|"an"] word
    rule  = ("every"|"each"|"all"|"everything") ... "is" ...     "every dax that is red is not a blick"; "Daxes are red"
    plan  = fact "needs" fact { "and" fact }

`parse_sentence(render_sentence(c, nouns)) == c` for the claims that have a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from itertools import pairwise

from reasonlab.language.claims import Claim, Needs
from reasonlab.language.errors import ParseError
from reasonlab.language.formulas import Atom, Formula, Literal, Not, Rule, as_rule, atom_of, is_variable
from reasonlab.language.lexer import MAX_TOKENS, RESERVED
from reasonlab.language.terms import Symbol

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_DETERMINERS = ("every", "each", "all")
_FUNCTION_WORDS = frozenset(
    {
        "is",
        "are",
        "not",
        "a",
        "an",
        "the",
        "that",
        "every",
        "each",
        "all",
        "everything",
        "something",
        "nothing",
        "anything",
        "nobody",
        "somebody",
        "everybody",
        "anybody",
        "someone",
        "everyone",
        "anyone",
        "no",
        "some",
        "any",
        "none",
        "he",
        "she",
        "it",
        "they",
        "who",
        "which",
        "there",
        "this",
        "these",
        "those",
        *RESERVED,
    }
)
_VARIABLE = "X"


def render_sentence(claim: Claim, nouns: Collection[str]) -> str:
    """The sentence for a literal, a one-variable rule or a plan step; `nouns` take the article. Raises ValueError."""
    if isinstance(claim, Needs):
        target, *sources = (_fact(item, nouns) for item in (claim.target, *claim.sources))
        return f"{target} needs {' and '.join(sources)}"
    if isinstance(claim, (Atom, Not)):
        return _fact(claim, nouns)
    rule = as_rule(claim) if not isinstance(claim, Symbol) else None  # type: ignore[arg-type]
    if rule is None:
        raise ValueError(f"no sentence for {claim}")
    first, *others = rule.body
    if isinstance(first, Atom) and first.predicate in nouns:
        subject = f"every {first.predicate}"
    else:
        subject, others = "everything", list(rule.body)
    that = " and".join(f" that is {_predicate(literal, nouns)}" for literal in others)
    return f"{subject}{that} is {_predicate(rule.head, nouns)}"


def _fact(item: object, nouns: Collection[str]) -> str:
    if not isinstance(item, (Atom, Not)) or len(atom_of(item).arguments) != 1:
        raise ValueError(f"no sentence for {item}")
    return f"{atom_of(item).arguments[0]} is {_predicate(item, nouns)}"


def _predicate(literal: Literal, nouns: Collection[str]) -> str:
    word = atom_of(literal).predicate
    return ("not " if isinstance(literal, Not) else "") + ("a " if word in nouns else "") + word


def parse_sentence(text: str, nouns: Collection[str] = ()) -> Claim:
    """The claim of one sentence. `nouns` (singular) lets plurals be read: "Daxes are bleens".

    Raises ParseError outside the grammar.
    """
    words = _words(text)
    if "needs" in words:
        at = words.index("needs")
        facts = [_parse_fact(part) for part in [words[:at], *_split(words[at + 1 :], "and")]]
        return Needs(facts[0], tuple(facts[1:]))
    if words[0] in (*_DETERMINERS, "everything") or (len(words) > 1 and words[1] == "are"):
        return _parse_rule(words, nouns)
    return _parse_fact(words)


def _words(text: str) -> list[str]:
    words = text.strip().removesuffix(".").split()
    if not words or len(words) > MAX_TOKENS:
        raise ParseError("expected a sentence of one word or more" if not words else "the sentence is too long")
    for word in words:
        if not _WORD.fullmatch(word):
            raise ParseError(f"unexpected word {word[:40]!r}", text.find(word))
    return [word.lower() for word in words]


def _split(words: list[str], separator: str) -> Iterable[list[str]]:
    part: list[str] = []
    for word in words:
        if word == separator:
            yield part
            part = []
        else:
            part.append(word)
    yield part


def _parse_fact(words: list[str]) -> Literal:
    if len(words) < 3 or words[1] != "is" or words[0] in _FUNCTION_WORDS:
        raise ParseError(f"expected 'NAME is ...', found {' '.join(words)[:60]!r}")
    return _parse_predicate(words[2:], words[0], ())


def _parse_predicate(words: list[str], argument: str, nouns: Collection[str]) -> Literal:
    rest = words[1:] if words[:1] == ["not"] else words
    literal_words = rest[1:] if rest[:1] in (["a"], ["an"]) else rest
    if len(literal_words) != 1 or literal_words[0] in _FUNCTION_WORDS:
        raise ParseError(f"expected one kind or property, found {' '.join(words)[:60]!r}")
    atom = Atom(singular(literal_words[0], nouns), (argument,))
    return Not(atom) if len(rest) < len(words) else atom


def _parse_rule(words: list[str], nouns: Collection[str]) -> Formula:
    verb = max((i for i, word in enumerate(words) if word in ("is", "are")), default=0)
    if verb == 0:
        raise ParseError(f"expected 'is' or 'are' in {' '.join(words)[:60]!r}")
    subject, predicate = words[:verb], words[verb + 1 :]
    body: list[Literal] = []
    if subject[0] != "everything":
        subject = subject[1:] if subject[0] in _DETERMINERS else subject
        if not subject or subject[0] in _FUNCTION_WORDS:
            raise ParseError(f"expected a kind in {' '.join(words)[:60]!r}")
        body.append(Atom(singular(subject[0], nouns), (_VARIABLE,)))
    for condition in _split(subject[1:], "and") if subject[1:] else ():
        if condition[:2] not in (["that", "is"], ["that", "are"]):
            raise ParseError(f"expected 'that is ...', found {' '.join(condition)[:60]!r}")
        body.append(_parse_predicate(condition[2:], _VARIABLE, nouns))
    if not body:
        raise ParseError("a rule about everything needs a condition")
    return Rule(tuple(body), _parse_predicate(predicate, _VARIABLE, nouns)).formula()


def singular(word: str, nouns: Collection[str]) -> str:
    """The noun that `word` is a plural of, or `word` itself."""
    for ending in ("es", "s"):
        if word.endswith(ending) and word not in nouns and word[: -len(ending)] in nouns:
            return word[: -len(ending)]
    return word


def nouns_of(sentences: Iterable[str]) -> frozenset[str]:
    """The nouns that a text shows to be nouns, by their article or by a determiner before them."""
    found: set[str] = set()
    for sentence in sentences:
        words = sentence.strip().removesuffix(".").lower().split()
        found.update(after for before, after in pairwise(words) if before in ("a", "an", "every", "each"))
    return frozenset(found)


def individual(name: str) -> str:
    """A proper name as an individual: in lower case, since a capital marks a variable."""
    return name.lower() if is_variable(name) else name
