"""Attribution is the slope of exact patching, and agrees with it where the model is nearly linear."""

import pytest
import torch

from reasonlab.probes.attribution import agreement, with_estimates
from reasonlab.probes.counterparts import make_cases
from reasonlab.probes.hooks import hook_name
from reasonlab.probes.interventions import Variant, variant_logits
from reasonlab.probes.patching import patch_rows

COMPONENTS = ("resid_pre", "resid_mid", "attn_out", "mlp_out", "resid_post")


@pytest.mark.parametrize("direction", ["denoising", "noising"])
def test_an_estimate_is_the_slope_of_a_small_patch(model, tokenizer, asked, direction):
    cases = make_cases(asked[:2], tokenizer).cases
    rows = patch_rows(model, tokenizer, cases, components=COMPONENTS, heads=True, direction=direction, control=False)
    estimated = with_estimates(model, tokenizer, cases, rows)
    assert [{k: v for k, v in row.items() if k != "estimate"} for row in estimated] == rows
    case, step = cases[0], 1e-2
    taker, giver = (case.source, case.base) if direction == "denoising" else (case.base, case.source)
    read = case.first_use()
    tokens = [tokenizer.encode(read.word(value))[0] for value in (read.base, read.source)]

    def metric(variant):
        (logits,) = variant_logits(model, [variant])
        return float(logits[0, tokens[0]] - logits[0, tokens[1]])

    own = [row for row in estimated if row["problem"] == case.base.problem.id and row["effect"] is not None]
    span = metric(Variant(case.base.tokens, (read.position,))) - metric(Variant(case.source.tokens, (read.position,)))
    for row in sorted(own, key=lambda row: -abs(row["estimate"]))[:30:3]:
        hook, position, head = hook_name(row["component"], row["layer"]), row["position"], row["head"]
        seen = []
        for made in (taker, giver):
            with torch.no_grad():
                _, cache = model.run_with_cache(torch.tensor([made.tokens]), names_filter=[hook])
            seen.append(cache[hook][0, position] if head is None else cache[hook][0, position, head])
        up, down = (
            metric(Variant(taker.tokens, (read.position,), hook, position, head,
                           torch.lerp(*seen, sign * step)))
            for sign in (1, -1)
        )  # fmt: skip
        slope = (up - down) / (2 * step) / span
        start = 0 if direction == "denoising" else 1
        assert row["estimate"] == pytest.approx(start + slope, abs=5e-3)


def test_agreement_by_hand():
    rows = [
        {"component": "z", "effect": effect, "estimate": estimate}
        for effect, estimate in [(0.0, 0.0), (1.0, 2.0), (2.0, 4.0), (None, 5.0)]
    ]
    assert agreement(rows) == [
        {"component": "z", "sites": 3, "pearson": pytest.approx(1), "spearman": pytest.approx(1)}
    ]


def test_it_agrees_on_the_shipped_model(shipped, asked):
    model, tokenizer = shipped
    cases = make_cases(asked[:3], tokenizer, form="expand").cases
    rows = patch_rows(model, tokenizer, cases, components=COMPONENTS, control=False)
    found = {row["component"]: row["pearson"] for row in agreement(with_estimates(model, tokenizer, cases, rows))}
    assert set(found) == set(COMPONENTS)
    assert all(value > 0.5 for value in found.values())
