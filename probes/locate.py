"""Locate: where one variable lives in the network, with the controls that the claim needs.

    1 screen   every site, words held, on half of the problems
    2 choose   the sites that screened best, words free, on the same half: does all that follows follow?
    3 report   the chosen sites, words free and held, on the other half, beside a random position of the same layer,
               an untrained model at the same site, chance, and the trivial sites

Choosing and reporting on different problems keeps the winner's luck out of the number (ours; interchange accuracy
itself is Geiger et al. 2021, see `interchange`). Three phases are told apart: where the value is *ready* before its
word is written, where it is *kept* once the word is there (the word goes on saying the old value, so what follows
goes through the network alone), and where it is *used*, about to be written again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from reasonlab.models import HookedModel, Tokenizer
from reasonlab.probes.capture import Row, depths
from reasonlab.probes.counterparts import Case, make_cases
from reasonlab.probes.interchange import RANDOM, SITE_ROLES, Site, interchange_rows, sites_for, untrained
from reasonlab.probes.patching import average, patch_rows
from reasonlab.probes.roles import ROLES
from reasonlab.probes.tables import best_site
from reasonlab.tasks import Problem

FINALISTS = 2  # sites of each phase that go from the screen to free writing
PATCHED_CASES = 6  # a heatmap needs no more: its control and interval say how sure it is
PATCHED_ROLES = ("definition operator", "query end", "plan end", "step name", "substituted left", "step operator",
                 "substituted right", "before value", "value", "step end", "before copy", "before answer")  # fmt: skip
PHASES = ("ready", "kept", "used")
Measure = Callable[..., list[Row]]  # of (model, cases, sites, mode): `interchange_rows` with the rest of it settled
_KEYS = ("component", "layer", "role", "read")


@dataclass(frozen=True)
class Located:
    """Where a variable lives.

    Attributes:
        variable: what was asked for ("auto", "constant", "asked" or a name).
        best: the best row of `phases`; None where nothing follows at any site.
        phases: for each phase that has a site from which something follows, its best site's row of `report`.
        report: the chosen and the trivial sites on problems not used for choosing: the columns of `interchange_rows`
            and random_position, untrained (accuracies of the controls).
        screen: every site, words held, on the problems used for choosing.
        patching: the average effect of patching, layer by role (see `patching.average`).
        cases, skipped: how many problems were used, and how many had no such variable, by reason.
    """

    variable: str
    best: Row | None
    phases: dict[str, Row]
    report: list[Row]
    screen: list[Row]
    patching: list[Row]
    cases: int
    skipped: dict[str, int]

    @property
    def ceiling(self) -> float | None:
        """What follows where the value's word itself is edited: the scale that the sites inside are held against."""
        edits = [r for r in self.report if (r["mode"], r["read"], r["trivial"]) == ("free", "all", "embedding")]
        return edits[0]["accuracy"] if edits else None

    def sentence(self) -> str:
        """One line for a person."""
        if self.best is None:
            return f"no non-trivial site carries the variable ({self.variable}) in {self.cases} problems"
        row = self.best
        return (
            f"layer {row['layer']} ({row['component']}) at '{row['role']}' carries the variable: what do() says is "
            f"written in {row['accuracy']:.0%} [{row['low']:.0%}, {row['high']:.0%}] of {row['total']} interventions; "
            f"editing the word itself {_percent(self.ceiling)}, random position {_percent(row['random_position'])}, "
            f"untrained model {_percent(row['untrained'])}, chance {row['chance']:.0%}"
        )


def _percent(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.0%}"


def locate(
    model: HookedModel,
    tokenizer: Tokenizer,
    problems: Sequence[Problem],
    *,
    variable: str = "auto",
    form: str = "plan",
    roles: Sequence[str] = SITE_ROLES,
    seed: int = 0,
    batch: int = 64,
    progress: Callable[[int], None] | None = None,
) -> Located:
    """Finds the variable's sites. A pure function of the model, the problems and the seed.

    Args:
        roles: the positions to search, of the variable itself. progress: called with the interventions just done.

    Raises:
        BadInput: no problem has the variable, the family has no interchange, an unknown role, problems too long.
    """
    made = make_cases(list(problems), tokenizer, variable=variable, form=form, seed=seed)
    choosing, reporting = halves(made.cases)

    def measure(which: HookedModel, cases: Sequence[Case], sites: Sequence[Site], mode: str) -> list[Row]:
        return interchange_rows(which, tokenizer, cases, sites, mode=mode, seed=seed, batch=batch, progress=progress)

    screen, best = choose_sites(measure, model, choosing, roles)
    winners = {p: site_of(row) for p, row in best.items() if row["count"]}
    report = report_sites(measure, model, reporting, list(winners.values()), roles, seed)
    found = {site_of(row): row for row in report if row["mode"] == "free" and row["read"] == "all"}
    phases = {p: found[site] for p, site in winners.items() if site in found}
    patched = patch_rows(model, tokenizer, made.cases[:PATCHED_CASES], roles=PATCHED_ROLES, batch=batch,
                         progress=progress)  # fmt: skip
    return Located(
        variable=variable,
        best=best_site(list(phases.values())),
        phases=phases,
        report=report,
        screen=screen,
        patching=average(patched),
        cases=len(made.cases),
        skipped=made.skipped,
    )


def halves(cases: Sequence[Case]) -> tuple[Sequence[Case], Sequence[Case]]:
    """The cases to choose on, and those to report on; a single case is both."""
    return cases[::2], cases[1::2] or cases


def phase(role: str) -> str:
    """Which of PHASES a role belongs to: before the variable's value, from there to the step's end, or after."""
    order = list(ROLES)
    if order.index(role) < order.index("value"):
        return "ready"
    return "kept" if order.index(role) <= order.index("step end") else "used"


def site_of(row: Row) -> Site:
    """The site that a row is about."""
    return Site(row["component"], row["layer"], row["role"])


def choose_sites(
    measure: Measure, model: HookedModel, cases: Sequence[Case], roles: Sequence[str]
) -> tuple[list[Row], dict[str, Row]]:
    """Screens every site, and lets the model write on at those that screened best.

    Returns: the screen, and for each phase that has sites the best one's row, words free, of everything that follows.
    """
    everywhere = sites_for(model, roles)
    screen = measure(model, cases, [*everywhere, *sites_for(model, [RANDOM])], "held")
    chosen = measure(model, cases, _finalists(screen, everywhere, len(model.blocks)), "free")
    best = {p: best_site([row for row in chosen if phase(row["role"]) == p], read="all") for p in PHASES}
    return screen, {p: row for p, row in best.items() if row is not None}


def _finalists(screen: Sequence[Row], sites: Sequence[Site], n_layers: int) -> list[Site]:
    """The non-trivial sites at which the most followed of what is read soonest: x's own value, or its first use.

    As many from each phase.
    """
    scores = dict.fromkeys((site for site in sites if not site.trivial(n_layers)), 0.0)
    for row in screen:
        if (site := site_of(row)) in scores and row["total"]:
            scores[site] = max(scores[site], row["accuracy"])
    ranked = sorted(scores, key=lambda site: -scores[site])
    return [site for p in PHASES for site in [s for s in ranked if phase(s.role) == p][:FINALISTS]]


def report_sites(
    measure: Measure,
    model: HookedModel,
    cases: Sequence[Case],
    winners: Sequence[Site],
    roles: Sequence[str],
    seed: int,
) -> list[Row]:
    """Both modes at the winning sites and the two trivial ones (as far as `roles` has them), each row with its
    controls: the columns random_position and untrained, accuracies."""
    first, last = depths(len(model.blocks))[0], depths(len(model.blocks))[-1]
    trivial = [Site(*first, "value"), Site(*last, "before value")]
    controls = list(dict.fromkeys(map(at_random, winners)))
    fresh = untrained(model, seed)
    report = []
    for mode in ("free", "held"):
        measured = measure(model, cases, [*winners, *(site for site in trivial if site.role in roles)], mode)
        elsewhere = _accuracies(measure(model, cases, controls, mode))
        without = _accuracies(measure(fresh, cases, winners, mode))
        report += [
            row
            | {
                "random_position": elsewhere.get((row["component"], row["layer"], RANDOM, row["read"])),
                "untrained": without.get(tuple(row[key] for key in _KEYS)),
            }
            for row in measured
        ]
    return report


def at_random(site: Site) -> Site:
    """The control of a site: the same component at a random position."""
    return Site(site.component, site.layer, RANDOM)


def _accuracies(rows: Sequence[Row]) -> dict[tuple[Any, ...], float]:
    return {tuple(row[key] for key in _KEYS): row["accuracy"] for row in rows}
