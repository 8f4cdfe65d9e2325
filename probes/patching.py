"""Activation patching: which activations make the difference between two runs (Vig et al. 2020, arXiv 2004.12265; Meng
et al. 2022, arXiv 2202.05262; Heimersheim & Nanda 2024, arXiv 2404.15255 on how to read it).

A clean problem and a corrupted one of the same shape, in which x has another value (`counterparts`), each run on its
own gold chain. The metric compares, where x's value is first used, the clean value's token with the corrupted one's:

    metric  = logit(clean) - logit(corrupted)         or the probability of the clean token
    effect  = (metric - metric of corrupted run) / (metric of clean run - metric of corrupted run)

Denoising puts a clean activation into the corrupted run (effect 1: it suffices), noising a corrupted one into the
clean run (effect 0: it was needed). Ours: positions carry roles, so problems of different shape can be averaged; and
each effect stands beside its control, the same patch taken from an unrelated problem of the same shape.
Under the logit difference a control near one half is what a site that carries the value shows: the unrelated value
favours neither token. An effect well above its control is the value's own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from reasonlab.language.errors import BadInput, quote
from reasonlab.models import Tokenizer
from reasonlab.probes.capture import Captured, Row, capture
from reasonlab.probes.counterparts import Case, Read
from reasonlab.probes.hooks import hook_name
from reasonlab.probes.interventions import Variant, variant_logits
from reasonlab.probes.roles import NO_VARIABLE

DIRECTIONS = ("denoising", "noising")
METRICS = ("logit difference", "probability")
SMALLEST = 1e-3  # of |clean - corrupted|: below it there is nothing to divide by, and the effect is None


@dataclass(frozen=True)
class Pair:
    """One case: the run that is patched, where it is read, the two tokens, and both runs' unpatched metrics."""

    case: Case
    read: Read
    clean_token: int
    corrupted_token: int
    clean: float
    corrupted: float

    def effect(self, value: float) -> float | None:
        span = self.clean - self.corrupted
        return (value - self.corrupted) / span if abs(span) >= SMALLEST else None


def patch_rows(
    model: Any,
    tokenizer: Tokenizer,
    cases: Sequence[Case],
    *,
    components: Sequence[str] = ("resid_pre",),
    heads: bool = False,
    roles: Sequence[str] | None = None,
    read: str = "first use",
    direction: str = "denoising",
    metric: str = "logit difference",
    control: bool = True,
    batch: int = 64,
    progress: Callable[[int], None] | None = None,
) -> list[Row]:
    """The effect of patching each site, one row a (case, component, layer, head, position).

    Columns: problem, variable, direction, metric, component, layer, head (None for a whole component), position, token,
    role and of (the variable that the position is about), relation (of that variable to x: "own", "parent", "child",
    "other", or "" where there is none), effect, control.

    Args:
        components: of resid_pre, resid_mid, resid_post, attn_out, mlp_out.
        heads: also each head's z.
        roles: only these roles of x (each at its last position); by default every position up to the read.
        read: "first use", or the name of a `counterparts.Read`.
        control: also patch from an unrelated problem; without, the column is None.

    Raises:
        BadInput: an unknown component, direction, metric or read; a model without the hook points.
    """
    for name, given, allowed in (("direction", direction, DIRECTIONS), ("metric", metric, METRICS)):
        if given not in allowed:
            raise BadInput(f"the {name} {quote(given)}", f"one of {', '.join(allowed)}", "choose one of these")
    sites = [(component, layer) for component in components for layer in range(model.cfg.n_layers)]
    z_sites = [("z", layer) for layer in range(model.cfg.n_layers)] if heads else []
    hooks = [hook_name(*site) for site in (*sites, *z_sites)]
    pairs = pairs_of(model, tokenizer, cases, read, metric, batch)
    runs = _capture_all(model, cases, hooks, batch)
    giver = "base" if direction == "denoising" else "source"

    rows: list[Row] = []
    variants: list[Variant] = []
    origins: list[tuple[int, int, str]] = []  # variant -> (row, pair, column)
    for index, pair in enumerate(pairs):
        taker = pair.case.source if direction == "denoising" else pair.case.base
        places = _places(pair, roles)
        for component, layer in (*sites, *z_sites):
            hook = hook_name(component, layer)
            for position, role, of, relation in places:
                for head in range(model.cfg.n_heads) if component == "z" else (None,):
                    rows.append(
                        {
                            "problem": pair.case.base.problem.id,
                            "variable": pair.case.variable,
                            "direction": direction,
                            "metric": metric,
                            "component": component,
                            "layer": layer,
                            "head": head,
                            "position": position,
                            "token": taker.words[position],
                            "role": role,
                            "of": of,
                            "relation": relation,
                            "effect": None,
                            "control": None,
                        }
                    )
                    for column, run in (("effect", giver), ("control", "unrelated")):
                        if column == "control" and not control:
                            continue
                        value: Tensor = runs[run].activations[hook][index, position]
                        value = value if head is None else value[head]
                        variants.append(Variant(taker.tokens, (pair.read.position,), hook, position, head, value))
                        origins.append((len(rows) - 1, index, column))
    for (row, index, column), logits in zip(origins, variant_logits(model, variants, batch=batch, progress=progress)):
        pair = pairs[index]
        rows[row][column] = pair.effect(float(metric_of(logits[0], pair.clean_token, pair.corrupted_token, metric)))
    return rows


def _places(pair: Pair, roles: Sequence[str] | None) -> list[tuple[int, str, str, str]]:
    """The positions to patch: (position, role, the variable it is about, that variable's relation to x)."""
    made, x = pair.case.base, pair.case.variable
    if roles is not None:
        found = []
        for role in roles:
            of = x if made.at(role, x) is not None else NO_VARIABLE
            position = made.at(role, of)
            if position is not None and position <= pair.read.position:
                found.append((position, role, of, "own" if of else ""))
        return found
    parents = {name: variable.parents for name, variable in made.problem.scm().variables.items()}

    def relation(name: str) -> str:
        if name == NO_VARIABLE:
            return ""
        return "own" if name == x else "parent" if name in parents[x] else "child" if x in parents[name] else "other"

    labels = made.labels()[: pair.read.position + 1]
    return [(position, role, of, relation(of)) for position, (role, of) in enumerate(labels)]


def metric_of(logits: Tensor, clean: int, corrupted: int, metric: str) -> Tensor:
    if metric == "probability":
        return logits.softmax(-1)[clean]
    return logits[clean] - logits[corrupted]


def pairs_of(model: Any, tokenizer: Tokenizer, cases: Sequence[Case], read: str, metric: str, batch: int) -> list[Pair]:
    """Both unpatched runs of each case, at its read."""
    reads = [_read(case, read) for case in cases]
    plain = [
        Variant(made.tokens, (read.position,)) for case, read in zip(cases, reads) for made in (case.base, case.source)
    ]
    logits = variant_logits(model, plain, batch=batch)
    pairs = []
    for i, (case, chosen) in enumerate(zip(cases, reads)):
        clean, corrupted = (tokenizer.encode(chosen.word(value))[0] for value in (chosen.base, chosen.source))
        values = (float(metric_of(found[0], clean, corrupted, metric)) for found in logits[2 * i : 2 * i + 2])
        pairs.append(Pair(case, chosen, clean, corrupted, *values))
    return pairs


def _read(case: Case, name: str) -> Read:
    if name == "first use":
        return case.first_use()
    found = {read.name: read for read in case.reads()}
    if name not in found:
        raise BadInput(
            f"problem {case.base.problem.id} has no read {quote(name)}", f"one of {', '.join(found)}", "choose another"
        )
    return found[name]


def _capture_all(model: Any, cases: Sequence[Case], hooks: list[str], batch: int) -> dict[str, Captured]:
    """The runs that activations are taken from: "base", "source" and "unrelated", one row a case."""
    return {
        run: capture(model, [getattr(case, run).tokens for case in cases], hooks, batch=batch)
        for run in ("base", "source", "unrelated")
    }


def average(rows: Sequence[Row], by: Sequence[str] = ("component", "layer", "head", "role", "relation")) -> list[Row]:
    """The mean effect and control over the rows that agree in `by`, with the 95% normal interval of the effect's mean.

    Columns: those of `by`, effect, low, high (None for a single value), control, count. Rows without an effect (both
    runs say the same) are left out.
    """
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        if row["effect"] is not None:
            groups.setdefault(tuple(row[name] for name in by), []).append(row)
    found = []
    for key, group in groups.items():
        effects = [row["effect"] for row in group]
        controls = [row["control"] for row in group if row["control"] is not None]
        n, mean = len(effects), sum(effects) / len(effects)
        half = 1.96 * math.sqrt(sum((e - mean) ** 2 for e in effects) / (n - 1) / n) if n > 1 else None
        found.append(
            dict(zip(by, key))
            | {
                "effect": mean,
                "low": None if half is None else mean - half,
                "high": None if half is None else mean + half,
                "control": sum(controls) / len(controls) if controls else None,
                "count": n,
            }
        )
    return found
