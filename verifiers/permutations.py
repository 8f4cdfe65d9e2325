"""Things that change hands by swaps: who has what after each of the given swaps.

A holder and a time lie on one *track*, that of the thing held: a swap puts each of its two holders on the other's
track, and all other tracks go straight on. One given on a track tells what is on it, before and after. A holder has one
thing at a time, and things of different names are different; two holders may have things of one name. After a swap that
is not given, or beyond the last one, all is open. Who is named by the givens has something; nobody else has.

- *Leap*: the swaps by which the things claimed moved since a given or a step last said where they are.
- *Premises*: what said so, and those swaps. That no other swap touched them is not listed.
- *Fault*: `inherited` if the claim holds where everyone has what the earlier bad steps say, from then on.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable
from dataclasses import dataclass, field

from reasonlab.language.permutations import After, Swap
from reasonlab.language.worded import Worded
from reasonlab.verifiers.limits import Limits
from reasonlab.verifiers.parts import Parts
from reasonlab.verifiers.verdicts import Contradiction, Judgement


@dataclass(slots=True)
class Track:
    """The way of one thing: when it was moved, when something said what it is, and what that was."""

    moves: list[int] = field(default_factory=list)
    known: list[int] = field(default_factory=list)
    keys: dict[int, int] = field(default_factory=dict)  # who said so, by time
    thing: str | None = None

    def nearest(self, time: int) -> int:
        """The last time up to this one at which something said what is on the track, else the first one after it."""
        earlier = bisect_right(self.known, time)
        return self.known[max(earlier - 1, 0)]

    def moved(self, one: int, two: int) -> list[int]:
        """The swaps between two times."""
        low, high = sorted((one, two))
        return self.moves[bisect_right(self.moves, low) : bisect_right(self.moves, high)]

    def note(self, time: int, key: int) -> None:
        if time not in self.keys:
            insort(self.known, time)
        self.keys[time] = key


class Swaps(Parts):
    """The theory of a chain's swaps."""

    def __init__(self, givens: Iterable[tuple[int, Worded]], first_step: int, limits: Limits) -> None:
        super().__init__(givens, first_step, limits)
        self.swaps: dict[int, tuple[int, str, str]] = {}
        self.stretches: list[tuple[int, int]] = []  # first and last time of swaps given without a gap
        self.passed: dict[tuple[int, str], tuple[list[int], list[Track]]] = {}  # (stretch, holder): track from when on
        self.starts: dict[tuple[int, str], Track] = {}
        self.held: dict[str, tuple[list[int], list[str]]] = {}  # what bad steps say: times and things, by holder
        self.holders: dict[str, int] = {}  # who is named by the givens, and where first
        self.partners: dict[str, dict[int, str]] = {}  # the swaps, some as bad steps have them, by holder
        self.lost: set[str] = set()  # who had dropped out of the state, as a bad step has it
        self.partner_times: dict[str, list[int]] = {}
        self.doubtful: set[int] = set()  # swaps that a bad step states
        for key, part in self.givens:
            for holder in _named(part):
                self.holders.setdefault(holder, key)
            if isinstance(part, Swap):
                before = self.swaps.setdefault(part.index, (key, part.left, part.right))
                if {*before[1:]} != {part.left, part.right}:
                    self.contradiction = Contradiction((before[0], key), f"swap {part.index} is one, not two")
        if self.contradiction is None:
            self._run()
            self._place_givens()

    def _run(self) -> None:
        """Lay the tracks."""
        last = 0
        stretch = (0, 0)
        for index in sorted(self.swaps):
            if index != last + 1:
                self.stretches.append(stretch)
                stretch = (index - 1, index - 1)
            last = index
            stretch = (stretch[0], index)
            _, left, right = self.swaps[index]
            self._partner(index, left, right)
            number = len(self.stretches)
            one, two = self._track(number, left), self._track(number, right)
            for holder, track in ((left, two), (right, one)):
                times, tracks = self.passed.setdefault((number, holder), ([], []))
                times.append(index)
                tracks.append(track)
            if left != right:
                one.moves.append(index)
                two.moves.append(index)
        self.stretches.append(stretch)

    def _partner(self, index: int, left: str, right: str) -> None:
        for holder, other in ((left, right), (right, left)):
            if index not in self.partners.setdefault(holder, {}):
                insort(self.partner_times.setdefault(holder, []), index)
            self.partners[holder][index] = other

    def _track(self, stretch: int, holder: str, time: int | None = None) -> Track:
        """The track that a holder is on at a time of a stretch (None: now, while the tracks are laid)."""
        times, tracks = self.passed.get((stretch, holder), ([], []))
        count = len(times) if time is None else bisect_right(times, time)
        return tracks[count - 1] if count else self.starts.setdefault((stretch, holder), Track())

    def _at(self, holder: str, time: int) -> Track | None:
        """The track of a holder at a time; None where nothing is known of that time."""
        stretch = bisect_right(self.stretches, (time, 10**9)) - 1
        if stretch < 0 or time > self.stretches[stretch][1]:
            return None
        return self._track(stretch, holder, time)

    def _place_givens(self) -> None:
        for key, part in self.givens:
            if not isinstance(part, After):
                continue
            for holder, thing in part.holds:
                track = self._at(holder, part.time)
                if track is None:
                    continue
                if track.thing is not None and track.thing != thing:
                    at = track.nearest(part.time)
                    swaps = {self.swaps[index][0] for index in track.moved(at, part.time)}
                    reason = f"after swap {part.time} {holder} has {track.thing}, not {thing}"
                    self.contradiction = Contradiction(tuple(sorted({key, track.keys[at], *swaps})), reason)
                    return
                track.thing = thing
                if part.time not in track.keys:
                    track.note(part.time, key)

    def _judge(self, part: Worded) -> Judgement:
        if isinstance(part, Swap):
            return self._judge_swap(part)
        assert isinstance(part, After)
        tracks = [self._at(holder, part.time) for holder, _ in part.holds]
        if None in tracks:
            return Judgement("unsupported", reason=self._open(part.time))
        judged = [(holder, thing, track) for (holder, thing), track in zip(part.holds, tracks) if track is not None]
        wrong = [each for each in judged if each[2].thing is not None and each[2].thing != each[1]]
        twice = len(set(part.holds)) > len({holder for holder, _ in part.holds})
        if twice and not wrong:
            return Judgement("refuted", reason="a holder has one thing at a time")
        missing = self._missing(part)
        if missing is not None and not wrong:
            return Judgement("refuted", (self.holders[missing],), None, f"{missing} has something, too")
        premises, swaps = self._trace(wrong or judged, part.time)
        if wrong:
            right = ", ".join(dict.fromkeys(f"{holder} = {track.thing}" for holder, _, track in wrong))
            return Judgement("refuted", premises, None, f"after swap {part.time}: {right}")
        unknown = [holder for holder, _, track in judged if track.thing is None]
        if unknown:
            return Judgement("unsupported", premises, reason=f"nothing says what {unknown[0]} has")
        return Judgement("entailed", premises, len(swaps))

    def _missing(self, part: After) -> str | None:
        """Who is left out by a claim of the whole state."""
        named = {holder for holder, _ in part.holds}
        return next((holder for holder in self.holders if holder not in named), None) if part.whole else None

    def _judge_swap(self, part: Swap) -> Judgement:
        if part.index not in self.swaps:
            return Judgement("unsupported", reason=f"swap {part.index} is not given")
        key, left, right = self.swaps[part.index]
        if {left, right} != {part.left, part.right} or part.index in self.doubtful:
            self._spend(len(self.partners))  # for having it otherwise
        if {left, right} == {part.left, part.right}:
            return Judgement("entailed", (key,), 0)
        return Judgement("refuted", (key,), None, f"swap {part.index} is between {left} and {right}")

    def _trace(self, tracked: list[tuple[str, str, Track]], time: int) -> tuple[tuple[int, ...], set[int]]:
        """What says where these things are, and the swaps that they went through since."""
        premises: set[int] = set()
        swaps: set[int] = set()
        for _, _, track in tracked:
            if track.known:
                at = track.nearest(time)
                premises.add(track.keys[at])
                moved = track.moved(at, time)
                self._spend(len(moved))
                swaps.update(moved)
        return tuple(sorted(premises | {self.swaps[index][0] for index in swaps})), swaps

    def _open(self, time: int) -> str:
        missing = next(index for index in range(1, time + 1) if index not in self.swaps)
        return f"swap {missing} is not given"

    def _take(self, key: int, part: Worded) -> None:
        if isinstance(part, Swap):
            given, left, right = self.swaps[part.index]
            if part.index in self.doubtful:
                self._replace(part.index, left, right)
                self.doubtful.discard(part.index)
            if given < self.first_step:
                self.swaps[part.index] = (key, left, right)
        elif isinstance(part, After):
            for holder, thing in part.holds:
                track = self._at(holder, part.time)
                if track is not None and track.keys.get(part.time, -1) < self.first_step:
                    track.note(part.time, key)
                times, things = self.held.get(holder, ([], []))
                at = bisect_left(times, part.time)
                if at < len(times) and times[at] == part.time:
                    things[at] = thing
            if part.whole:
                self.lost.clear()

    def _replace(self, index: int, left: str, right: str) -> None:
        """Let a swap of the supposed world be between these."""
        for holder, partners in self.partners.items():
            if partners.pop(index, None) is not None:
                self.partner_times[holder].remove(index)
        self._partner(index, left, right)

    def _suppose(self, key: int, part: Worded) -> None:
        if isinstance(part, Swap):
            self.doubtful.add(part.index)
            self._replace(part.index, part.left, part.right)
        elif isinstance(part, After):
            if part.whole:
                self.lost = self.holders.keys() - {holder for holder, _ in part.holds}
            for holder, thing in part.holds:
                times, things = self.held.setdefault(holder, ([], []))
                at = bisect_left(times, part.time)
                if at < len(times) and times[at] == part.time:
                    things[at] = thing
                else:
                    times.insert(at, part.time)
                    things.insert(at, thing)

    def _supposed(self, part: Worded) -> bool:
        if isinstance(part, Swap):
            return self.partners.get(part.left, {}).get(part.index) == part.right
        if not isinstance(part, After):
            return False
        if any(self._supposed_thing(holder, part.time) != thing for holder, thing in part.holds):
            return False
        return not part.whole or self.holders.keys() - {holder for holder, _ in part.holds} <= self.lost

    def _supposed_thing(self, holder: str, time: int) -> str | None:
        """What a holder has: back along the swaps, up to what a bad step says or to the start."""
        stretch = bisect_right(self.stretches, (time, 10**9)) - 1
        if stretch < 0 or time > self.stretches[stretch][1]:
            return None
        start = self.stretches[stretch][0]
        while True:
            self._spend(1)
            times, things = self.held.get(holder, ([], []))
            said = bisect_right(times, time)
            swaps = self.partner_times.get(holder, [])
            swapped = bisect_right(swaps, time)
            moved = swaps[swapped - 1] if swapped and swaps[swapped - 1] > start else None
            if said and times[said - 1] >= start and (moved is None or times[said - 1] >= moved):
                return things[said - 1]
            if moved is None:
                return self._track(stretch, holder, start).thing
            holder, time = self.partners[holder][moved], moved - 1


def _named(part: Worded) -> tuple[str, ...]:
    if isinstance(part, Swap):
        return (part.left, part.right)
    return tuple(holder for holder, _ in part.holds) if isinstance(part, After) else ()
