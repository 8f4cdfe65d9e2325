"""Alphabetical order: letters, words grouped by a letter, and words in order.

Words are compared letter by letter, capitals as small letters, other characters by their code; a word comes before
those that it begins. So every claim about given words is entailed or refuted. A list of words is right only if it holds
each given word as often as the givens do, and no other.

- *Leap*: of an order, the places between neighbours in the right order that no earlier step has cut; of letters, and of
  groups that cut a new place, 1.
- *Premises*: the given words, and the steps that cut the places where this claim cuts.
- *Fault*: `inherited` if the claim holds where the letters are what earlier bad steps say, the words that they leave
  out or bring in are missing or there, and words follow each other as they do in them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise

from reasonlab.language.sorting import Groups, Letter, Letters, Sorted, WordGroup, Words
from reasonlab.language.worded import Worded
from reasonlab.verifiers.limits import Limits
from reasonlab.verifiers.parts import Parts
from reasonlab.verifiers.verdicts import Contradiction, Judgement

SHOWN = 30  # words of a witness


class Sorting(Parts):
    """The theory of a chain's words."""

    def __init__(self, givens: Iterable[tuple[int, Worded]], first_step: int, limits: Limits) -> None:
        super().__init__(givens, first_step, limits)
        lists = [(key, part.words) for key, part in self.givens if isinstance(part, Words)]
        self.given = bool(lists)
        self.key, words = lists[0] if lists else (-1, ())
        self.counts = Counter(words)
        self.order = sorted(words, key=_rank)
        self.ranks = [_rank(word) for word in self.order]
        self.cuts: dict[int, int] = {}  # places between neighbours in the right order, and the step that cut there
        self.letters: dict[tuple[str, int], tuple[str, int]] = {}  # what bad steps say
        self.extra: set[str] = set()
        self.missing: set[str] = set()
        self.placed: list[dict[str, int]] = []
        other = next((key for key, each in lists if Counter(each) != self.counts), None)
        if other is not None:
            self.contradiction = Contradiction((self.key, other), "they are different words")
        else:
            self._check_givens()

    def _judge(self, part: Worded) -> Judgement:
        if isinstance(part, Letters):
            found = self._wrong_letter(part)
            new = 1
        elif not self.given:
            return Judgement("unsupported", reason="no words are given")
        elif isinstance(part, Words):
            found = self._wrong_words(part.words, self.counts)
            new = 0
        elif isinstance(part, Groups):
            found = self._wrong_groups(part)
            new = min(1, sum(cut not in self.cuts for cut in self._places(part)))
        else:
            assert isinstance(part, Sorted)
            found = self._wrong_order(part)
            new = sum(cut not in self.cuts for cut in self._places(part))
        words = (self.key,) if self.given else ()
        if found is not None:
            return Judgement("refuted", words, None, found)
        steps = {self.cuts[cut] for cut in self._places(part) if cut in self.cuts}
        return Judgement("entailed", tuple(sorted({*words, *steps})), new)

    def _wrong_letter(self, part: Letters) -> str | None:
        """What is wrong with letters, in words."""
        for each in part.letters:
            if self.given and each.of not in self.counts:
                return f"{each.of} is not among the words"
            right = letter_at(each.of, part.place)
            if not right:
                return f"{each.of} has no letter {part.place}"
            number = alphabet(right)
            if each.letter.casefold() != right or (each.number is not None and each.number != number):
                return f"letter {part.place} of {each.of} is {right}" + (f" ({number})" if number else "")
        return None

    def _wrong_groups(self, part: Groups) -> str | None:
        words = [word for group in part.groups for word in group.words]
        stranger = next((word for word in part.of if word not in self.counts), None)
        if stranger is not None:
            return f"{stranger} is not among the words"
        wrong = self._wrong_words(words, Counter(part.of) if part.of else self.counts)
        if wrong is not None:
            return wrong
        before = None
        for group in part.groups:
            letters = {letter_at(word, part.place): word for word in reversed(group.words)}
            letter, word = letter_at(group.words[0], part.place), group.words[0]
            if group.number is not None:
                other = next((each for each in letters if (alphabet(each) or 0) != group.number), None)
            else:
                other = next((each for each in letters if each != letter), None)
            if other is not None:
                number = f" ({alphabet(other)})" if alphabet(other) else ""
                return f"letter {part.place} of {letters[other]} is {other or 'missing'}{number}"
            if before is not None and not before[0] < letter:
                return f"{word} ({letter}) does not come after {before[1]} ({before[0]})"
            before = (letter, word)
        return None

    def _wrong_order(self, part: Sorted) -> str | None:
        wrong = self._wrong_words([word for group in part.groups for word in group], self.counts)
        if wrong is not None:
            return wrong
        for group, following in pairwise(part.groups):
            last, first = max(group, key=_rank), min(following, key=_rank)
            if _rank(first) < _rank(last):
                right = f"; in order: {' '.join(self.order)}" if len(self.order) <= SHOWN else ""
                return f"{first} comes before {last}{right}"
        return None

    def _wrong_words(self, words: Sequence[str], right: Counter[str]) -> str | None:
        self._spend(max(0, len(right) - len(words)))  # the rest is paid for by the text
        counts = Counter(words)
        for word in words:
            if counts[word] > right[word]:
                return f"{word} is not among the words" if not right[word] else f"{word} is there too often"
        missing = next((word for word in right if counts[word] < right[word]), None)
        return None if missing is None else f"{missing} is missing"

    def _places(self, part: Worded) -> list[int]:
        """Where a claim that holds cuts the right order; none for words that are not neighbours there."""
        if isinstance(part, Sorted):
            sizes = [len(group) for group in part.groups]
            words: Sequence[str] = self.order
        elif isinstance(part, Groups):
            sizes = [len(group.words) for group in part.groups]
            words = sorted(part.of, key=_rank) if part.of else self.order
        else:
            return []
        start = bisect_left(self.ranks, _rank(words[0]))
        if [_rank(word) for word in words] != self.ranks[start : start + len(words)]:
            return []
        return [start + size for size in accumulate(sizes[:-1])]

    def _take(self, key: int, part: Worded) -> None:
        for cut in self._places(part):
            self.cuts.setdefault(cut, key)
        if isinstance(part, Letters):
            for each in part.letters:
                self.letters.pop((each.of, part.place), None)

    def _suppose(self, key: int, part: Worded) -> None:
        if isinstance(part, Letters):
            for each in part.letters:
                self.letters[each.of, part.place] = (each.letter.casefold(), _number(each))
                if self.given and each.of not in self.counts:
                    self.extra.add(each.of)
        elif isinstance(part, Groups):
            self._suppose_list([group.words for group in part.groups], part.of)
            for group in part.groups:
                for word in group.words if group.number is not None else ():
                    self.letters[word, part.place] = (letter_at(word, part.place), group.number or 0)
        elif isinstance(part, Sorted):
            self._suppose_list(part.groups, ())

    def _suppose_list(self, groups: Sequence[WordGroup], of: WordGroup) -> None:
        words = {word for group in groups for word in group}
        self.extra |= words - self.counts.keys()
        self.missing |= (set(of) or self.counts.keys()) - words
        self.placed.append({word: place for place, group in enumerate(groups) for word in group})

    def _supposed(self, part: Worded) -> bool:
        if isinstance(part, Letters):
            return all(self._known(each.of) and self._says(each, part.place) for each in part.letters)
        if isinstance(part, Groups):
            return self._supposed_words([g.words for g in part.groups], part.of) and self._supposed_groups(part)
        if isinstance(part, Sorted):
            pairs = ((one, two) for group, following in pairwise(part.groups) for one in group for two in following)
            return self._supposed_words(part.groups, ()) and all(self._before(one, two) for one, two in pairs)
        return False

    def _known(self, word: str) -> bool:
        return not self.given or word in self.counts or word in self.extra

    def _says(self, each: Letter, place: int) -> bool:
        letter, number = self._letter(each.of, place)
        return letter == each.letter.casefold() and each.number in (None, number)

    def _letter(self, word: str, place: int) -> tuple[str, int]:
        """The letter, and its number, in the supposed world."""
        letter = letter_at(word, place)
        return self.letters.get((word, place), (letter, alphabet(letter) or 0))

    def _supposed_words(self, groups: Sequence[WordGroup], of: WordGroup) -> bool:
        counts = Counter(word for group in groups for word in group)
        right = Counter(of) if of else self.counts
        self._spend(len(counts) + len(right))
        there = all(self._known(word) and counts[word] <= max(right[word], word in self.extra) for word in counts)
        return there and all(counts[word] == right[word] or word in self.missing for word in right)

    def _supposed_groups(self, part: Groups) -> bool:
        numbers: list[int] = []
        for group in part.groups:
            here = {self._letter(word, part.place)[1] for word in group.words}
            if len(here) > 1 or group.number not in (None, *here):
                return False
            numbers += here
        return all(one < two for one, two in pairwise(numbers))

    def _before(self, one: str, two: str) -> bool:
        """Whether a word comes before another in the supposed world."""
        self._spend(1 + len(self.placed))
        if _rank(one) <= _rank(two):
            return True
        if any(one in placed and two in placed and placed[one] < placed[two] for placed in self.placed):
            return True
        size = max(len(one), len(two)) + 1
        first, second = (
            [self._letter(word, place)[1] for place in range(1, size) if letter_at(word, place)] for word in (one, two)
        )
        return first < second


def letter_at(word: str, place: int) -> str:
    """The letter at a place counted from 1, as a small letter; empty beyond the end."""
    return word[place - 1 : place].casefold()


def alphabet(letter: str) -> int | None:
    """The place of a letter in the English alphabet, None if it has none."""
    return ord(letter) - ord("a") + 1 if len(letter) == 1 and "a" <= letter <= "z" else None


def _number(each: Letter) -> int:
    return each.number if each.number is not None else alphabet(each.letter.casefold()) or 0


def _rank(word: str) -> str:
    return word.casefold()
