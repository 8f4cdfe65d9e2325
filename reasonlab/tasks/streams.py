"""Random streams that are a pure function of their name: item i never depends on item j, on the machine or the run.

Seeding with `seed + i` makes neighbouring seeds share items; here the seed is a hash of everything that names the item.
"""

from __future__ import annotations

import random
from collections.abc import MutableSequence, Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")


def digest(*parts: object, size: int = 16) -> bytes:
    """A hash of the parts, in order. Each part is written with its length, so ("ab", "c") and ("a", "bc") differ."""
    text = "".join(f"{len(word)}:{word}" for word in map(str, parts))
    return blake2b(text.encode(), digest_size=size).digest()


class Stream:
    """A random stream named by its parts. Only `random.random` is used: Python's documentation fixes its sequence."""

    __slots__ = ("_random",)

    def __init__(self, *name: object) -> None:
        self._random = random.Random(int.from_bytes(digest(*name), "big")).random

    def below(self, n: int) -> int:
        """A uniform integer in 0..n-1."""
        return int(self._random() * n)

    def between(self, bounds: tuple[int, int]) -> int:
        """A uniform integer in low..high, both included."""
        low, high = bounds
        return low + int(self._random() * (high - low + 1))

    def chance(self, probability: float) -> bool:
        return self._random() < probability

    def choice(self, items: Sequence[T]) -> T:
        return items[int(self._random() * len(items))]

    def shuffle(self, items: MutableSequence[T]) -> None:
        for i in range(len(items) - 1, 0, -1):
            j = int(self._random() * (i + 1))
            items[i], items[j] = items[j], items[i]

    def sample(self, items: Sequence[T], n: int) -> list[T]:
        """`n` different items in random order (the first n steps of a shuffle)."""
        pool = list(items)
        for i in range(n):
            j = i + int(self._random() * (len(pool) - i))
            pool[i], pool[j] = pool[j], pool[i]
        return pool[:n]
