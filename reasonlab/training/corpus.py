"""Training sequences, made ahead: `<bos> prompt chain <eos>` as token ids, with the place where the chain begins.

Item i is problem i of the training split, so a corpus is a pure function of its description; worker processes only
make it sooner.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from reasonlab.tasks import problems

if TYPE_CHECKING:
    from reasonlab.models import Tokenizer

CHUNK = 2_000


@dataclass(frozen=True)
class Corpus:
    """Sequences of different lengths, laid end to end.

    Attributes:
        tokens: all token ids [total].
        starts: where each sequence begins in `tokens`, and the end of the last [count + 1].
        prompts: the length of each sequence's prompt, `<bos>` included: from there on the loss counts [count].
        sizes: each problem's size (variables, hops; of several families its rank), for curricula [count].
    """

    tokens: NDArray[np.int32]
    starts: NDArray[np.int64]
    prompts: NDArray[np.int32]
    sizes: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.prompts)

    @property
    def lengths(self) -> NDArray[np.int64]:
        return np.diff(self.starts)

    def sequence(self, i: int) -> NDArray[np.int32]:
        return self.tokens[self.starts[i] : self.starts[i + 1]]


def _make(
    family: str,
    difficulty: Any,
    seed: int,
    form: str,
    start: int,
    count: int,
    ids: dict[str, int],
    pattern: str | None,
) -> tuple[list[int], list[int], list[int], list[int]]:
    """`pattern`: whose matches are the words in `ids`; None for bytes, with the ids after those of the specials."""
    if pattern is None:
        first = max(ids.values()) + 1

        def encode(text: str) -> list[int]:
            return [first + byte for byte in text.encode()]
    else:
        split = re.compile(pattern).findall

        def encode(text: str) -> list[int]:
            return [ids[word] for word in split(text)]

    tokens: list[int] = []
    lengths: list[int] = []
    prompts: list[int] = []
    sizes: list[int] = []
    for problem in problems(family, difficulty, "train", seed, count, start=start):
        text = encode(f"{problem.prompt} {problem.gold_text(form)}")
        tokens += [ids["<bos>"], *text, ids["<eos>"]]
        lengths.append(len(text) + 2)
        prompts.append(len(encode(problem.prompt)) + 1)
        sizes.append(problem.instance.size)
    return tokens, lengths, prompts, sizes


def build(
    family: str,
    difficulty: Any,
    seed: int,
    form: str,
    count: int,
    tokenizer: Tokenizer,
    *,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Corpus:
    """The first `count` training sequences."""
    # Workers get a table and a pattern: importing the tokenizer's package would cost each of them seconds.
    vocabulary = tokenizer.vocabulary if tokenizer.words else tokenizer.vocabulary[: tokenizer.unk_id + 1]
    ids = {word: i for i, word in enumerate(vocabulary)}
    pattern = tokenizer.pattern if tokenizer.words else None
    jobs = [
        (family, difficulty, seed, form, start, min(CHUNK, count - start), ids, pattern)
        for start in range(0, count, CHUNK)
    ]
    parts = []
    if workers <= 1 or len(jobs) == 1:
        for done, job in enumerate(jobs, 1):
            parts.append(_make(*job))
            if progress:
                progress(min(done * CHUNK, count), count)
    else:
        # Spawned, not forked: the parent may already hold torch's threads.
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            for done, part in enumerate(pool.map(_make, *zip(*jobs)), 1):
                parts.append(part)
                if progress:
                    progress(min(done * CHUNK, count), count)
    lengths = np.concatenate([np.asarray(part[1], dtype=np.int64) for part in parts])
    return Corpus(
        tokens=np.concatenate([np.asarray(part[0], dtype=np.int32) for part in parts]),
        starts=np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(lengths)]),
        prompts=np.concatenate([np.asarray(part[2], dtype=np.int32) for part in parts]),
        sizes=np.concatenate([np.asarray(part[3], dtype=np.int32) for part in parts]),
    )


def join(parts: Sequence[Corpus]) -> Corpus:
    """Several corpora as one, the first first. A size becomes the hundredths of its part's sizes that are no larger:
    variables and hops are not counted alike, and a curriculum is to let every part grow."""
    if len(parts) == 1:
        return parts[0]
    sizes = []
    for part in parts:
        values, rank = np.unique(part.sizes, return_inverse=True)
        sizes.append((100 * (rank + 1) // len(values)).astype(np.int32))
    return Corpus(
        tokens=np.concatenate([part.tokens for part in parts]),
        starts=np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(np.concatenate([p.lengths for p in parts]))]),
        prompts=np.concatenate([part.prompts for part in parts]),
        sizes=np.concatenate(sizes),
    )
