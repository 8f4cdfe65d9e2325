"""Alignment: where each variable on the path lives, all of them, and how many such claims could be luck.

A variable is its place on the path, over problems of different names (`counterparts.on_path`): constant 1, constant 2,
step 1, step 2, ..., asked. For each one, as in `locate`: every site is screened on half of the problems; the best
non-trivial one is *named* there; the other half says how often what `do` says follows from an interchange at it, of
the whole activation ("full") and in subspaces learned on the first half ("das-8": 8 dimensions, see `subspaces`).

    rule    the named site carries the variable if, on the held-out half, words free,
            P(X >= count) <= FALSE_CLAIMS / claims,    X ~ Binomial(total, null)
            null = the largest of chance (1/p), majority (the best constant guess), and the measured controls

Each variable and method makes one claim, at a site chosen without the held-out half. So over all claims the
probability of a single false one is at most FALSE_CLAIMS (Bonferroni), and the false discovery rate is, too. A
variable is *aligned* if the site carries it and the accuracy is at least BAR.

Ours; interchange accuracy and alignment are Geiger et al. 2021 (arXiv 2106.02997) and 2024 (arXiv 2303.02536).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from transformer_lens.tools.analysis.interchange import Intervention

from reasonlab.language.errors import BadInput
from reasonlab.models import HookedModel, Tokenizer
from reasonlab.probes.capture import Row
from reasonlab.probes.counterparts import Case, make_cases, on_path, relabelled
from reasonlab.probes.interchange import RANDOM, SITE_ROLES, Site, interchange_rows, untrained
from reasonlab.probes.locate import Measure, choose_sites, halves, phase, report_sites, site_of
from reasonlab.probes.roles import gold_layout
from reasonlab.probes.subspaces import Search, can_learn, exchange, placebo
from reasonlab.probes.tables import best_site
from reasonlab.runs.intervals import binomial_tail
from reasonlab.tasks import Problem
from reasonlab.tasks.streams import Stream, digest

BAR = 0.9  # of interchange accuracy
FALSE_CLAIMS = 0.05
LEAST = 20  # cases that a variable must have
RANKS = (8, 16)
SOURCES = 3  # of each base that a subspace is learned from: pairs in which different variables move
CONTROLS = ("random_position", "untrained", "random_subspace", "arbitrary_labels")
_Found = list[tuple[Row, str, dict[str, float | None]]]  # a row, its method, the controls it does not hold itself


@dataclass(frozen=True)
class Alignment:
    """Which site carries which variable.

    Attributes:
        rows: one a (variable, mode, site, method), on problems not used for choosing. Columns: variable, mode (held:
            what is read first; free: everything written later), component, layer, role, phase, trivial, method, read,
            accuracy, low, high, count, total, uninformative, chance, majority, the accuracies of the CONTROLS (None
            where one has no meaning or was not measured), named (whether the site is the variable's), p_value,
            carries (None where nothing is claimed: of other sites, and with the words held).
        screen: every site that was tried, words held, on the problems used for choosing: `interchange_rows`, and the
            column variable.
        claims: how many claims share FALSE_CLAIMS.
        cases: by variable, how many problems.
    """

    rows: list[Row]
    screen: list[Row]
    claims: int
    cases: dict[str, int]

    def named(self, variable: str) -> list[Row]:
        """What is claimed of a variable: a row for each method, words free."""
        return [row for row in self.rows if row["variable"] == variable and row["carries"] is not None]

    def best(self, variable: str) -> Row | None:
        """The row of the claim that holds with the highest accuracy; None where none holds."""
        held = [row for row in self.named(variable) if row["carries"]]
        return max(held, key=lambda row: row["accuracy"], default=None)

    @property
    def carried(self) -> list[str]:
        """The variables of which a claim holds."""
        return [variable for variable in self.cases if self.best(variable)]

    @property
    def aligned(self) -> list[str]:
        """The variables that a named site carries with an accuracy of at least BAR."""
        return [v for v in self.cases if (row := self.best(v)) is not None and row["accuracy"] >= BAR]

    @property
    def share(self) -> float:
        """The share of the variables that are aligned."""
        return len(self.aligned) / len(self.cases)

    def sentence(self) -> str:
        """One line for a person."""
        parts = []
        for variable in self.cases:
            row = self.best(variable)
            if row is None:
                parts.append(f"{variable}: none of {self._tried(variable)} sites")
                continue
            whole = "" if row["method"] == "full" else f" ({row['method']})"
            parts.append(
                f"{variable}: {row['accuracy']:.0%} of {row['total']} at {row['component']} {row['layer']} "
                f"'{row['role']}'{whole}"
            )
        return (
            f"{len(self.aligned)} of {len(self.cases)} variables on the path have a non-trivial site with interchange "
            f"accuracy of {BAR:.0%} or more ({'; '.join(parts)}); of {self.claims} claims the probability that any is "
            f"luck is at most {FALSE_CLAIMS:.0%}"
        )

    def _tried(self, variable: str) -> int:
        rows = (row for row in self.screen if row["variable"] == variable and not row["trivial"])
        return len({site_of(row) for row in rows if row["role"] != RANDOM})


def align(
    model: HookedModel,
    tokenizer: Tokenizer,
    problems: Sequence[Problem],
    *,
    form: str = "plan",
    roles: Sequence[str] = SITE_ROLES,
    ranks: Sequence[int] = RANKS,
    least: int = LEAST,
    seed: int = 0,
    batch: int = 64,
    progress: Callable[[int], None] | None = None,
) -> Alignment:
    """Aligns every variable that enough problems have. A pure function of the model, the problems and the seed.

    Args:
        roles: the positions to search, of each variable itself. ranks: of the subspaces to learn; none for a model
            that is no decoder of plain blocks. least: cases that a variable must have.
        progress: called with the interventions just done.

    Raises:
        BadInput: no variable has `least` cases, the family has no interchange, an unknown role, problems too long.
    """
    cases = path_cases(problems, tokenizer, form=form, least=least, seed=seed)
    ranks = [rank for rank in ranks if can_learn(model, Site("resid_pre", 0, roles[0]))]

    def measure(
        which: HookedModel, some: Sequence[Case], sites: Sequence[Site], mode: str,
        intervention: Intervention | None = None,
    ) -> list[Row]:  # fmt: skip
        return interchange_rows(which, tokenizer, some, sites, mode=mode, intervention=intervention, seed=seed,
                                batch=batch, progress=progress)  # fmt: skip

    rows: list[Row] = []
    screens: list[Row] = []
    claims = len(cases) * (1 + len(ranks))
    fresh = untrained(model, seed)
    for variable, made in cases.items():
        choosing, reporting = halves(made)
        screen, best = choose_sites(measure, model, choosing, roles)
        screens += [{"variable": variable, **row} for row in screen]
        name = best_site(list(best.values()))
        if name is None:  # no problem has any of these roles of the variable
            continue
        site, winners = site_of(name), [site_of(row) for row in best.values()]
        found: _Found = [(row, "full", {}) for row in report_sites(measure, model, reporting, winners, roles, seed)]
        if ranks:
            searched = _searched(choosing, tokenizer, form, seed)
            found += _learned(measure, (model, fresh), tokenizer, searched, reporting, site, ranks, seed)
        rows += [_row(variable, row, method, controls, site, claims) for row, method, controls in _first_reads(found)]
    return Alignment(rows, screens, claims, {variable: len(made) for variable, made in cases.items()})


def path_cases(
    problems: Sequence[Problem], tokenizer: Tokenizer, *, form: str = "plan", least: int = LEAST, seed: int = 0
) -> dict[str, tuple[Case, ...]]:
    """The cases of every place on the path that at least `least` problems have one of: constants, steps, asked.

    Raises:
        BadInput: there is no such place, or the family has no interchange.
    """
    make_cases(list(problems[:1]), tokenizer, variable="asked", form=form, seed=seed)  # says what has no interchange
    counts: dict[str, int] = {}
    for problem in problems:
        for place in on_path(gold_layout(problem, form, tokenizer)):
            counts[place] = counts.get(place, 0) + 1
    found = {}
    for place in sorted(counts, key=lambda place: ("csa".index(place[0]), place)):
        if counts[place] >= least:
            made = make_cases(list(problems), tokenizer, variable=place, form=form, seed=seed).cases
            if len(made) >= least:
                found[place] = made
    if not found:
        raise BadInput(
            f"{len(problems)} problems, of which no variable on the path has {least} cases",
            f"a variable that {least} problems have", "give more problems",
        )  # fmt: skip
    return found


def _searched(choosing: Sequence[Case], tokenizer: Tokenizer, form: str, seed: int) -> list[Case]:
    """The cases used for choosing, each with SOURCES sources."""
    found = list(choosing)
    for case in choosing:
        for i in range(1, SOURCES):
            other = int.from_bytes(digest("alignment", seed, i, size=6), "big")
            found += make_cases([case.base.problem], tokenizer, variable=case.variable, form=form, seed=other).cases
    return found


def _learned(
    measure: Measure,
    models: tuple[HookedModel, HookedModel],
    tokenizer: Tokenizer,
    searched: Sequence[Case],
    cases: Sequence[Case],
    site: Site,
    ranks: Sequence[int],
    seed: int,
) -> _Found:
    """Interchange in learned subspaces at one site, with the controls. `models`: the trained one, an untrained one."""
    model, fresh = models
    modulus = cases[0].base.problem.difficulty.modulus
    labels = arbitrary_labels(modulus, seed)
    strange = [relabelled(case, labels) for case in cases]
    trained, without = (Search(which, tokenizer, searched, site, seed=seed) for which in models)
    found: _Found = []
    for rank in ranks:
        basis, idle = trained.learn(rank), without.learn(rank)
        mislabelled = trained.learn(rank, labels=labels)
        for mode in ("free", "held"):
            controls = {
                "untrained": measure(fresh, cases, [site], mode, exchange(idle)),
                "random_subspace": measure(model, cases, [site], mode, placebo(basis, seed)),
                "arbitrary_labels": measure(model, strange, [site], mode, exchange(mislabelled)),
            }
            for row in measure(model, cases, [site], mode, exchange(basis)):
                same = {
                    name: next((r["accuracy"] for r in rows if r["read"] == row["read"]), None)
                    for name, rows in controls.items()
                }
                found.append((row, f"das-{rank}", same))
    return found


def arbitrary_labels(modulus: int, seed: int) -> list[int]:
    """For each value another one: a random cyclic permutation, so that none is its own label."""
    order = list(range(modulus))
    Stream("probes", "arbitrary labels", seed, modulus).shuffle(order)
    labels = [0] * modulus
    for here, there in zip(order, order[1:] + order[:1]):
        labels[here] = there
    return labels


def _first_reads(found: _Found) -> _Found:
    """Of each site, mode and method one row: everything that is written, or what is read first."""
    kept: dict[tuple[Any, ...], tuple[Row, str, dict[str, float | None]]] = {}
    for row, method, controls in found:
        if row["mode"] == "held" or row["read"] == "all":
            kept.setdefault((row["mode"], site_of(row), method), (row, method, controls))
    return list(kept.values())


def _row(variable: str, row: Row, method: str, controls: dict[str, float | None], site: Site, claims: int) -> Row:
    measured = {name: row.get(name, controls.get(name)) for name in CONTROLS}
    named = site_of(row) == site
    null = max(row["chance"], row["majority"] or 0.0, *(value or 0.0 for value in measured.values()))
    p_value = binomial_tail(row["count"], row["total"], null)
    return {
        "variable": variable,
        **{name: row[name] for name in ("mode", "component", "layer", "role")},
        "phase": phase(row["role"]),
        "trivial": row["trivial"],
        "method": method,
        **{name: row[name] for name in ("read", "accuracy", "low", "high", "count", "total", "uninformative",
                                        "chance", "majority")},
        **measured,
        "named": named,
        "p_value": p_value,
        "carries": p_value <= FALSE_CLAIMS / claims if named and row["mode"] == "free" else None,
    }  # fmt: skip
