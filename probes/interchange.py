"""Interchange interventions: put a variable's value from one run into another, and see what follows (Geiger et al.
2021, arXiv 2106.02997; Geiger et al. 2024, arXiv 2303.02536).

    base:    ... b = a [3] + a [3] = 6 ; d = a [3] * b [6] = 8
    source:  ... b = a [4] + a [4] = 8 ; d = a [4] * b [8] = 2
    the source's activation at (layer, role of b), put into the base: does it go on as scm.do(b=8) says, d = 3 * 8 = 4?

Ours: the expectation is not the source's own output but what `do` computes on the base's SCM, and each intervention
runs in two ways. *Words held*: the base's chain is given as it is, and the predictions are read at x's own value, its
first use (`copy`), the value of the step that uses it (`child`; its substituted words still say the old value) and
the answer. *Words free*: the chain is given up to the site, and the model writes on with the intervention in force.

Only interventions that change the expected value count; the rest are `uninformative`. Two kinds of site are
*trivial*: at the first residual an activation is a word's embedding, so the interchange is an edit of the word; at
the last one it is a prediction and nothing reads it. They are controls: they say how well this
model goes on at all. The others: a random position of the same layer, an untrained model, and chance, 1/p.

Not the whole activation has to be exchanged: an `Intervention` of TransformerLens exchanges it in a subspace.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformer_lens.tools.analysis.interchange import Intervention

from reasonlab.language.errors import BadInput, quote
from reasonlab.models import HookedModel, Tokenizer
from reasonlab.probes.capture import Row, capture, depths
from reasonlab.probes.counterparts import Case, Read
from reasonlab.probes.hooks import hook_name
from reasonlab.probes.interventions import Variant, generate_variants, variant_logits
from reasonlab.probes.roles import NO_VARIABLE, ROLES, layout
from reasonlab.probes.tables import share
from reasonlab.tasks.streams import Stream

MODES = ("held", "free")
READS = ("own", "copy", "child", "answer", "all")
RANDOM = "random position"  # the role of the control

# Where a computed variable may live: its definition, its plan, its step from the operands to the closing mark, its use.
SITE_ROLES = (
    "definition name",
    "definition end",
    "plan end",
    "substituted right",
    "before value",
    "value",
    "step end",
    "before copy",
)


@dataclass(frozen=True)
class Site:
    """A place in the network: a component of a layer, at the position of a role."""

    component: str
    layer: int
    role: str

    @property
    def hook(self) -> str:
        return hook_name(self.component, self.layer)

    def trivial(self, n_layers: int) -> str:
        """Why an interchange here says nothing about the network's inside, or ""."""
        if self.component == "resid_pre" and self.layer == 0:
            return "embedding"
        if self.component == "resid_post" and self.layer == n_layers - 1:
            return "prediction"
        return ""


def sites_for(model: Any, roles: Sequence[str] = SITE_ROLES) -> list[Site]:
    """The residual stream at every depth, at each role.

    Raises:
        BadInput: there is no such role.
    """
    for role in roles:
        if role not in ROLES and role != RANDOM:
            raise BadInput(f"there is no role {quote(role)}", f"one of {', '.join(ROLES)}", "choose one of these")
    return [Site(component, layer, role) for component, layer in depths(model.cfg.n_layers) for role in roles]


@dataclass(frozen=True)
class _Trial:
    """One case at one site."""

    case: int
    site: int
    position: int


def interchange_rows(
    model: Any,
    tokenizer: Tokenizer,
    cases: Sequence[Case],
    sites: Sequence[Site],
    *,
    mode: str = "held",
    intervention: Intervention | None = None,
    seed: int = 0,
    batch: int = 64,
    progress: Callable[[int], None] | None = None,
) -> list[Row]:
    """Interchange accuracy, one row a (site, read).

    Columns: mode, component, layer, role, read, trivial ("" or why), accuracy, low, high, count, total (of informative
    interventions that have this read after the site), uninformative, base_right (the share of those whose read is the
    base's value without an intervention; None in free mode, where only the intervened text is written), chance (1/p),
    majority (the share of the commonest expected value: what the best constant guess would reach).

    Held: the word predicted among the p values. Free: the word written; a step that is never written counts as wrong.
    Free mode has one read more, "all": every value that the base's chain states after the site, and the answer.
    The role `RANDOM` stands for a position drawn anew for each case from those before the first use that are none of
    x's own roles.

    Args:
        intervention: what is put in place, of (base's, source's) activations [case d_model]; None for the source's.

    Raises:
        BadInput: an unknown mode; a model without the hook points; problems too long for it.
    """
    if mode not in MODES:
        raise BadInput(f"the mode {quote(mode)}", f"one of {', '.join(MODES)}", "choose one of these")
    trials = [
        _Trial(i, s, position)
        for s, site in enumerate(sites)
        for i, case in enumerate(cases)
        if (position := position_of(case, site, seed)) is not None
    ]
    variants = _variants(model, cases, sites, trials, intervention, batch)
    outcomes = (_held if mode == "held" else _free)(model, tokenizer, cases, trials, variants, batch, progress)
    right = _base_right(model, tokenizer, cases, batch) if mode == "held" else {}
    rows: list[Row] = []
    for s, site in enumerate(sites):
        for read in READS:
            found = [
                (trial, outcome[read])
                for trial, outcome in zip(trials, outcomes)
                if trial.site == s and read in outcome
            ]
            if not found:
                continue
            informative = [(trial.case, said) for trial, said in found if said.informative]
            known = [right[i, read] for i, _ in informative if (i, read) in right]
            expected = Counter(said.expected for _, said in informative).most_common(1)
            rows.append(
                {
                    "mode": mode,
                    "component": site.component,
                    "layer": site.layer,
                    "role": site.role,
                    "read": read,
                    "trivial": site.trivial(model.cfg.n_layers),
                    **share(sum(said.right for _, said in informative), len(informative)),
                    "uninformative": len(found) - len(informative),
                    "base_right": sum(known) / len(known) if known else None,
                    "chance": 1 / cases[0].base.problem.difficulty.modulus,
                    "majority": expected[0][1] / len(informative) if expected else None,
                }
            )
    return rows


def position_of(case: Case, site: Site, seed: int) -> int | None:
    """Where the site is in this case, if it has the role; the seed draws the random position."""
    if site.role != RANDOM:
        owner = site.role in ("query", "query end", "before answer", "answer")
        return case.base.at(site.role, NO_VARIABLE if owner else case.variable)
    own = {p for (_, variable), where in case.base.roles.items() if variable == case.variable for p in where}
    allowed = [p for p in range(1, case.first_use().position) if p not in own]
    stream = Stream("probes", "random position", seed, case.base.problem.prompt, site.component, site.layer)
    return stream.choice(allowed) if allowed else None


def first_read(case: Case, position: int) -> Read:
    """Where x is read first, at a position or after it."""
    return next(read for read in case.reads() if read.position >= position)


def _variants(
    model: Any,
    cases: Sequence[Case],
    sites: Sequence[Site],
    trials: Sequence[_Trial],
    intervention: Intervention | None,
    batch: int,
) -> list[Variant]:
    """Each trial as the base with the source's activation at the site; every read after the site is wanted."""
    hooks = sorted({site.hook for site in sites})
    source = capture(model, [case.source.tokens for case in cases], hooks, batch=batch)
    base = source if intervention is None else capture(model, [c.base.tokens for c in cases], hooks, batch=batch)
    found = []
    for trial in trials:
        case, hook = cases[trial.case], sites[trial.site].hook
        reads = tuple(read.position for read in case.reads() if read.position >= trial.position)
        value = source.activations[hook][trial.case, trial.position]
        if intervention is not None:
            value = intervention(base.activations[hook][trial.case, trial.position][None], value[None])[0]
        found.append(Variant(case.base.tokens, reads or (trial.position,), hook, trial.position, None, value))
    return found


@dataclass(frozen=True, slots=True)
class _Said:
    """What one trial showed at one read. `informative`: what `do` says (`expected`) differs from the base's."""

    right: bool
    informative: bool
    expected: tuple[int, ...]


_Outcome = dict[str, _Said]  # by read


def _held(
    model: Any,
    tokenizer: Tokenizer,
    cases: Sequence[Case],
    trials: Sequence[_Trial],
    variants: Sequence[Variant],
    batch: int,
    progress: Callable[[int], None] | None,
) -> list[_Outcome]:
    values = value_tokens(tokenizer, cases[0])
    outcomes = []
    for trial, logits in zip(trials, variant_logits(model, variants, batch=batch, progress=progress)):
        reads = [read for read in cases[trial.case].reads() if read.position >= trial.position]
        said = [int(row[values[read.bracketed]].argmax()) for read, row in zip(reads, logits)]
        outcomes.append(
            {r.name: _Said(value == r.expected, r.expected != r.base, (r.expected,)) for r, value in zip(reads, said)}
        )
    return outcomes


def _free(
    model: Any,
    tokenizer: Tokenizer,
    cases: Sequence[Case],
    trials: Sequence[_Trial],
    variants: Sequence[Variant],
    batch: int,
    progress: Callable[[int], None] | None,
) -> list[_Outcome]:
    prompts = [
        Variant(variant.tokens[: trial.position + 1], (), variant.hook, trial.position, None, variant.value)
        if trial.position + 1 >= cases[trial.case].base.prompt_length
        else Variant(
            variant.tokens[: cases[trial.case].base.prompt_length],
            (),
            variant.hook,
            trial.position,
            None,
            variant.value,
        )
        for trial, variant in zip(trials, variants)
    ]
    # A model that goes astray may write on for long: what it says after twice the chain's rest is not waited for.
    room = 2 * max((len(v.tokens) - len(p.tokens) for v, p in zip(variants, prompts)), default=0)
    longest = max((len(prompt.tokens) for prompt in prompts), default=0)
    written = generate_variants(
        model,
        prompts,
        max_new_tokens=max(1, min(room, model.cfg.n_ctx - longest)),
        eos_id=tokenizer.eos_id,
        tile=2 * batch,
    )
    outcomes = []
    for trial, prompt, generation in zip(trials, prompts, written):
        case = cases[trial.case]
        chain = tokenizer.decode((*prompt.tokens, *generation.tokens)[case.base.prompt_length :])
        outcomes.append(_written(case, chain, tokenizer, trial.position))
        if progress is not None:
            progress(1)
    return outcomes


def _written(case: Case, chain: str, tokenizer: Tokenizer, position: int) -> _Outcome:
    """What a written chain says where the base's reads after `position` are."""
    made = layout(case.base.problem, chain, tokenizer)
    owners = {"own": ("value", case.variable), "copy": ("copy", case.variable), "answer": ("answer", NO_VARIABLE)}
    if case.child is not None:
        owners["child"] = ("value", case.child)
    outcome: _Outcome = {}
    for read in case.reads():
        if read.position >= position:
            at = made.at(*owners[read.name])
            said = made.words[at] if at is not None else None
            outcome[read.name] = _Said(said == read.word(read.expected), read.expected != read.base, (read.expected,))
    later = [name for name in case.base.stated() if (case.base.at("value", name) or 0) > position]
    stated = {name: place.value for name, place in made.stated().items()}
    right = all(stated.get(name) == str(case.expected[name]) for name in later) and outcome["answer"].right
    names = (*later, case.base.problem.instance.query.variable or "")
    expected = tuple(case.expected[name] for name in names)
    outcome["all"] = _Said(right, expected != tuple(case.base_values[name] for name in names), expected)
    return outcome


def _base_right(model: Any, tokenizer: Tokenizer, cases: Sequence[Case], batch: int) -> dict[tuple[int, str], bool]:
    """Whether the model, left alone, predicts the base's value at each read: (case, read) -> bool."""
    values = value_tokens(tokenizer, cases[0])
    plain = [Variant(case.base.tokens, tuple(read.position for read in case.reads())) for case in cases]
    return {
        (i, read.name): int(row[values[read.bracketed]].argmax()) == read.base
        for i, logits in enumerate(variant_logits(model, plain, batch=batch))
        for read, row in zip(cases[i].reads(), logits)
    }


def value_tokens(tokenizer: Tokenizer, case: Case) -> dict[bool, list[int]]:
    """The tokens of the values 0..p-1, as they are written outside brackets and in them."""
    modulus = case.base.problem.difficulty.modulus
    forms = {False: "{}", True: "[{}]"}
    return {
        bracketed: [tokenizer.encode(form.format(value))[0] for value in range(modulus)]
        for bracketed, form in forms.items()
    }


def untrained(model: Any, seed: int = 0) -> HookedModel:
    """A model of the same shape with fresh weights: the control.

    Raises:
        BadInput: the model is not one of ours, so that its shape cannot be made anew.
    """
    if not isinstance(model, HookedModel):
        raise BadInput(
            f"a {type(model).__name__} cannot be made anew", "a model of reasonlab", "leave this control out"
        )
    with torch.random.fork_rng(devices=[]):
        return type(model)(model.config, seed).to(model.device).eval()  # type: ignore[call-arg, operator]
