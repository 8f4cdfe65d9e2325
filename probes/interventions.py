"""Interventions: a forward pass in which the activation at one site is another one.

Each *variant* is one sequence with one activation put in place; many run as rows of one batch, each with a site of
its own. Exact: equal to running them one at a time (tested to 1e-5). While decoding with a cache, an intervention
must be in force when its position is processed, since keys and values are not computed again: `Steering` is told each
pass's rows and positions by `generate`, and acts wherever its position comes by.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from reasonlab.decoding import generate
from reasonlab.decoding.generate import Generation, Step
from reasonlab.language.errors import BadInput
from reasonlab.models import HookedModel
from reasonlab.probes.capture import padded
from reasonlab.probes.hooks import require, require_room
from reasonlab.probes.suffix import continues, suffix_logits
from reasonlab.probes.variants import Variant


def _replace(rows: Tensor, variants: Sequence[Variant]) -> Callable[[Tensor, Any], Tensor]:
    """The hook that puts each variant's value in place, in row `rows[i]`."""
    positions = torch.tensor([variant.position for variant in variants])
    values = torch.stack([variant.value for variant in variants])  # type: ignore[misc]  # they have a hook, so a value
    heads = None if variants[0].head is None else torch.tensor([variant.head for variant in variants])

    def act(activation: Tensor, hook: Any) -> Tensor:
        activation = activation.clone()
        index = (rows, positions) if heads is None else (rows, positions, heads)
        activation[index] = values.to(activation)
        return activation

    return act


def variant_logits(
    model: Any, variants: Sequence[Variant], *, batch: int = 64, progress: Callable[[int], None] | None = None
) -> list[Float[Tensor, "read vocab"]]:
    """The logits at each variant's reads, float32, on the CPU, in the order of `variants`.

    What comes after a variant's last read cannot matter, and is not computed; nor is, in our decoders, what comes
    before the site (`suffix_logits`).

    Args:
        batch: rows in a pass. progress: called with the number of variants just done.

    Raises:
        BadInput: the model lacks a hook point, or a sequence is longer than its positions.
    """
    require(model, sorted({variant.hook for variant in variants if variant.hook is not None}))
    require_room(model, max((max(variant.reads) + 1 for variant in variants), default=0))
    run = suffix_logits if continues(model, variants) else hooked_logits
    return run(model, variants, batch=batch, progress=progress)


@torch.no_grad()
def hooked_logits(
    model: Any, variants: Sequence[Variant], *, batch: int = 64, progress: Callable[[int], None] | None = None
) -> list[Float[Tensor, "read vocab"]]:
    """`variant_logits` of any model with TransformerLens' hooks: a whole pass for every row."""
    widths = [max(variant.reads) + 1 for variant in variants]
    results: list[Tensor] = [torch.empty(0)] * len(variants)
    by_width = sorted(range(len(variants)), key=lambda i: widths[i])
    for first in range(0, len(variants), batch):
        chosen = by_width[first : first + batch]
        tokens = padded([variants[i].tokens[: widths[i]] for i in chosen])
        groups: dict[tuple[str, bool], list[int]] = {}
        for row, i in enumerate(chosen):
            if (name := variants[i].hook) is not None:
                groups.setdefault((name, variants[i].head is None), []).append(row)
        hooks = [
            (name, _replace(torch.tensor(rows), [variants[chosen[row]] for row in rows]))
            for (name, _), rows in groups.items()
        ]
        with model.hooks(fwd_hooks=hooks):
            logits = model(tokens.to(model.cfg.device)).float().cpu()
        for row, i in enumerate(chosen):
            results[i] = logits[row, list(variants[i].reads)].clone()
        if progress is not None:
            progress(len(chosen))
    return results


class Steering:
    """Interventions in force during `generate`: variant i acts on prompt i, at its position, in whichever pass that
    position is processed. Pass `on_step` to generate, inside `model.hooks(fwd_hooks=steering.hooks)`."""

    def __init__(self, variants: Sequence[Variant]) -> None:
        self._now: Step | None = None
        self._position = torch.tensor([v.position if v.hook is not None else -2 for v in variants])
        self._groups: dict[str, dict[int, Variant]] = {}
        for i, variant in enumerate(variants):
            if variant.hook is not None:
                self._groups.setdefault(variant.hook, {})[i] = variant
        self.hooks: list[Any] = [(name, self._act) for name in self._groups]

    def on_step(self, step: Step) -> None:
        self._now = step

    def _act(self, activation: Tensor, hook: Any) -> Tensor:
        assert self._now is not None, "generate() tells every pass before it"
        group = self._groups[hook.name]
        hits = (self._now.positions == self._position[self._now.prompt][:, None]).nonzero().tolist()
        prompts = self._now.prompt.tolist()
        chosen = [(row, column, group[prompts[row]]) for row, column in hits if prompts[row] in group]
        if not chosen:
            return activation
        activation = activation.clone()
        for row, column, variant in chosen:
            target = activation[row, column] if variant.head is None else activation[row, column, variant.head]
            target.copy_(variant.value)  # type: ignore[arg-type]  # a variant with a hook has a value
        return activation


def generate_variants(
    model: HookedModel, variants: Sequence[Variant], *, max_new_tokens: int, eos_id: int, tile: int = 128
) -> list[Generation]:
    """Greedy continuations of the variants' tokens with each one's intervention in force.

    Raises:
        BadInput: the model lacks a hook point, or cannot decode with our cache.
    """
    if not isinstance(model, HookedModel):
        raise BadInput(
            f"a {type(model).__name__} cannot go on writing under an intervention",
            "a model of reasonlab",
            "hold the words, or load the folder with reasonlab",
        )
    require(model, sorted({variant.hook for variant in variants if variant.hook is not None}))
    steering = Steering(variants)
    with model.hooks(fwd_hooks=steering.hooks):
        return generate(
            model,
            [variant.tokens for variant in variants],
            max_new_tokens=max_new_tokens,
            eos_id=eos_id,
            tile=tile,
            on_step=steering.on_step,
        )
