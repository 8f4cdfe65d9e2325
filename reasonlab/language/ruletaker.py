"""The controlled English of RuleTaker (Clark et al. 2020, arXiv 2002.05867) and ProofWriter: facts and rules about
individuals, in which everything has a property or does something to another.

    fact    = subject predicate                        "The cat eats the squirrel." "Bob is not cold."
    rule    = "if" clause { "and" clause } "then" clause { "and" clause }
            | ["all"] property { ("," | "and") property } ("things" | "people") "are" predicate
    clause  = [subject] predicate                      "someone is cold and they are not rough", "it is cold and red"
    subject = name | "the" noun {noun} | someone, something, ... | they, it, ...
    predicate = ("is" | "are") ["not"] property { "and" ["not"] property }
              | verb object | ("does" | "do") "not" verb object

"someone" is for all; a pronoun goes back to it, and without it to the first individual named. "things" and "people" say
nothing about what something is. A verb is the word before its object, told by the object's "the" or capital; forms of a
verb that differ in their ending (`eats`, `eat`) are one predicate, named by the first base form in the text, if any.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from reasonlab.language.errors import ParseError
from reasonlab.language.formulas import Atom, Connective, Formula, Literal, Not, Quantified, symbol_name
from reasonlab.language.lexer import MAX_CHARACTERS, MAX_TOKENS
from reasonlab.language.verbs import base_form, stem

_WORD = re.compile(r"[^\W\d_][\w'’-]*|,")
_ANYONE = frozenset("someone something somebody anyone anything anybody everyone everything everybody".split())
_PRONOUNS = frozenset("they it he she them him her".split())
_GROUPS = frozenset("things people ones persons individuals".split())
_IS, _DO, _ARTICLES = frozenset({"is", "are"}), frozenset({"does", "do"}), frozenset({"the", "a", "an"})
_CONTRACTED = re.compile(r"\b(is|are|does|do)n['’]t\b", re.IGNORECASE)
_VARIABLE = "X"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """`verbs`: the name of each verb, by its stem."""

    verbs: Mapping[str, str]


def vocabulary_of(sentences: Iterable[str]) -> Vocabulary:
    """The verbs whose base form a text shows: behind "not", or behind "they"."""
    found: dict[str, str] = {}
    for sentence in sentences:
        try:
            words = _words(sentence)
        except ParseError:
            continue
        for before, word in pairwise(words):
            if before.lower() in ("not", "they") and word.lower() not in _IS | _DO:
                found.setdefault(stem(word.lower()), word.lower())
    return Vocabulary(found)


def parse_ruletaker(text: str, vocabulary: Vocabulary) -> Formula:
    """The formula of one sentence. Raises ParseError outside the grammar."""
    words = _words(text.strip().removesuffix("."))
    if not words or len(words) > MAX_TOKENS:
        raise ParseError("expected a sentence" if not words else "the sentence is too long")
    return _Sentence(words, vocabulary).formula()


def _words(text: str) -> list[str]:
    """Raises ParseError at what no sentence has in it."""
    if len(text) > MAX_CHARACTERS:
        raise ParseError(f"a sentence of {len(text)} characters is over the limit of {MAX_CHARACTERS}")
    plain = _CONTRACTED.sub(r"\1 not", text)
    words = _WORD.findall(plain)
    if "".join(words) != "".join(plain.split()).removesuffix("."):
        foreign = next(iter(re.sub(r"[\w'’,\s-]", "", plain)), None) or plain[:40]
        raise ParseError(f"unexpected {foreign!r}")
    return words


class _Sentence:
    """One sentence, as it is read: who the pronouns in it mean."""

    def __init__(self, words: list[str], vocabulary: Vocabulary) -> None:
        self.words, self.vocabulary = words, vocabulary
        self.general = any(word.lower() in _ANYONE for word in words)
        self.named: str | None = None  # the first individual

    def formula(self) -> Formula:
        small = [word.lower() for word in self.words]
        if small[0] == "if":
            if "then" not in small:
                raise ParseError("expected 'then' after 'if'")
            at = small.index("then")
            body, head = self.clauses(self.words[1:at]), self.clauses(self.words[at + 1 :])
            return self.closed(Connective("->", _together(body), _together(head)))
        group = next((i for i, word in enumerate(small) if word in _GROUPS), None)
        if group is not None and small[group + 1 : group + 2] == ["are"]:
            self.general = True
            body = [self.property(word) for word in self.listed(self.words[small[0] == "all" : group])]
            head = self.predicate(self.words[group + 1 :], _VARIABLE)
            return self.closed(Connective("->", _together(body), _together(head)))
        return self.closed(_together(self.clauses(self.words)))

    def closed(self, formula: Formula) -> Formula:
        return Quantified("forall", _VARIABLE, formula) if self.general else formula

    def property(self, word: str) -> Literal:
        return Atom(symbol_name(word.lower(), individual=False), (_VARIABLE,))

    def listed(self, words: list[str]) -> list[str]:
        found = [word for word in words if word != "," and word.lower() != "and"]
        if not found:
            raise ParseError("expected a property before 'things' or 'people'")
        return found

    def clauses(self, words: list[str]) -> list[Literal]:
        """The literals of clauses joined by "and"; one without a subject is about that of the clause before."""
        found: list[Literal] = []
        subject: str | None = None
        for part in _split(words):
            verb = self.verb(part)
            if verb == 0:  # "someone is cold and not rough"
                if subject is None:
                    raise ParseError(f"expected somebody and what is said of them, found {' '.join(part)[:60]!r}")
                found += self.properties(part, subject)
                continue
            subject = self.individual(part[:verb])
            found += self.predicate(part[verb:], subject)
        return found

    def verb(self, words: list[str]) -> int:
        """Where the verb of a clause stands; 0 for a clause that only goes on listing properties."""
        if not words:
            raise ParseError("expected a statement")
        small = [word.lower() for word in words]
        at = next((i for i, word in enumerate(small) if word in _IS | _DO), None)
        if at is not None:
            if at == 0:
                raise ParseError(f"expected who or what {' '.join(words)[:60]!r} is about")
            return at
        if len(words) == 1 or small[0] == "not":
            return 0
        for i in range(len(words) - 1, 0, -1):  # the object begins at its article, or is one word
            if small[i] in _ARTICLES:
                return max(i - 1, 0)
        return max(len(words) - 2, 0)

    def predicate(self, words: list[str], subject: str) -> list[Literal]:
        first, rest = words[0].lower(), words[1:]
        negated = bool(rest) and rest[0].lower() == "not"
        if first in _IS:
            return self.properties(rest, subject)
        if first in _DO:
            if not negated:
                raise ParseError(f"expected 'not' after {first!r}")
            return [Not(self.relation(rest[1:], subject, base=True))]
        return [self.relation(words, subject, base=subject == _VARIABLE)]

    def properties(self, words: list[str], subject: str) -> list[Literal]:
        found: list[Literal] = []
        for part in _split(words):
            negated = bool(part) and part[0].lower() == "not"
            rest = part[negated:]
            rest = rest[rest[:1] != [] and rest[0].lower() in ("a", "an") :]
            if len(rest) != 1 or rest[0].lower() in _ARTICLES | _IS | _DO:
                raise ParseError(f"expected one property, found {' '.join(part)[:60]!r}")
            atom = Atom(symbol_name(rest[0].lower(), individual=False), (subject,))
            found.append(Not(atom) if negated else atom)
        return found

    def relation(self, words: list[str], subject: str, *, base: bool) -> Atom:
        if len(words) < 2:
            raise ParseError(f"expected a verb and its object, found {' '.join(words)[:60]!r}")
        verb = words[0].lower()
        name = self.vocabulary.verbs.get(stem(verb)) or (verb if base and not verb.endswith("s") else base_form(verb))
        return Atom(symbol_name(name, individual=False), (subject, self.individual(words[1:])))

    def individual(self, words: list[str]) -> str:
        small = [word.lower() for word in words]
        if len(words) == 1 and small[0] in _ANYONE:
            return _VARIABLE
        if len(words) == 1 and small[0] in _PRONOUNS:
            if self.general:
                return _VARIABLE
            if self.named is None:
                raise ParseError(f"nobody is named whom {words[0]!r} could mean")
            return self.named
        bare = words[1:] if small[:1] == ["the"] else words
        reserved = _IS | _DO | _ARTICLES | _ANYONE | _PRONOUNS | {"if", "then", "all", "and", "not", ","}
        if not bare or any(word.lower() in reserved for word in bare) or (bare is words and len(words) > 1):
            raise ParseError(f"expected a name, found {' '.join(words)[:60]!r}")
        name = symbol_name(" ".join(word.lower() for word in bare), individual=True)
        self.named = self.named or name
        return name


def _split(words: list[str]) -> list[list[str]]:
    """The pieces between "and" and commas."""
    pieces: list[list[str]] = [[]]
    for word in words:
        if word == "," or word.lower() == "and":
            pieces.append([])
        else:
            pieces[-1].append(word)
    if any(not piece for piece in pieces):
        raise ParseError("expected something between 'and' or commas")
    return pieces


def _together(literals: list[Literal]) -> Formula:
    joined: Formula = literals[0]
    for literal in literals[1:]:
        joined = Connective("&", joined, literal)
    return joined
