"""Which of the equations in a text its author asserts.

An equation may stand in a text to be denied, asked, supposed, tried, quoted or rounded, and it may be taken back in the
next sentence. Such a one is not judged as if it had been asserted: it is not understood, and says why. What is true of
numbers alone stays true under an `if` or a `would`; so there only what is false, and what is said of unknowns, is held
back. What is said of an unknown under a hypothesis holds for that hypothesis: from there on nothing that is said of
this unknown is understood.

These are cues, words for the most part, and no grammar: they hold back too much rather than too little.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from reasonlab.language.claims import Claim
from reasonlab.language.naming import Suppose
from reasonlab.language.nearness import Near
from reasonlab.language.relations import Compare, Equal, System, names_of
from reasonlab.language.terms import Number, Symbol, symbols
from reasonlab.verifiers.readers.readings import Found


def _any(words: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{words})\b", re.IGNORECASE)


_NOT = re.compile(r"\b(?:not|never|no|none|neither|nor|nobody|nothing|cannot|hardly)\b|n['’]t\b|[✗✘❌]", re.I)
_ABOUT_ANOTHER = re.compile(r"^.*(?:\bnot|n['’]t)\b \w+ .*\b(?:is|are|was|were|of|has|have|by)\W*$", re.IGNORECASE)
_NOT_SO = re.compile(r"^\W*(?:\w+ ){0,1}(?:not\b|never\b|cannot\b|\w+n['’]t\b)|^\s*[✗✘❌]", re.IGNORECASE)
_FALSE = _any(
    r"wrong(?:ly)?|false(?:ly|hood)?|incorrect(?:ly)?(?! (?:answers?|questions?|ones?))|untrue|invalid"
    r"|(?<!\d )mistakes?|mistaken(?:ly)?|mistook|errors?|erroneous(?:ly)?"
    r"|contradict\w*|impossible|absurd|nonsense|myth|fallac\w+|bogus|lies?|lied|fails?|typos?|counter-?examples?"
    r"|disprove[sd]?|refute[sd]?|den(?:y|ies|ied)|(?:we|i|they|must) rejects?|rejects|rule[sd]? out|hoax|misread\w*"
    r"|miscalculat\w*|doubt\w*"
    r"|(?:not|n['’]t|never|cannot) (?:\w+ ){0,2}(?:true|right|correct|so|valid|possible|hold|work|the case|equal"
    r"|accurate)"
    r"|unequal|opposite of|contrary|fool\w*|ridiculous|inconsistent|misconception\w*|trap|tempt\w*|crossed out"
    r"|(?:don['’]t|do not|never) (?:do|write|say|use|make|believe|trust)"
)
_OPINION = re.compile(
    r"\b(?:thinks?|thought|thinking|believe[sd]?|claim(?:s|ed|ing)?|guess(?:es|ed)?|argue[sd]?|pretend\w*"
    r"|imagine[sd]?|wonder\w*"
    r"|allege\w*|says|said|(?<!let.s )say|tells?|told|opinion|suspect\w*|assert\w*|declare\w*|convinced|swears?|swore"
    r"|insist\w*)\b"
    r"|\b(?:some|many|most|few|one|an?|another|other) (?:\w+ )?(?:students?|people|persons?|kids?|pupils?"
    r"|folks?)\b.{0,30}"
    r"\b(?:gets?|got|puts?|write|writes|wrote|compute[sd]?|answer(?:s|ed)?|calculate[sd]?|use[sd]?)\b",
    re.IGNORECASE,
)
_WRITTEN = re.compile(
    r"\b(?:wrote|writes?|writing|answer(?:s|ed)|expect(?:s|ed)?|hope[sd]?|wish\w*|feels?|replied|reported|put"
    r"|puts|shouted)"
    r"(?: down)?(?: that\b.*|\W*)$",
    re.IGNORECASE,
)
_ASKED = re.compile(r"^[^.!]*?\?")
_QUESTION = re.compile(
    r"^\W*(?:is|are|was|does|do|did|can|could|would|should|which|prove|show|verify|check|explain|decide"
    r"|true or false)\b",
    re.I,
)
_EARLIER = _any(
    r"extraneous|jest|far from|confused|careless(?:ly)?|slogan|novel|novels|trick"
    r"|(?:my|his|her|their|our|the) (?:first|original|initial|earlier|previous) (?:answer|guess|attempt|result|try)"
    r"|(?:earlier|before|first) (?:I|we|he|she|they) (?:had|got|wrote|said)|at first|glance"
)
_UNCERTAIN = _any(  # under these what is false of numbers is not charged
    r"unless|suppos\w+|assum\w+|imagine|pretend|whether|maybe|perhaps|possibly|probably|might|may|could|would"
    r"|should|instead"
    r"|rather|either|hypothe\w+|what if|as if|otherwise|try|trying|tries|tried|used to|to show|prove|test|testing"
    r"|check"
    r"|checking|seems?|looks? like|apparently|supposedly|so-called|almost|unknown"
)
_ROUNDED = _any(
    r"about|approx\w*|roughly|around|nearly|almost|round\w*|truncat\w*|estimat\w*|nearest|remainders?|left\s?over"
    r"|close to"
    r"|give or take|or so|ballpark|integer division|whole|full|quotient|more or less|up to|at least|at most"
)
_APART = re.compile(r"\bwith (?:\w+ ){1,3}left\b|//|\bdiv\b", re.I)
_IF = re.compile(r"\b(?:if|unless|when|whenever|once|provided|given that|in case|suppos\w+|assum\w+|imagine)\b", re.I)
_THEN = re.compile(r",|\bthen\b|[;:—]", re.I)
_SUPPOSED = _any(
    r"if(?! (?:we|you|i) (?:let|call|define|add|subtract|combine|divide|multiply|solve|simplify|substitute|plug"
    r"|isolate)\b)"
    r"|unless|suppos\w+|assum\w+|imagine|pretend|whether|what if|try|trying|tries|case|cases|option|scenario"
    r"|guess\w*|maybe"
    r"|perhaps|possibly|probably|might|may|could|would|either|otherwise|instead|rather|whenever|consider\w*"
    r"|hypothe\w+|test|testing|candidates?|possib\w+|alternativ\w+|unlikely|to show|prove|check whether|as long as"
)
_CALLED = re.compile(  # a name is given under an `if`: "if x is the number of pens"
    r"\b(?:if|suppose|assume|assuming)(?: that)? \W*[A-Za-z]\b\W* (?:is|be|are|represents?|denotes?|stands for"
    r"|equals)"
    r" (?:the (?:number|amount|price|cost|age|total|weight|length|original|value|time|distance)|how|what)\b",
    re.IGNORECASE,
)
_HYPOTHESIS = re.compile(
    r"\b(?:if|suppose|assume|assuming|say)\b(?: that)?([^,.;:=<>\d]{1,120}?)(?=,|\bthen\b|\.|$)", re.IGNORECASE
)
_NAMING = re.compile(r"[\w'’] [\w'’]+ \W?(?![aAI]\b)[A-Za-z]\b(?! (?:is|are|was|were)\b)")
_WOULD = re.compile(r"\bwould\b", re.I)
_PUT = re.compile(r"\b(?:(?<!solve )for|at|when|try|pick\w*|choos\w+|tak(?:e|ing)|test\w*|check\w*)\W*$", re.I)
_CASE = re.compile(
    r"\b(?:case|option|scenario|possibility|choice)\s*(?:\d|[ivx]+\b|[a-d]\b|one|two)|\b(?:first|second|other"
    r"|this|either|each)"
    r" (?:case|scenario|possibility)\b|\bcontradiction\b|\bcontrary\b|^\s*\(?[A-E][).:]\s|\botherwise\b",
    re.I | re.M,
)
_RETRACTED = re.compile(
    r"\b(?:wait|oops|hmm+|scratch that|correction|start over|try again|my bad|whoops|sorry)\b|\blet me (?:re|try"
    r"|correct)\w*"
    r"|\b(?:mistake|wrong|incorrect|error|redo|backtrack)\b|^\W*(?:no|actually)\b[,.!]",
    re.I,
)
_DENIED = re.compile(
    r"^\W*(?:(?:let me|let['’]s|I|we) (?:should |need to |must )?(?:re-?(?:check|do|consider|calculate|compute"
    r"|think)|try again"
    r"|correct|fix|start over)|scratch that|(?:no|nope|nah|wrong|false|incorrect|untrue|nonsense|not|never|wait"
    r"|oops|hmm+|actually|whoops"
    r"|correction)\b(?=\W|$)"
    r"(?! (?:\w+ )*(?:left|remain))|(?:but |however,? |yet |although )?(?:that|this|it|which|the (?:above|latter"
    r"|former|last|"
    r"previous)(?: \w+)?|they|he|she|both|neither|none)\b[^.]{0,60}?(?:\bnot\b|n['’]t\b|\bnever\b|\bcannot\b"
    r"|wrong|false"
    r"|incorrect|mistake|error|impossible|nonsense|absurd|\bfail|contradict|untrue|invalid|\bno\b))",
    re.I,
)
_ANNOUNCED = re.compile(r"\b(?:following|below|next|this)\b|:\s*$", re.I)
_OR_BEFORE, _OR_AFTER = re.compile(r"\bor\W*$", re.I), re.compile(r"^\W*or\b", re.I)
_QUANTITY = re.compile(r"[\d=<>≤≥]|\b[B-HJ-Zb-z]\b|\b(?:one|two|three|four|five|six|seven|eight|nine|ten)\b")
_LET = re.compile(r"\blet\b", re.I)
_LIST = re.compile(r"^\s*(?:,\s*(?:and\s+|or\s+)?|and\s+)[-−±]?\d+(?:\.\d+)?\s*(?=$|[.;]|,|and\b|or\b)", re.I)
_CLAUSE = re.compile(
    r"[,;:—(]|\b(?:so|then|therefore|thus|hence|since|because|but|and|which|meaning|leaving|giving|that is)\b", re.I
)
_SENTENCE_END = re.compile(r"[.!?][\"'”’)]*(?=\s+[^\sa-z]|\s*$)|\n")
_OTHER_NUMERALS = re.compile(
    r"\b(?:in|to|from) base\b|\bbase[- ](?:\d+|two|three|four|five|eight|twelve|sixteen)\b(?=[,.:]| \(|\s*$"
    r"| arith| num)|\bbinary\b"
    r"|\boctal\b|\bhexadecimal\b|\broman numeral|\bternary\b",
    re.I,
)
_WRAPPED = re.compile(
    r"\bin mod \d|\bboolean\b|\bbitwise\b|\d\s*&\s*\d|~~|\b(?:modulo|modular|congruen\w+|clock(?:wise)?"
    r"|o['’]?clock|24-hour)\b|\bmod \d+,|\bZ_\d|ℤ|\bGF\(|\bXOR\b|⊕"
    r"|\b(?:define|operation|operator)\b[^.]*[@#&★☆◦∘⊗*]|\breplac\w+ the (?:sign|symbol)",
    re.I,
)
_TOLD_APART = re.compile(  # of what a name is in turn
    r"(?i:\b(?:initial(?:ly)?|after|before|now|old|new|first|second|days?|weeks?|months?|years?|points?|rounds?"
    r"|turns?"
    r"|iterations?|other|another|problems?|next|later|extraneous|trial|discard\w*|becomes?)\b)"
    r"|\b[Ff]or [A-Z][a-z]+|→|->"
)
_CODE = re.compile(r"\b([A-Za-z_]\w*+)\s*+(?:[-+*/:]=|==|=>|→|->|<-\s|\+\+|--)")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an equation stands: what is before and behind it in its sentence, the sentence itself, the next one and the
    one before."""

    before: str
    after: str
    sentence: str
    following: str
    previous: str

    def clause(self) -> str:
        """What leads up to the equation in its own clause."""
        starts = list(_CLAUSE.finditer(self.before))
        return self.before[starts[-1].end() if starts else 0 :]


def _place(lines: Sequence[str], index: int, found: Found) -> _Place:
    line = lines[index]
    ends = [0, *(match.end() for match in _SENTENCE_END.finditer(line)), len(line)]
    start = max(end for end in ends if end <= found.start)
    stop = min(end for end in ends if end >= found.end)
    later = line[stop:].strip() or next((each for each in lines[index + 1 :] if each.strip()), "")
    first = _SENTENCE_END.search(later)
    earlier = line[:start].strip() or (lines[index - 1] if index else "")
    return _Place(
        line[start : found.start],
        line[found.end : stop],
        line[start:stop],
        later[: first.end() if first else None],
        earlier,
    )


def asserted(lines: Sequence[tuple[str, Sequence[Found]]], problem: str = "") -> list[list[Found]]:
    """What was found in each line, with what its author may not assert made something that was not understood.

    `problem`: what the text answers, where that may say in which numerals or with what remainders it counts.
    """
    texts = [text for text, _ in lines]
    whole = "\n".join((problem, *texts))
    numerals, wrapped = _OTHER_NUMERALS.search(whole), _WRAPPED.search(whole)
    tainted = {match[1] for match in _CODE.finditer(whole)}
    repeated = _listed([one for _, found in lines for one in found])
    if repeated and _TOLD_APART.search("\n".join(texts)):
        tainted |= repeated
    taken_back = max((index for index, text in enumerate(texts) if _RETRACTED.search(text)), default=-1)
    cases = next((index for index, text in enumerate(texts) if _CASE.search(text)), len(texts))
    result: list[list[Found]] = []
    for index, (_, found) in enumerate(lines):
        kept: list[Found] = []
        listed = _listed(found) if len(_LET.findall(texts[index])) < 2 else set()
        hypothetical = False
        for one in found:
            if not one.claims:
                kept.append(one)
                continue
            place = _place(texts, index, one)
            names = names_in(one.claims)
            why = _denied(place) or (numerals and f"the text counts in other numerals: {numerals[0]}") or None
            if why is None and not names and not one.holds:
                why = _uncertain(place) or (wrapped and f"the text may count with remainders: {wrapped[0]}") or None
            elif why is None and names:
                supposed = _supposed(place, one)
                hypothetical |= supposed is not None
                why = supposed or (wrapped and f"the text may count with remainders: {wrapped[0]}") or None
                if hypothetical or index >= cases:
                    why = why or "under a hypothesis"
                    tainted |= names
                elif names & tainted:
                    why = f"{min(names & tainted)} was the subject of a hypothesis"
                    tainted |= names
                elif names & listed:
                    why = f"several values of {min(names & listed)}"
                elif index < taken_back:
                    why = "it may have been taken back later"
            kept.append(one if why is None else replace(one, claims=(), reason=f"not surely asserted: {why}"))
        result.append(kept)
    return result


def counts_otherwise(problem: str) -> bool:
    """Whether a problem may count in other numerals than ours, or with remainders."""
    return bool(_OTHER_NUMERALS.search(problem) or _WRAPPED.search(problem))


def given(line: str, found: Sequence[Found]) -> list[Found]:
    """What a sentence of a problem states: `if` and `suppose` are how problems state things; a question states
    nothing."""
    kept = []
    listed = _listed(found)
    for one in found:
        place = _place([line], 0, one)
        conditional = _IF.search(place.before) or re.search(
            r"\b(?:let|where|such that|satisf\w+)\b", place.before, re.I
        )
        asked = not conditional and (
            _QUESTION.search(place.sentence) or re.search(r"\bwhether\b|\bprove\b", place.before)
        )
        either = _OR_BEFORE.search(place.before) or _OR_AFTER.search(place.after) or _LIST.search(place.after)
        denied = _FALSE.search(place.sentence) or _NOT.search(place.clause()) or _OPINION.search(place.before)
        if not (asked or either or denied or _CASE.search(line) or names_in(one.claims) & listed):
            kept.append(one)
    return kept


def doubt(sentence: str, following: str = "") -> str | None:
    """The cue by which a sentence may not assert what it says, wherever in it that stands; None if there is none."""
    found = (pattern.search(sentence) for pattern in (_FALSE, _OPINION, _NOT, _SUPPOSED))
    cue = next(filter(None, found), None) or _DENIED.search(following)
    return cue[0].strip() if cue is not None else "?" if sentence.rstrip().endswith("?") else None


def names_in(claims: Sequence[Claim]) -> frozenset[str]:
    """The variables of claims about numbers."""
    found: set[str] = set()
    for claim in claims:
        if isinstance(claim, Suppose):
            found.update(*map(symbols, claim.sides))
        elif isinstance(claim, (Equal, Compare, System)):
            found |= names_of(claim)
        elif isinstance(claim, Near):
            found |= symbols(claim.left) | symbols(claim.right)
    return frozenset(found)


def _listed(found: Sequence[Found]) -> set[str]:
    """The names that are said to be different numbers in one sentence."""
    return {name for name, each in _values(found).items() if len(each) > 1 and all(isinstance(v, Number) for v in each)}


def _values(found: Sequence[Found]) -> dict[str, set[object]]:
    """What names are said to be, where that is no other unknown."""
    values: dict[str, set[object]] = {}
    for one in found:
        for claim in one.claims:
            if isinstance(claim, Suppose) and len(claim.sides) == 2 and claim.operator == "=":
                name, value = claim.sides
                if isinstance(name, Symbol) and not symbols(value):
                    values.setdefault(name.name, set()).add(value)
    return values


def _denied(place: _Place) -> str | None:
    """Why a sentence may say that the equation in it does not hold, or ask whether it does."""
    for pattern, text in (
        (_ASKED, place.after),
        (_FALSE, place.sentence),
        (_NOT, _ABOUT_ANOTHER.sub("", place.clause())),
        (_NOT_SO, place.after),
        (_OPINION, place.before),
        (_DENIED, place.following),
    ):
        if (cue := pattern.search(text)) is not None:
            return f"'{cue[0].strip()[:40]}'" if pattern is not _ASKED else "it is a question"
    if _ANNOUNCED.search(place.previous) and (cue := _FALSE.search(place.previous) or _OPINION.search(place.previous)):
        return f"'{cue[0]}'"
    return None


def _uncertain(place: _Place) -> str | None:
    """Why something false of numbers may not be asserted, or not as it stands."""
    cue = (
        _UNCERTAIN.search(place.sentence)
        or _EARLIER.search(place.sentence)
        or _ROUNDED.search(place.sentence)
        or _APART.search(place.sentence)
    )
    cue = cue or re.search(r"\bif\b", place.after) or _ROUNDED.search(place.following) or _WRITTEN.search(place.before)
    cue = cue or _OR_BEFORE.search(place.before) or _OR_AFTER.search(place.after) or _LIST.search(place.after)
    if cue is not None:
        return f"'{cue[0].strip()}'"
    condition = _IF.search(place.before)
    if condition is not None:
        then = _THEN.search(place.before, condition.end())
        if then is None or re.search(r"[=<>≠≤≥]", place.before[condition.end() : then.start()]):
            return f"'{condition[0]}'"
    return None


def _supposed(place: _Place, found: Found) -> str | None:
    """Why what is said of unknowns may be said under a hypothesis only, or as one of several possibilities."""
    if isinstance(found.claims[0], System):
        return None
    sentence, previous = map(_without_naming, (place.sentence, place.previous))
    if not _SUPPOSED.search(previous):  # else it is a hypothesis that it would follow from
        sentence = _WOULD.sub("", sentence)
    cue = _SUPPOSED.search(sentence) or (_values([found]) and _PUT.search(place.before))
    cue = cue or _EARLIER.search(place.sentence)
    either = _OR_BEFORE.search(place.before) if _QUANTITY.search(place.before) else None  # "the sum of the sides, or"
    cue = cue or either or _OR_AFTER.search(place.after) or _LIST.search(place.after)
    return f"'{cue[0].strip(' ,')}'" if cue is not None else None


def _without_naming(text: str) -> str:
    """A text without the hypotheses that only give a name: "if Ann has x pens", but not "if x is even"."""

    def kept(clause: re.Match[str]) -> str:
        return "" if _NAMING.search(clause[1]) and not _NOT.search(clause[1]) else clause[0]

    return _CALLED.sub("", _HYPOTHESIS.sub(kept, text))
