"""Facts and rules in plain English, as PrOntoQA (Saparov & He 2023), RuleTaker and ProofWriter (Clark et al. 2020,
Tafjord et al. 2021) word them, and as people who reason about them do.

    sentence  = simple { ("and" | "or" | "but" | ",") simple } | "it is not true that" sentence
    simple    = "if" clauses ["then"] clauses | quantified said | clauses | "there is" item that
    quantified= ("each" | "every" | "all" | "any" | "a" | "no" | "some") kind [that] | plural [that]
              | ("everything" | "nothing" | "someone" | ...) [that]
    that      = ("that" | "who" | "which") ("is" | "are") items
    clauses   = subject said { ("and" | "or") ([subject] said | item) }
    said      = ("is" | "are") items | verb object | ("does" | "do") "not" verb object | "can" ["not"] verb [object]
    items     = ["both" | "either" | "neither"] item { ("," | "and" | "or" | "nor") item }
    item      = ["not"] (property | "a" kind)
    kind      = {property [","]} noun
    subject   = Name | number | "the" noun {noun} | someone, something, ... | they, it, ...

"someone" in a condition is for all, and by itself some one; a pronoun goes back to it, and without it to the one
individual that is the subject before. "things" and "people" say nothing about what something is. A kind with
properties is all of them (a prime number is prime and a number). Plurals are told by the singular that the text has. A
verb is the word before its object, with a preposition if one stands there; forms of a verb that differ in their ending
(`eats`, `eat`) are one predicate, named by the first base form in the text, if any.

What can be read in two ways is refused: "and" beside "or", "not" before "or", "the cat" where cats are a kind, a
pronoun after two subjects.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from reasonlab.language.errors import ParseError
from reasonlab.language.formulas import Atom, Connective, Formula, Not, Quantified, atoms, symbol_name
from reasonlab.language.lexer import MAX_CHARACTERS
from reasonlab.language.verbs import base_form, stem

MAX_WORDS = 300
_WORD = re.compile(r"[^\W\d_][\w'’-]*|\d{1,20}(?![\w.])|,")
_CONTRACTED = re.compile(r"\b(is|are|does|do)n['’]t\b", re.IGNORECASE)
_CANNOT = re.compile(r"\bcan(?:['’]t|not)\b", re.IGNORECASE)
_DENIED = re.compile(r"it is (not (?:true|the case)|false) that (.+)", re.IGNORECASE | re.DOTALL)

_ALL = frozenset("everything everyone everybody anything anyone anybody whatever whoever".split())
_SOME = frozenset("someone something somebody".split())
_NONE = frozenset("nothing nobody".split())
_ANYONE = _SOME | frozenset("anyone anything anybody".split())
_PRONOUNS = frozenset("they it he she them him her".split())
_GROUPS = frozenset("things thing people person ones one persons individual individuals".split())
_PLURAL_GROUPS = frozenset("things people persons individuals".split())
_EACH = frozenset("each every all any a an no some".split())
_IS, _DO, _THAT = frozenset({"is", "are"}), frozenset({"does", "do"}), frozenset({"that", "who", "which"})
_ARTICLES = frozenset({"the", "a", "an"})
_JOINS = {"and": "&", "but": "&", "or": "|", "nor": "nor"}
_PREPOSITIONS = frozenset("through to at in on into onto from with over under by near for of after".split())
_OTHER = frozenset(
    "if then not never no also too both either neither only unless except when because since so therefore thus hence "
    "as than there this these those what how why can could may might must will would should has been being be was were "
    "am usually often sometimes always probably maybe i we you my our your his its their true false".split()
)
_AMOUNTS = frozenset(  # "most cats" are not the cats that have a property
    "many most much more less least few fewer several numerous various certain enough half almost nearly quite rather "
    "very just even still hardly barely seldom rarely mostly perhaps other another others such same different former "
    "fake two three four five six seven eight nine ten".split()
)
_RESERVED = frozenset(
    {
        *_SOME,
        *_ALL,
        *_NONE,
        *_PRONOUNS,
        *_EACH,
        *_IS,
        *_DO,
        *_THAT,
        *_ARTICLES,
        *_JOINS,
        *_OTHER,
        *_AMOUNTS,
        ",",
        "have",
    }
)
_IRREGULAR = dict(
    pair.split(":")
    for pair in "men:man women:woman children:child mice:mouse geese:goose feet:foot teeth:tooth oxen:ox lice:louse "
    "cacti:cactus fungi:fungus bacteria:bacterium".split()
)
_ADVERB = re.compile(r"(?!friendly|lovely|lonely|ugly|silly|holy|curly|elderly|early|deadly|lively|chilly|wool).*ly")
_VARIABLE, _HIM = "X", "\0"
_MOST = 4  # words of a kind, or of a name


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a text shows of its words: the name of each verb by its stem, the nouns in the singular, and the names."""

    verbs: Mapping[str, str]
    nouns: frozenset[str]
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class Said:
    """What a sentence says. `named`: whom a pronoun after it would mean; None where that may be several, or nobody."""

    formula: Formula
    named: str | None


@dataclass(slots=True)
class Effort:
    """How many words may still be looked at, again and again where a text can be cut in many places."""

    left: int = 60_000

    def spend(self, words: int) -> None:
        """Raises ParseError once all is spent."""
        self.left -= words
        if self.left < 0:
            raise ParseError("the text takes too long to read")


def vocabulary_of(sentences: Iterable[str], more: Iterable[str] = ()) -> Vocabulary:
    """Verbs show their base form behind "not" or "they", nouns are behind an article, names before "is".

    `more`: sentences that may add to these, but not make a noun of a name or a name of a noun.
    """
    verbs: dict[str, str] = {}
    nouns: set[str] = set()
    names: set[str] = set()
    for shown in map(_shown, sentences):
        for root, verb in shown.verbs.items():
            verbs.setdefault(root, verb)
        nouns |= shown.nouns
        names |= shown.names
    names -= nouns
    for shown in map(_shown, more):
        for root, verb in shown.verbs.items():
            verbs.setdefault(root, verb)
        nouns |= shown.nouns - names
        names |= shown.names - nouns
    return Vocabulary(verbs, frozenset(nouns), frozenset(names))


def _shown(sentence: str) -> Vocabulary:
    """What one sentence shows."""
    try:
        words = _words(sentence.strip().removesuffix("."))
    except ParseError:
        words = []
    small = [word.lower() for word in words]
    verbs = {
        stem(word): word for before, word in pairwise(small) if before in ("not", "they") and word not in _RESERVED
    }
    nouns: set[str] = set()
    for i, word in enumerate(small):
        if word in ("a", "an", "each", "every", "any", "no"):
            end = next((j for j in range(i + 1, len(small)) if small[j] in _RESERVED), len(small))
            if end > i + 1 and (word not in ("any", "no") or small[end : end + 1] == ["is"]):
                nouns.add(small[end - 1])
    named = len(words) > 1 and small[1] == "is" and words[0][:1].isupper() and small[0] not in _RESERVED
    return Vocabulary(verbs, frozenset(nouns - _GROUPS), frozenset(small[:1] if named else ()))


def parse_sentence(
    text: str, vocabulary: Vocabulary, *, named: str | None = None, effort: Effort | None = None
) -> Said:
    """What one sentence says. `named`: whom a pronoun may mean. Raises ParseError outside the grammar."""
    effort = effort if effort is not None else Effort()
    if (denied := _DENIED.fullmatch(text.strip())) and not _DENIED.match(denied[2]):
        inner = parse_sentence(denied[2], vocabulary, named=named, effort=effort)
        return Said(Not(inner.formula), inner.named)
    words = _words(text.strip().removesuffix("."))
    if not words or len(words) > MAX_WORDS:
        raise ParseError("expected a sentence" if not words else f"a sentence of more than {MAX_WORDS} words")
    formula = _Sentence(words, vocabulary, effort).sentence()
    subjects = dict.fromkeys(str(atom.arguments[0]) for atom in atoms(formula) if atom.arguments)
    before = [name for name in subjects if name not in (_HIM, _VARIABLE)]
    if _HIM in {argument for atom in atoms(formula) for argument in atom.arguments}:
        if len(before) > 1:
            raise ParseError("a pronoun may mean more than one of those named")
        named = before[0] if before else named
        if named is None:
            raise ParseError("nobody is named whom the pronoun could mean")
        formula = _with(formula, named)
    return Said(formula, before[0] if len(before) == 1 else named if not before else None)


def _with(formula: Formula, named: str) -> Formula:
    """The formula with the individual that the pronoun means."""
    if isinstance(formula, Atom):
        return Atom(formula.predicate, tuple(named if name == _HIM else name for name in formula.arguments))
    if isinstance(formula, Not):
        return Not(_with(formula.operand, named))
    if isinstance(formula, Quantified):
        return Quantified(formula.quantifier, formula.variable, _with(formula.body, named))
    assert isinstance(formula, Connective)
    return Connective(formula.operator, _with(formula.left, named), _with(formula.right, named))


def singular(word: str, nouns: frozenset[str]) -> str:
    """The noun that `word` is a plural of, or `word` itself."""
    if word in nouns:
        return word
    endings = (("ies", "y"), ("ves", "f"), ("ves", "fe"), ("es", ""), ("s", ""))
    found = [_IRREGULAR.get(word, word)]
    found += [word[: -len(ending)] + mark for ending, mark in endings if word.endswith(ending)]
    return next((each for each in found if each in nouns), word)


def _words(text: str) -> list[str]:
    """Raises ParseError at what no sentence has in it."""
    if len(text) > MAX_CHARACTERS:
        raise ParseError(f"a sentence of {len(text)} characters is over the limit of {MAX_CHARACTERS}")
    plain = _CANNOT.sub("can not", _CONTRACTED.sub(r"\1 not", text))
    words = _WORD.findall(plain)
    if "".join(words) != "".join(plain.split()).removesuffix("."):
        foreign = next(iter(re.sub(r"[^\W_]|[-'’,\s]", "", plain)), None) or plain[:40]
        raise ParseError(f"unexpected {foreign!r}")
    return words


def _joined(formulas: Sequence[Formula], operator: str) -> Formula:
    joined = formulas[0]
    for formula in formulas[1:]:
        joined = Connective(operator, joined, formula)
    return joined


def _show(words: Sequence[str]) -> str:
    return repr(" ".join(words)[:60])


class _Sentence:
    """One sentence, as it is read. `general`: whether someone in it is for all."""

    def __init__(self, words: list[str], vocabulary: Vocabulary, effort: Effort) -> None:
        self.words, self.small = words, [word.lower() for word in words]
        self.vocabulary, self.effort = vocabulary, effort
        self.general = False
        self.between = self.joined = ""  # what joins the clauses of the last simple sentence, of the last clauses
        self.meant: str | None = None  # the noun that "a wumpus" of a condition has introduced
        self.known: dict[int, tuple[Formula, str] | ParseError] = {}

    def sentence(self) -> Formula:
        """Raises ParseError."""
        return self.rest(0)[0]

    def rest(self, start: int) -> tuple[Formula, str]:
        """The sentence that the words from there on are, and what joins its clauses, if anything. Raises ParseError."""
        if start not in self.known:
            try:
                self.known[start] = self._rest(start)
            except ParseError as error:
                self.known[start] = error
        found = self.known[start]
        if isinstance(found, ParseError):
            raise found
        return found

    def _rest(self, start: int) -> tuple[Formula, str]:
        """A simple one, else the first place where two meet."""
        try:
            return self.simple(self.words[start:]), self.between
        except ParseError as error:
            first = error
        for at in range(start + 1, len(self.words) - 1):
            word, after = self.small[at], self.small[at + 1]
            if word not in ("and", "or", "but", ",") or (word == "," and after in _JOINS):
                continue
            if self.small[start] == "if" and after != "if":
                continue
            try:
                left = self.simple(self.words[start : at - (self.small[at - 1] == ",")])
                before = self.between
                right, joined = self.rest(at + 1)
            except ParseError:
                continue
            operator = _JOINS.get(word, joined)
            if not operator or not {before, joined} <= {"", operator}:
                raise ParseError("expected one of 'and' and 'or' between clauses")
            return Connective(operator, left, right), operator
        raise first

    def simple(self, words: list[str]) -> Formula:
        self.effort.spend(len(words))
        self.general, self.meant, self.between = False, None, ""
        small = [word.lower() for word in words]
        if not small:
            raise ParseError("expected a statement")
        if small[0] == "if":
            return self.conditional(words[1:], small[1:])
        if small[:2] in (["there", "is"], ["there", "are"]):
            return self.existing(words[2:])
        if small[:2] == ["no", "one"]:
            words, small = ["nobody", *words[2:]], ["nobody", *small[2:]]
        if small[0] in _EACH | _ALL | _SOME | _NONE or self.is_plural(small):
            return self.quantified(words, small)
        said = self.clauses(words)
        self.between = self.joined
        return said

    def is_plural(self, small: list[str]) -> bool:
        """Whether the subject is a kind in the plural: "Red, cold things are round"."""
        verb = next((i for i, word in enumerate(small) if word in _IS | _DO or word == "can"), len(small))
        if small[0] in _PRONOUNS | {"the"} or verb == 0:
            return False
        if small[verb : verb + 1] == ["can"] and self.plural(small[verb - 1]):
            return True
        if verb == len(small) or small[verb] == "can":
            return any(word in _PLURAL_GROUPS for word in small[:verb])
        return small[verb] in ("are", "do")

    def plural(self, word: str) -> bool:
        """Whether it is the plural of a noun of the text."""
        return singular(word, self.vocabulary.nouns) != word

    def conditional(self, words: list[str], small: list[str]) -> Formula:
        if "then" in small:
            places = [small.index("then")]
        else:
            places = [i for i, word in enumerate(small) if word == ","]
        reason = ParseError("expected 'then' after 'if'")
        for at in places:
            end = at - (small[at - 1 : at] == [","] and small[at] == "then")
            self.general = any(word in _ANYONE for word in small)
            if sum(word in _ANYONE for word in small) > 1:
                raise ParseError("more than one 'someone' or 'something' in one condition")
            self.meant = None
            try:
                body = self.clauses(words[:end], condition=True)
                head = self.clauses(words[at + 1 :])
            except ParseError as error:
                reason = error
                continue
            return self.closed(Connective("->", body, head))
        raise reason

    def closed(self, formula: Formula) -> Formula:
        return Quantified("forall", _VARIABLE, formula) if self.general else formula

    def existing(self, words: list[str]) -> Formula:
        """ "There is a wumpus that is red"."""
        small = [word.lower() for word in words]
        at = next((i for i, word in enumerate(small) if word in _THAT), len(words))
        found = [self.item(words[:at], _VARIABLE, plural=False)]
        if at < len(words):
            found.append(self.that(words[at:]))
        return Quantified("exists", _VARIABLE, _joined(found, "&"))

    def quantified(self, words: list[str], small: list[str]) -> Formula:
        """ "Every shy wumpus that is red is not a yumpus"."""
        self.general = True
        first = small[0]
        verb = self.main_verb(small)
        at = next((i for i in range(verb) if small[i] in _THAT), verb)
        body: list[Formula] = []
        if first in _EACH or first not in _ALL | _SOME | _NONE:
            body += self.kind(
                words[first in _EACH : at], plural=small[verb] != "is" and first not in ("a", "an", "each", "every")
            )
        elif at > 1:
            raise ParseError(f"expected 'that is ...' after {first!r}, found {_show(words[1:at])}")
        if at < verb:
            if first in _SOME:
                raise ParseError(f"{first!r} may be some one or anyone")
            body.append(self.that(words[at:verb]))
        said = self.clauses(words[verb:], subject=_VARIABLE, alone=True)
        if first in _SOME or first == "some":
            return Quantified("exists", _VARIABLE, _joined([*body, said], "&"))
        if first in _NONE or first == "no":
            if small[verb] not in _IS or "not" in small[verb:]:
                raise ParseError(f"expected what {first!r} {small[verb]}, without 'not'")
            said = Not(said)
        if not body and first not in _ALL | _NONE:
            raise ParseError("expected a property before 'things' or 'people'")
        return self.closed(Connective("->", _joined(body, "&"), said) if body else said)

    def main_verb(self, small: list[str]) -> int:
        """Where what is said of a quantified subject begins: behind its "that is ..."."""
        verbs = [
            i
            for i, word in enumerate(small)
            if i and (word in _IS | _DO or word == "can") and small[i - 1] not in _THAT | {"and", "or", ",", "but"}
        ]
        relative = any(word in _THAT for word in small)
        if verbs:
            return verbs[-1] if relative else verbs[0]
        group = next((i for i, word in enumerate(small) if word in _GROUPS | _ALL | _SOME), None)
        if group is None or group + 1 >= len(small) or relative:
            raise ParseError(f"expected 'is' or 'are' in {_show(small)}")
        return group + 1

    def that(self, words: list[str]) -> Formula:
        """What "that is red and big" says of the variable."""
        if len(words) < 3:
            raise ParseError(f"expected 'that is ...', found {_show(words)}")
        return self.clauses(words[1:], subject=_VARIABLE, alone=True)

    def kind(self, words: list[str], *, plural: bool, subject: str = _VARIABLE) -> list[Formula]:
        """The properties and the noun of a kind; none for "things"."""
        small = [word.lower() for word in words]
        *properties, noun = small or [""]
        said: list[Formula] = []
        for before, word in zip(["", *properties], properties):
            if word in (",", "and"):
                if before in ("", ",", "and") and (before, word) != (",", "and"):
                    raise ParseError(f"expected a property in {_show(words)}")
                continue
            if word in _RESERVED or _ADVERB.fullmatch(word) or (plural and self.plural(word)) or not word[0].isalpha():
                raise ParseError(f"expected a property, found {word!r}")
            said.append(self.atom(word, subject))
        if (
            not noun[:1].isalpha()
            or noun in _RESERVED
            or len(said) >= _MOST
            or (properties and properties[-1] in (",", "and"))
        ):
            raise ParseError(f"expected a kind, found {_show(words)}")
        if noun not in _GROUPS:
            said.append(self.atom(singular(noun, self.vocabulary.nouns), subject))
        return said

    def atom(self, word: str, *arguments: str) -> Atom:
        return Atom(symbol_name(word, individual=False), arguments)

    # Clauses: who, and what is said of them.

    def clauses(
        self, words: list[str], *, subject: str | None = None, condition: bool = False, alone: bool = False
    ) -> Formula:
        """What clauses say that are joined; one without a subject is about that of the clause before.

        `condition`: whether "a wumpus" as a subject is any. `alone`: whether all are about the subject.
        """
        groups: list[tuple[str, list[tuple[str, Formula]]]] = []  # how a clause is joined, and what it lists
        items = plural = neither = False  # whether properties may go on
        for join, part in _parts(words):
            small = [word.lower() for word in part]
            who, verb = self.verb(part, small)
            if verb is None:
                if subject is None or not items:
                    raise ParseError(f"expected somebody and what is said of them, found {_show(part)}")
                groups[-1][1].append((join, self.item(part, subject, plural=plural, negated=neither)))
                continue
            if who and alone and small[0] not in _PRONOUNS:
                raise ParseError(f"expected more of the same subject, found {_show(part)}")
            if who or subject is None:
                subject, extra = self.subject(part[:who], condition)
                groups.append((join, [("", each) for each in extra]))
            elif not groups:
                groups.append((join, []))
            rest = part[verb:]
            plural = small[verb] == "are"
            items = small[verb] in _IS
            neither = small[verb + 1 : verb + 2] == ["neither"]
            if neither and not any(join == "nor" for join, _ in _parts(words)):
                raise ParseError("expected 'nor' after 'neither'")
            listed = "&" if groups[-1][1] and not join else join
            groups[-1][1].append((listed, self.said(rest, subject)))
        said = [_together(found, "in a list") for _, found in groups]
        self.joined = next((join for join, _ in reversed(groups[1:]) if join in ("&", "|")), "")
        return _together([(join, each) for (join, _), each in zip(groups, said)], "between clauses")

    def verb(self, words: list[str], small: list[str]) -> tuple[int, int | None]:
        """Where the subject of a clause ends, and where its verb stands; None where it only goes on listing."""
        at = next((i for i, word in enumerate(small) if word in _IS | _DO or word == "can"), None)
        if at is not None:
            return at, at
        if len(words) < 2 or small[0] in ("not", "a", "an", "both", "either", "neither"):
            return 0, None
        place = self.object(words, small)
        if place is None:
            return 0, None
        verb = place - 1 - (place > 1 and small[place - 1] in _PREPOSITIONS)
        if verb < 0 or small[verb] in _RESERVED - {"has", "have"} or not words[verb][:1].islower():
            return 0, None
        return verb, verb

    def object(self, words: list[str], small: list[str]) -> int | None:
        """Where the object of a verb begins: at its "the", or the name or pronoun at the end."""
        for i in range(len(words) - 1, 0, -1):
            if small[i] == "the":
                return i
        if small[-1] in _PRONOUNS | _ANYONE:
            return len(words) - 1
        start = len(words)
        while start > 1 and words[start - 1][:1].isupper():
            start -= 1
        return start if start < len(words) else None

    def subject(self, words: list[str], condition: bool) -> tuple[str, list[Formula]]:
        """Who a clause is about, and what its subject says of them."""
        small = [word.lower() for word in words]
        if condition and small[:1] in (["a"], ["an"]):
            said = self.kind(words[1:], plural=False)
            if self.meant not in (None, small[-1]):
                raise ParseError(f"{small[-1]!r} and {self.meant!r} in one condition")
            self.general, self.meant = True, small[-1]
            return _VARIABLE, said
        return self.individual(words), []

    def said(self, words: list[str], subject: str) -> Formula:
        """What a verb and what follows it say."""
        first, rest = words[0].lower(), words[1:]
        negated = bool(rest) and rest[0].lower() == "not"
        if first in _IS:
            return self.item(rest, subject, plural=first == "are")
        if first in _DO:
            if not negated:
                raise ParseError(f"expected 'not' after {first!r}")
            return Not(self.relation(rest[1:], subject, base=True))
        if first == "can":
            able = self.ability(rest[negated:], subject)
            return Not(able) if negated else able
        return self.relation(words, subject, base=subject == _VARIABLE)

    def item(self, words: list[str], subject: str, *, plural: bool, negated: bool = False) -> Formula:
        """One property or kind, or its negation."""
        rest = list(words)
        while rest and rest[0].lower() in ("also", "both", "either", "neither", "too"):
            negated = negated or rest[0].lower() == "neither"
            rest = rest[1:]
        if rest and rest[0].lower() in ("not", "never"):
            if negated:
                raise ParseError(f"expected one 'not' in {_show(words)}")
            negated, rest = True, rest[1:]
        article = bool(rest) and rest[0].lower() in ("a", "an")
        rest = rest[article:]
        if (
            len(rest) > 1
            and not article
            and not (plural and singular(rest[-1].lower(), self.vocabulary.nouns) in self.vocabulary.nouns)
        ):
            raise ParseError(f"expected one property, found {_show(words)}")
        if not rest or any(word.lower() in _RESERVED for word in rest):
            raise ParseError(f"expected one property, found {_show(words)}")
        said = self.kind(rest, plural=plural, subject=subject)
        if not said:
            raise ParseError(f"{_show(words)} says nothing of anyone")
        formula = _joined(said, "&")
        return Not(formula) if negated else formula

    def relation(self, words: list[str], subject: str, *, base: bool) -> Formula:
        small = [word.lower() for word in words]
        size = 2 if len(small) > 2 and small[1] in _PREPOSITIONS else 1
        if len(words) <= size:
            raise ParseError(f"expected a verb and its object, found {_show(words)}")
        name = " ".join((self.base(small[0], base), *small[1:size]))
        return self.atom(name, subject, self.individual(words[size:]))

    def base(self, verb: str, base: bool) -> str:
        if verb in ("has", "have"):
            return "have"
        if verb in _RESERVED:
            raise ParseError(f"expected a verb, found {verb!r}")
        return self.vocabulary.verbs.get(stem(verb)) or (verb if base and not verb.endswith("s") else base_form(verb))

    def ability(self, words: list[str], subject: str) -> Formula:
        """ "can fly", "can see the cat"."""
        if len(words) == 1 and words[0].lower() not in _RESERVED:
            return self.atom(f"can {words[0].lower()}", subject)
        relation = self.relation(words, subject, base=True)
        assert isinstance(relation, Atom)
        return self.atom(f"can {relation.predicate}".replace("'", ""), *map(str, relation.arguments))

    def individual(self, words: list[str]) -> str:
        small = [word.lower() for word in words]
        if len(words) == 1 and small[0] in _ANYONE:
            if not self.general:
                raise ParseError(f"{words[0]!r} is nobody by itself")
            return _VARIABLE
        if len(words) == 1 and small[0] in _PRONOUNS:
            return _VARIABLE if self.general else _HIM
        bare = small[1:] if small[:1] == ["the"] else small
        named = (
            bare is not small
            or all(word[:1].isupper() or word.isdigit() for word in words)
            or (len(words) == 1 and small[0] in self.vocabulary.names)
        )
        if not bare or len(bare) > _MOST or not named or not _RESERVED.isdisjoint(bare):
            raise ParseError(f"expected a name, found {_show(words)}")
        if bare is not small and self.meant == bare[-1]:
            return _VARIABLE
        if singular(bare[-1], self.vocabulary.nouns) in self.vocabulary.nouns:
            raise ParseError(f"{_show(words)} may be one {bare[-1]} or the kind")
        return symbol_name(" ".join(bare), individual=True)


def _parts(words: list[str]) -> list[tuple[str, list[str]]]:
    """The pieces between "and", "or" and commas, each with what joins it to the one before."""
    pieces: list[tuple[str, list[str]]] = [("", [])]
    for word in words:
        small = word.lower()
        if small not in _JOINS and small != ",":
            pieces[-1][1].append(word)
        elif not pieces[-1][1] and pieces[-1][0] == "," and small in _JOINS:  # ", and"
            pieces[-1] = (_JOINS[small], [])
        else:
            pieces.append((_JOINS.get(small, ","), []))
    if any(not piece for _, piece in pieces):
        raise ParseError("expected something between 'and' or commas")
    return pieces


def _together(found: Sequence[tuple[str, Formula]], where: str) -> Formula:
    """Formulas joined; a comma joins as the "and" or "or" that ends the list."""
    joins = {join for join, _ in found[1:] if join not in ("", ",")}
    if len(found) > 1 and len(joins) != 1:
        raise ParseError(f"expected one of 'and' and 'or' {where}")
    said = [formula for _, formula in found]
    denied = [isinstance(formula, Not) for formula in said]
    if joins == {"nor"}:
        if not all(denied):
            raise ParseError("expected 'neither' before 'nor'")
        return _joined(said, "&")
    if joins == {"|"} and isinstance(said[0], Not) and not all(denied):
        raise ParseError("'not' before 'or' can be read in two ways")
    return _joined(said, next(iter(joins), "&"))
