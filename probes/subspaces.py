"""Learned subspaces: the few directions at a site whose interchange alone makes the model say what `do` says.

Distributed alignment search (Geiger et al. 2024, arXiv 2303.02536), by TransformerLens' `fit_das`: an orthonormal
basis B [d_model rank] is trained so that

    h = h_base + (h_source - h_base) B B^T        put at the site makes the model predict scm.do(x = v)

at the first read after it. What such a search finds proves nothing without its controls, since it also finds effects
in models that know nothing (Arora et al. 2024, arXiv 2402.12560): the same search on an untrained model and for
arbitrary labels (`counterparts.relabelled`), and a move as long in a random subspace.

Ours: the search runs on what comes after the site alone (`suffix`), exact and one or two orders of magnitude cheaper.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor
from transformer_lens.hook_points import HookPoint
from transformer_lens.HookedRootModule import HookedRootModule
from transformer_lens.tools.analysis.interchange import (
    NormMatchedPlacebo,
    SubspaceInterchange,
    fit_das,
    random_basis,
)

from reasonlab.language.errors import BadInput, quote
from reasonlab.models import HookedModel, Tokenizer
from reasonlab.models.decoder import Decoder
from reasonlab.probes.capture import capture, padded
from reasonlab.probes.counterparts import Case, relabelled
from reasonlab.probes.interchange import Site, first_read, position_of, value_tokens
from reasonlab.probes.suffix import CleanRun, continues
from reasonlab.probes.variants import Variant

BATCH, RATE = 64, 0.01
STEPS = 80  # of the optimiser, however few the pairs are
_SITE = "hook_site"


def exchange(basis: Float[Tensor, "d_model rank"]) -> SubspaceInterchange:
    """The interchange inside a subspace."""
    return SubspaceInterchange(basis)


def placebo(basis: Float[Tensor, "d_model rank"], seed: int) -> NormMatchedPlacebo:
    """Moves as far as the interchange in the subspace does, in a random subspace of the same rank."""
    return NormMatchedPlacebo(exchange(basis), random_basis(basis.shape[0], basis.shape[1], seed))


def can_learn(model: HookedModel, site: Site) -> bool:
    """Whether subspaces can be learned at the site: it takes a decoder of ours made of plain blocks."""
    return continues(model, [Variant((), (), site.hook)])


class Search(HookedRootModule):
    """The search for subspaces at one site: the model from there on, in the shape that `fit_das` wants a model in.

    Row i is case i with the base's activation at the site, row n + i with the source's; the output is the logits of
    the p values where x is read first.

    Args:
        cases: those that lack the site's role are left out. A base may stand in many.

    Raises:
        BadInput: the model is none that `suffix` can run, or no case has the role.
    """

    def __init__(
        self, model: HookedModel, tokenizer: Tokenizer, cases: Sequence[Case], site: Site, *, seed: int = 0
    ) -> None:
        super().__init__()
        if not isinstance(model, Decoder) or not can_learn(model, site):
            raise BadInput(
                f"a subspace at {site.hook} of a {type(model).__name__}",
                "a decoder made of plain blocks",
                "exchange whole activations there",
            )
        found = [(case, at) for case in cases if (at := position_of(case, site, seed)) is not None]
        if not found:
            raise BadInput(
                f"none of {len(cases)} cases has the role {quote(site.role)}", "one that has", "another site"
            )
        self.cases, places = [case for case, _ in found], [position for _, position in found]
        self.hook, self.seed = site.hook, seed
        self._reads = [first_read(case, position) for case, position in found]
        bases = list(dict.fromkeys(case.base.tokens for case in self.cases))  # each is run once
        index = {tokens: i for i, tokens in enumerate(bases)}
        row = [index[case.base.tokens] for case in self.cases]
        base = capture(model, bases, [site.hook]).at(site.hook, row, places)
        sources = [case.source.tokens for case in self.cases]
        source = capture(model, sources, [site.hook]).at(site.hook, range(len(sources)), places)
        # A copy without gradients: `fit_das` freezes the parameters of what it is given, and this module has none.
        still = copy.deepcopy(model).requires_grad_(False)
        width = max(read.position for read in self._reads) + 1
        self._run = CleanRun(still, padded([tokens[:width] for tokens in bases]).to(model.device))
        words = value_tokens(tokenizer, self.cases[0])
        self._values = torch.cat((base, source))
        self._row = torch.tensor(row).repeat(2)
        self._at = torch.tensor(places).repeat(2)
        self._read_at = torch.tensor([read.position for read in self._reads]).repeat(2)[:, None]
        self._words = torch.tensor([words[read.bracketed] for read in self._reads]).repeat(2, 1)
        self.hook_site = HookPoint()  # [row d_model]
        self.setup()
        self.eval()

    def forward(self, rows: Int[Tensor, row]) -> Float[Tensor, "row value"]:
        value = self.hook_site(self._values[rows])
        logits = self._run.patched(self.hook, self._row[rows], self._at[rows], None, value, self._read_at[rows])[:, 0]
        return logits.gather(1, self._words[rows].to(logits.device))

    def learn(
        self, rank: int, *, labels: Sequence[int] | None = None, steps: int = STEPS
    ) -> Float[Tensor, "d_model rank"]:
        """The orthonormal basis that `fit_das` learns; with `labels`, for these in place of the values."""
        reads = self._reads
        if labels is not None:
            cases = [relabelled(case, labels) for case in self.cases]
            reads = [first_read(case, read.position) for case, read in zip(cases, reads)]
        targets = torch.tensor([read.expected for read in reads])
        rows = torch.arange(len(self.cases))
        epochs = -(-steps // -(-len(rows) // BATCH))
        learned = fit_das(
            self, _SITE, rows, len(rows) + rows, targets, self,
            rank=rank, epochs=epochs, batch_size=BATCH, lr=RATE, seed=self.seed,
        )  # fmt: skip
        return learned.basis.cpu()
