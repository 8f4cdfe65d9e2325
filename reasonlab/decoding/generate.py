"""Batched generation with a key/value cache, in tiles of rows small enough for the processor's own cache.

    sort the prompts by length -> tiles -> prefill once a prompt -> step until every row is done -> the input's order

Rows that are done leave their tile. What a row says does not depend on its neighbours, up to float rounding: greedy
tokens are those of an uncached forward pass, and a sampled row draws from a stream of its own (see sampling).

Hooks on the model fire in every forward pass. While a tile is prefilled they see [batch, pos, ...] with pos = the
position in the prompt (rows padded on the right); afterwards [batch, 1, ...], a token a row, at positions that differ
by row. `on_step` is told, before each pass, which rows and positions it holds. Keys and values already in the cache
are not computed again: an intervention on an early position has to be in force while that position is processed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from reasonlab.decoding.cache import Prefill, StaticCache
from reasonlab.decoding.sampling import Sampling, choose, uniforms
from reasonlab.language.errors import BadInput
from reasonlab.models.hooked import HookedModel, is_hooked
from reasonlab.models.qwen3_compiled import CompiledStep

# Rows decoded together where no compiled step says how many the processor's cache holds.
TILE = 128
# Finished rows go on being computed until so many of the tile's rows are done: moving the cache costs a copy.
COMPACT_BELOW = 0.75


@dataclass(frozen=True)
class Generation:
    """What one row said.

    `tokens` are the new ones, `eos_id` included when it was reached, and then `finished` is true. `logprobs` are
    natural logarithms under the model itself: at temperature 1, nothing cut off.
    """

    prompt: int
    sample: int
    tokens: tuple[int, ...]
    logprobs: tuple[float, ...]
    finished: bool


@dataclass(frozen=True)
class Step:
    """One forward pass, as hooks see it. `sample` is -1 in a prefill, which serves every sample of the prompt;
    `positions` is -1 at padding. Rows that are done but have not left the tile yet are still in it."""

    prompt: Int[Tensor, "batch"]
    sample: Int[Tensor, "batch"]
    positions: Int[Tensor, "batch pos"]


@torch.inference_mode()
def generate(
    model: HookedModel,
    prompts: Sequence[Sequence[int]],
    *,
    max_new_tokens: int,
    eos_id: int | None,
    temperature: float = 0.0,
    top_k: int | None = None,
    top_p: float | None = None,
    n: int = 1,
    seed: int = 0,
    tile: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    on_step: Callable[[Step], None] | None = None,
) -> list[Generation]:
    """`n` continuations of each prompt: entry i * n + s is sample s of prompt i.

    A row stops after `eos_id`, after `max_new_tokens`, or where the model has no more positions.

    Args:
        tile: rows decoded together; None for what suits the processor's cache.
        progress: called with (rows done, rows in all) after each tile.
        on_step: called before each forward pass.

    Raises:
        BadInput: a prompt is empty, longer than max_positions, or holds an id outside the vocabulary; an option is
            outside its range.
    """
    sampling = Sampling(temperature, top_k, top_p, seed)
    for name, value in (("max_new_tokens", max_new_tokens), ("n", n), ("tile", tile)):
        if value is not None and value < 1:
            raise BadInput(f"{name} = {value}", "1 or more", "change it")
    _check_prompts(model, prompts)
    by_length = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
    # Hooks only fire in the model's own forward pass; without any, its packed twin says the same in half the time.
    packed = None if is_hooked(*model.hook_points()) else model.packed()
    if tile is None:
        longest = max(map(len, prompts), default=0) + max_new_tokens
        tile = packed.tile(longest) if isinstance(packed, CompiledStep) else TILE
    group = max(1, tile // n)
    results: dict[tuple[int, int], Generation] = {}
    for first in range(0, len(by_length), group):
        chosen = by_length[first : first + group]
        prefill, logits, lengths = _prefill(model, [prompts[i] for i in chosen], chosen, on_step)
        rows = [(row, sample) for row in range(len(chosen)) for sample in range(n)]
        for begin in range(0, len(rows), tile):
            part = _Tile(
                model, packed, prefill, logits, lengths, rows[begin : begin + tile], chosen, max_new_tokens, sampling
            )
            for generation in part.run(eos_id, on_step):
                results[generation.prompt, generation.sample] = generation
            if progress is not None:
                progress(len(results), len(prompts) * n)
    return [results[i, s] for i in range(len(prompts)) for s in range(n)]


def _check_prompts(model: HookedModel, prompts: Sequence[Sequence[int]]) -> None:
    limit, vocab = model.cfg.n_ctx, model.cfg.d_vocab
    for i, prompt in enumerate(prompts):
        if not 1 <= len(prompt) <= limit:
            raise BadInput(
                f"prompt {i} has {len(prompt)} tokens",
                f"1 to {limit}, the model's max_positions",
                "shorten the prompt, or train with a larger max_positions",
            )
        if not 0 <= min(prompt) <= max(prompt) < vocab:
            raise BadInput(
                f"prompt {i} holds token ids from {min(prompt)} to {max(prompt)}",
                f"0 to {vocab - 1}",
                "encode it with the model's own tokenizer",
            )


def _prefill(
    model: HookedModel, prompts: list[Sequence[int]], ids: list[int], on_step: Callable[[Step], None] | None
) -> tuple[Prefill, Tensor, Tensor]:
    """The prompts' keys and values, the logits after each prompt's last token [prompt, vocab], the lengths."""
    lengths = torch.tensor([len(p) for p in prompts])
    tokens = torch.zeros(len(prompts), int(lengths.max()), dtype=torch.long)
    for row, prompt in zip(tokens, prompts):
        row[: len(prompt)] = torch.tensor(prompt)
    if on_step is not None:
        positions = torch.arange(tokens.shape[1]).expand_as(tokens)
        positions = positions.masked_fill(positions >= lengths[:, None], -1)
        on_step(Step(torch.tensor(ids), torch.full((len(ids),), -1), positions))
    lengths = lengths.to(model.device)
    prefill = Prefill(model.device, lengths)
    logits = model(tokens.to(model.device), cache=prefill, logits_at=lengths[:, None] - 1)[:, 0]
    return prefill, logits, lengths


class _Tile:
    """Rows that are decoded together. `alive` maps a row of the batch to its entry in `rows`."""

    def __init__(
        self,
        model: HookedModel,
        packed: Callable[..., Tensor] | None,
        prefill: Prefill,
        logits: Tensor,
        lengths: Tensor,
        rows: list[tuple[int, int]],
        prompt_ids: list[int],
        max_new_tokens: int,
        sampling: Sampling,
    ) -> None:
        self.model, self.packed, self.sampling = model, packed, sampling
        self.prompts = torch.tensor([prompt_ids[row] for row, _ in rows])
        self.samples = torch.tensor([sample for _, sample in rows])
        source = torch.tensor([row for row, _ in rows], device=model.device)
        # The last token of all needs no position: it is never fed back.
        budget = (model.cfg.n_ctx - lengths[source] + 1).clamp(max=max_new_tokens)
        self.budget = budget.tolist()
        self.logits = logits[source]
        self.cache = StaticCache(prefill, lengths, source, max(self.budget) - 1, model.windows())
        self.uniform: Tensor | None = None
        if sampling.temperature > 0:
            streams = [uniforms(sampling.seed, prompt_ids[row], sample, max(self.budget)) for row, sample in rows]
            self.uniform = torch.from_numpy(np.stack(streams)).to(model.device)

    def run(self, eos_id: int | None, on_step: Callable[[Step], None] | None) -> list[Generation]:
        rows = len(self.budget)
        tokens: list[list[int]] = [[] for _ in range(rows)]
        logprobs: list[list[float]] = [[] for _ in range(rows)]
        finished = [False] * rows
        alive, logits = list(range(rows)), self.logits
        for step in range(max(self.budget)):
            uniform = None if self.uniform is None else self.uniform[alive, step]
            chosen = choose(logits, uniform, self.sampling)
            said = logits.float().log_softmax(-1).gather(-1, chosen[:, None])[:, 0].tolist()
            running = []
            for i, (row, token, logprob) in enumerate(zip(alive, chosen.tolist(), said)):
                if finished[row] or step >= self.budget[row]:
                    continue
                tokens[row].append(token)
                logprobs[row].append(logprob)
                finished[row] = token == eos_id
                if not finished[row] and step + 1 < self.budget[row]:
                    running.append(i)
            if not running:
                break
            if len(running) <= COMPACT_BELOW * len(alive):
                kept = torch.tensor(running, device=chosen.device)
                self.cache.keep(kept)
                chosen, alive = chosen[kept], [alive[i] for i in running]
            # A row that ran out of positions may still be in the batch: it goes on at the last one, unread.
            positions = self.cache.positions(1).clamp(max=self.model.cfg.n_ctx - 1)
            if on_step is not None:
                on_step(Step(self.prompts[alive], self.samples[alive], positions.expand(len(alive), -1).cpu()))
            if self.packed is not None:
                logits = self.packed(chosen, positions, self.cache)
            else:
                logits = self.model(chosen[:, None], positions=positions, cache=self.cache)[:, 0]
        return [
            Generation(int(self.prompts[r]), int(self.samples[r]), tuple(tokens[r]), tuple(logprobs[r]), finished[r])
            for r in range(rows)
        ]
