"""The behaviour whose circuit is asked for: writing a variable's value where it is used next.

From a case (`counterparts`): clean is the base problem with its chain, corrupted the source, in which x has another
value; they have the same words but for those that differ with x. The metric is read where x's value is first used:

    metric = logit(x's clean value) - logit(x's corrupted value)

In an `expand` chain that use is a copy, `e = d [2] + ...`: "copy the operand's value into the step".
"""

from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from reasonlab.models import Tokenizer
from reasonlab.probes.capture import padded
from reasonlab.probes.counterparts import Case
from reasonlab.probes.edges import Contrast

ROWS = 32  # pairs in a contrast: memory does not grow with the number of problems


def value_contrasts(model: Any, tokenizer: Tokenizer, cases: Sequence[Case], *, rows: int = ROWS) -> list[Contrast]:
    """The cases as contrasts of at most `rows` pairs, cut after the read."""
    return [_contrast(model, tokenizer, cases[first : first + rows]) for first in range(0, len(cases), rows)]


def _contrast(model: Any, tokenizer: Tokenizer, cases: Sequence[Case]) -> Contrast:
    reads = [case.first_use() for case in cases]
    device = model.cfg.device
    clean, corrupted = (
        padded([made.tokens[: read.position + 1] for made, read in zip(side, reads)]).to(device)
        for side in ([case.base for case in cases], [case.source for case in cases])
    )
    at = torch.tensor([read.position for read in reads], device=device)
    right, wrong = (
        torch.tensor([tokenizer.encode(read.word(value))[0] for read, value in zip(reads, values)], device=device)
        for values in ([read.base for read in reads], [read.source for read in reads])
    )

    def metric(logits: Float[Tensor, "row pos vocab"]) -> Float[Tensor, "row"]:
        chosen = logits[torch.arange(len(at), device=device), at]
        return (chosen.gather(1, right[:, None]) - chosen.gather(1, wrong[:, None]))[:, 0]

    return Contrast(clean, corrupted, metric, at + 1)
