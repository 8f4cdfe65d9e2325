"""Formulas as people write them: unicode, ASCII, LaTeX and words, read into the strict language of `formulas`.

| means          | is written                                                           |
|----------------|----------------------------------------------------------------------|
| is, is not     | =  ==    ≠  !=  \\neq  \\ne                                            |
| for all        | ∀x  (∀x)  forall x  for all x  all x  \\forall x  ![X]:               |
| there is       | ∃x  (∃x)  exists x  there exists x  some x  \\exists x  ?[X]:         |
| not            | ¬  ~  ∼  !  -  not  \\neg  \\lnot                                         |
| and            | ∧  &  &&  /\\  and  \\land  \\wedge                                     |
| either or      | ⊕  ⊻  ^  <~>  xor  \\oplus                                            |
| or             | ∨  |  ||  \\/  v  or  \\lor  \\vee                                      |
| implies        | →  ⇒  ⊃  ->  =>  -->  ==>  implies  \\to  \\rightarrow  \\implies       |
| if and only if | ↔  ⇔  ≡  <->  <=>  <-->  <==>  iff  \\leftrightarrow  \\iff           |

The table goes from what binds tightest to what binds loosest. Equal signs group to the left, → to the right. `a ⊕ b` is
read as `~(a <-> b)`; so of `a ⊕ b ⊕ c` an odd number holds. Words may be in capitals; square brackets are round ones.

How far a quantifier reaches: with "." or ":" behind its variables as far right as possible; without, over the next unit
(`∀x P(x) → Q` is `(∀x P(x)) → Q`), except where one of its variables stands free further right inside the same
brackets: then as far right as possible, which is the only reading that makes a statement.

Names: what a quantifier binds is a variable, whatever its case; an unbound name is an individual, unless it looks like
a variable (u to z, maybe with a number), which is refused. A name is made of letters of any script, digits and "_",
with "-" and "'" between those; as an argument also with "." and "+" (`mrs.smith`, `c++`); anything else is in single
quotes, single, double or curled. Spellings are kept: `Drinks(Mark)` is read as `Drinks('Mark')`.

Around a formula `$...$`, `\\left`, `\\right` and the spaces of LaTeX mean nothing, and of TPTP's
`fof(name, role, formula).` the formula is read. In `∀xP(x)` and `∀xPerson(x)` the variable is x.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from reasonlab.language.errors import ParseError
from reasonlab.language.formulas import (
    Apply,
    Argument,
    Atom,
    Connective,
    Formula,
    Identity,
    Not,
    Quantified,
    is_variable,
    render_formula,
    symbol_name,
)
from reasonlab.language.lexer import MAX_CHARACTERS, MAX_DEPTH, MAX_TOKENS
from reasonlab.language.signature import Signature

_SIGNS: dict[str, tuple[str, ...]] = {
    "<->": ("↔", "⇔", "≡", "⟷", "⟺", "<->", "<=>", "<-->", "<==>", "\\leftrightarrow", "\\Leftrightarrow", "\\iff"),
    "->": ("→", "⇒", "⊃", "⟶", "⟹", "->", "=>", "-->", "==>", "\\to", "\\rightarrow", "\\Rightarrow", "\\implies"),
    "|": ("∨", "|", "||", "\\/", "\\lor", "\\vee"),
    "xor": ("⊕", "⊻", "^", "<~>", "\\oplus"),
    "&": ("∧", "&", "&&", "/\\", "\\land", "\\wedge"),
    "~": ("¬", "~", "∼", "˜", "!", "-", "\\neg", "\\lnot"),
    "!=": ("≠", "!=", "\\neq", "\\ne"),
    "=": ("=", "=="),
    "(": ("(", "[", "{"),
    ")": (")", "]", "}"),
    ",": (",",),
    ".": (".",),
}
_LEVELS = ("<->", "->", "|", "xor", "&")  # from the loosest to the tightest
_WORDS = {"iff": "<->", "implies": "->", "or": "|", "v": "|", "xor": "xor", "and": "&"}
_NOT = {"not": "~"}
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_MEANING = {sign: meaning for meaning, signs in _SIGNS.items() for sign in signs}
_PUNCTUATION = sorted((sign for sign in _MEANING if not sign[-1].isalpha()), key=lambda sign: -len(sign))
_SIGN = re.compile(r"\\[A-Za-z]+|" + "|".join(map(re.escape, _PUNCTUATION)))  # a name of LaTeX, else the longest
_QUANTIFIER = re.compile(
    r"""(?P<bracket>\(\s*(?=(?:∀|∃|\\forall|\\exists)\s*[\w\s,]+\)))?
        (?: (?P<forall>∀|\\forall(?![A-Za-z])|!(?=\s*\[)
              |(?:[Ff]or\s+(?:all|every|each|any)|FOR\s+ALL|forall|FORALL|[Aa]ll|ALL)(?=\s+\w))
          | (∃|\\exists(?![A-Za-z])|\?(?=\s*\[)
              |(?:[Tt]here\s+(?:exists|is)|[Ee]xists|EXISTS|[Ss]ome|SOME)(?=\s+\w)) )\s*""",
    re.VERBOSE,
)
_VARIABLES = r"[^\W\d]\w*+(?:\s*,\s*[^\W\d]\w*+)*+"
_FAR = re.compile(rf"\[\s*({_VARIABLES})\s*\]\s*:|([^\W\d]\w*+(?:(?:\s*,\s*|\s+)[^\W\d]\w*+)*+)\s*[.:]")
_LETTER = r"[a-z][0-9]{0,2}"
_GLUED = re.compile(rf"{_LETTER}(?=[A-Z]\w*\s*\()")  # the x of ∀xP(x)
_NEAR = re.compile(  # `x, y`, and `x y`, where what follows is not what is said of them
    rf"[^\W\d]\w*+(?:\s*,\s*(?:{_LETTER}|[^\W\d]\w*+(?!\())(?!\w)|\s+(?!v\b){_LETTER}(?=\s+[\w([{{∀∃¬~\\]))*+"
)
_THEN = re.compile(r"\s*,\s*|,?\s+such\s+that\b", re.IGNORECASE)  # behind variables: what is said of them
_APPLIED = re.compile(r"\w+\(\s*\w+(?:\s*,\s*\w+)*\s*\)")
_NAME = re.compile(r"\w+(?:[-'’]\w+)*")
_ARGUMENT = re.compile(r"\w+(?:[-'’.]\w+|\+)*")
_INSIDE = r";\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029"
_QUOTED = re.compile(
    rf"'(?P<q1>(?:[^'{_INSIDE}]|'')+)'|\"(?P<q2>[^\"{_INSIDE}]+)\"|“(?P<q3>[^“”{_INSIDE}]+)”|‘(?P<q4>[^‘’{_INSIDE}]+)’"
)
_QUOTES = "'\"“‘"
_UNNAMED = re.sub(r"\?P<q[0-9]>", "?:", _QUOTED.pattern)
_COMPARED = re.compile(rf"(?:{_UNNAMED}|{_ARGUMENT.pattern})(?=\s*(?:=(?!=?>)|≠|!=|\\ne))")
_FREE = re.compile(r"[u-zU-Z][0-9]{0,2}")  # y1 is a variable, y1950 a year
_TRUTHS = ("true", "false")
_CANONICAL = re.compile(r"[A-Z][A-Za-z0-9_]*")
_SPACE = re.compile(r"\s*")
_NAMED = re.compile(r"\s*(?:fof|tff|cnf)\(\s*\w+\s*,\s*\w+\s*,(.*)\)\s*\.\s*", re.DOTALL)  # TPTP
_FRAME = re.compile(r"^\s*\$+|\$+\s*\.?\s*$|\\(?:left|right|quad|qquad|,|;|:|!| )(?![A-Za-z])|\\(?=[{}&])")


class _FreeVariable(ParseError):
    """A variable that nothing binds. `wider`: where the quantifier stands that would, if it reached further."""

    def __init__(self, name: str, position: int, wider: int | None) -> None:
        self.wider = wider
        super().__init__(f"the variable {name} is bound by no quantifier", position)


def read_notation(text: str) -> Formula:
    """The formula that a text in any of the usual notations states.

    Raises ParseError, with why the text is no well-formed closed formula.
    """
    if len(text) > MAX_CHARACTERS:
        raise ParseError(f"a formula of {len(text)} characters is over the limit of {MAX_CHARACTERS}")
    text = _bare(text)
    far: set[int] = set()
    while True:
        try:
            formula = _Reader(text, far).read()
            break
        except _FreeVariable as error:
            if error.wider is None:
                raise ParseError(error.reason, error.position) from None
            far.add(error.wider)
    clash = Signature().clash(formula)
    if clash is not None:
        raise ParseError(clash)
    return formula


def _bare(text: str) -> str:
    """The text with what frames a formula, and what only spaces it, made spaces: places stay what they are."""
    if named := _NAMED.fullmatch(text):
        text = " " * named.start(1) + named[1]
    return _FRAME.sub(lambda match: " " * len(match[0]), text)


def render_notation(formula: Formula) -> str:
    """The formula as `read_notation` reads it: as in the strict language, with `'x'` for an individual or a statement
    called x."""
    return render_formula(_quoted(formula))


def _quoted(formula: Formula) -> Formula:
    if isinstance(formula, Atom):
        name = formula.predicate
        if not formula.arguments and (_FREE.fullmatch(name) or name.lower() in _TRUTHS):
            name = f"'{name}'"
        return Atom(name, tuple(map(_quoted_argument, formula.arguments)))
    if isinstance(formula, Identity):
        return Identity(_quoted_argument(formula.left), _quoted_argument(formula.right))
    if isinstance(formula, Not):
        return Not(_quoted(formula.operand))
    if isinstance(formula, Quantified):
        return Quantified(formula.quantifier, formula.variable, _quoted(formula.body))
    return Connective(formula.operator, _quoted(formula.left), _quoted(formula.right))


def _quoted_argument(argument: Argument) -> Argument:
    if isinstance(argument, Apply):
        return Apply(argument.function, tuple(map(_quoted_argument, argument.arguments)))
    return f"'{argument}'" if _FREE.fullmatch(argument) and not is_variable(argument) else argument


def _inside(quoted: re.Match[str]) -> str:
    """What stands in quotes; in single ones a quote is written twice."""
    return quoted["q1"].replace("''", "'") if quoted["q1"] else next(filter(None, quoted.groups()))


def _variable(spelling: str, taken: Collection[str]) -> str:
    """A name of the strict language for a variable, other than those taken."""
    name = spelling
    if not _CANONICAL.fullmatch(name):
        name = re.sub(r"[^A-Za-z0-9_]", "", name)
        name = name[:1].upper() + name[1:] if name[:1].isalpha() else f"V{name}"
    base, number = name, 1
    while name in taken:
        number += 1
        name = f"{base}{number}"
    return name


class _Reader:
    """One reading of a text, from left to right, by precedence climbing.

    `bound` is the spelling of each variable in reach, with its name in the strict language.
    """

    def __init__(self, text: str, far: set[int]) -> None:
        """`far`: where quantifiers stand that reach as far right as possible, though no "." says so."""
        self.text, self.far, self.at, self.depth, self.tokens = text, far, 0, 0, 0
        self.open: list[int] = [-1]  # where the brackets around this place stand, and the text itself
        self.ended: dict[str, list[tuple[int, int]]] = {}  # variable -> quantifiers: where, and in which bracket

    def read(self) -> Formula:
        formula = self.formula(0, {})
        if self.sign() == "." and not self.text[self.at + 1 :].strip():  # a full stop
            self.take()
        self.skip()
        if self.at == len(self.text):
            return formula
        if self.sign() == ")":
            raise ParseError("this closing bracket was never opened", self.at)
        raise self.error("a sign between two statements")

    def formula(self, level: int, bound: Mapping[str, str]) -> Formula:
        """What is joined by signs that bind at least as tightly as those of `level`."""
        self.deeper()
        left = self.unit(bound)
        while True:
            operator = self.sign() or self.keyword(_WORDS)
            if operator not in _LEVELS or _LEVELS.index(operator) < level:
                break
            self.take_operator()
            right = self.formula(_LEVELS.index(operator) + (operator != "->"), bound)
            left = Not(Connective("<->", left, right)) if operator == "xor" else Connective(operator, left, right)
        self.depth -= 1
        return left

    def unit(self, bound: Mapping[str, str]) -> Formula:
        sign = self.sign()
        if (quantifier := _QUANTIFIER.match(self.text, self.at)) is not None:
            return self.quantified(quantifier, bound)
        if sign == "~" or self.keyword(_NOT):
            self.take_operator()
            self.deeper()
            made = Not(self.unit(bound))
            self.depth -= 1
            return made
        return self.bracketed(bound) if sign == "(" else self.statement(bound)

    def quantified(self, quantifier: re.Match[str], bound: Mapping[str, str]) -> Formula:
        start, self.at = self.at, quantifier.end()
        sign = self.text[start] in "∀∃\\" or bool(quantifier["bracket"])
        far = _FAR.match(self.text, self.at)
        found = far or (sign and _GLUED.match(self.text, self.at)) or _NEAR.match(self.text, self.at)
        if not found or (_APPLIED.match(self.text, self.at) and not _FREE.fullmatch(found[0]) and not far):
            raise self.error("a variable")
        self.at = found.end()
        if not far and (then := _THEN.match(self.text, self.at)):
            self.at = then.end()
            self.far.add(start)
        if quantifier["bracket"] and not far:  # (∀x)
            self.skip()
            self.at += 1
        spellings = re.findall(r"\w+", found[1] or found[2] if far else found[0])
        inner = dict(bound)
        for spelling in spellings:
            self.count()
            if spelling not in inner:
                inner[spelling] = _variable(spelling, inner.values())
        self.deeper()
        if far or start in self.far:
            body = self.formula(0, inner)
        else:
            body = self.unit(inner)
            for spelling in spellings:
                self.ended.setdefault(spelling, []).append((start, self.open[-1]))
        self.depth -= 1
        for spelling in reversed(spellings):
            body = Quantified("forall" if quantifier["forall"] else "exists", inner[spelling], body)
        return body

    def bracketed(self, bound: Mapping[str, str]) -> Formula:
        start = self.take()
        self.open.append(start)
        formula = self.formula(0, bound)
        self.close(start)
        return formula

    def close(self, start: int) -> None:
        """Take the bracket that closes the one at `start`."""
        self.skip()
        if self.at == len(self.text):
            raise ParseError("this bracket is never closed", start)
        if self.text[self.at] != _CLOSING[self.text[start]]:
            raise self.error(f"{_CLOSING[self.text[start]]!r} or a sign")
        self.take()
        self.open.pop()

    def statement(self, bound: Mapping[str, str]) -> Formula:
        """A predicate of arguments, or an identity."""
        self.skip()
        start = self.at
        if _COMPARED.match(self.text, start):
            left = self.argument(bound)
        else:
            spelling, arguments = self.application(_NAME, "a statement", bound)
            if self.sign() not in ("=", "!="):
                bare = not arguments and self.text[start] not in _QUOTES
                if spelling in bound or (bare and _FREE.fullmatch(spelling) and (bound or self.ended)):
                    raise ParseError(f"the variable {spelling} stands where a predicate has to", start)
                if bare and spelling.lower() in _TRUTHS:
                    raise ParseError(f"{spelling!r} is no predicate: say what is true", start)
                return Atom(symbol_name(spelling, individual=False), arguments)
            left = Apply(symbol_name(spelling, individual=False), arguments)
        equal = self.sign() == "="
        self.take()
        identity = Identity(left, self.argument(bound))
        return identity if equal else Not(identity)

    def application(
        self, pattern: re.Pattern[str], expected: str, bound: Mapping[str, str]
    ) -> tuple[str, tuple[Argument, ...]]:
        """The spelling of the name here, and what stands in brackets behind it."""
        spelling = self.name(pattern, expected)
        self.skip()
        if not self.text.startswith("(", self.at):
            return spelling, ()
        self.deeper()
        start = self.take()
        self.open.append(start)
        arguments = [self.argument(bound)]
        while self.sign() == ",":
            self.take()
            arguments.append(self.argument(bound))
        if _ARGUMENT.match(self.text, self.at):
            raise self.error("',' or ')' (a name is one word, or in single quotes)")
        self.close(start)
        self.depth -= 1
        return spelling, tuple(arguments)

    def argument(self, bound: Mapping[str, str]) -> Argument:
        self.skip()
        start = self.at
        spelling, arguments = self.application(_ARGUMENT, "an individual or a variable", bound)
        if self.text[start] in _QUOTES:
            if not arguments:
                return symbol_name(spelling, individual=True)
        elif spelling in bound:
            if arguments:
                raise ParseError(f"the variable {spelling} stands where a function has to", start)
            return bound[spelling]
        elif not arguments and (_FREE.fullmatch(spelling) or spelling in self.ended):
            quantifiers = [where for where, bracket in self.ended.get(spelling, ()) if bracket in self.open]
            raise _FreeVariable(spelling, start, quantifiers[-1] if quantifiers else None)
        if arguments:
            return Apply(symbol_name(spelling, individual=False), arguments)
        return symbol_name(spelling, individual=True)

    # What stands here.

    def skip(self) -> None:
        self.at = _SPACE.match(self.text, self.at).end()  # type: ignore[union-attr]

    def sign(self) -> str | None:
        """What the sign here means; None where there is none."""
        self.skip()
        match = _SIGN.match(self.text, self.at)
        return _MEANING.get(match.group()) if match else None

    def keyword(self, words: Mapping[str, str]) -> str | None:
        """What the word here means, if it is one of `words`, in small letters or all in capitals."""
        match = _NAME.match(self.text, self.at)
        word = match.group() if match else ""
        return words.get(word.lower()) if word in (word.lower(), word.upper()) else None

    def take(self) -> int:
        """Go behind the sign here; where it stands."""
        start = self.at
        self.at = _SIGN.match(self.text, start).end()  # type: ignore[union-attr]
        self.count()
        return start

    def take_operator(self) -> None:
        if self.sign() is None:
            self.name(_NAME, "a sign")
        else:
            self.take()

    def name(self, pattern: re.Pattern[str], expected: str) -> str:
        """Go behind the name here; its spelling."""
        self.skip()
        quoted = _QUOTED.match(self.text, self.at)
        match = quoted or pattern.match(self.text, self.at)
        if match is None:
            raise self.error(expected)
        self.at = match.end()
        self.count()
        return _inside(quoted) if quoted else match.group()

    def count(self) -> None:
        self.tokens += 1
        if self.tokens > MAX_TOKENS:
            raise ParseError(f"a formula of more than {MAX_TOKENS} tokens is over the limit", self.at)

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ParseError(f"nested deeper than the limit of {MAX_DEPTH}", self.at)

    def error(self, expected: str) -> ParseError:
        self.skip()
        match = _ARGUMENT.match(self.text, self.at)
        found = repr(match.group()[:40] if match else self.text[self.at]) if self.at < len(self.text) else "the end"
        return ParseError(f"expected {expected}, found {found}", self.at)
