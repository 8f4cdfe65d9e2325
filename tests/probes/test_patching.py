"""Patching and attention: what must hold exactly on any model, and averages by hand."""

import pytest
import torch

from reasonlab.language.errors import BadInput
from reasonlab.models import Qwen3Config, create
from reasonlab.probes import attention as attention_module
from reasonlab.probes.attention import attention, attention_rows
from reasonlab.probes.counterparts import make_cases
from reasonlab.probes.patching import average, patch_rows
from reasonlab.probes.roles import gold_layout


@pytest.fixture(scope="module")
def several(asked, tokenizer):
    """So many that some runs differ in the probability of a copy, though an untrained model gives each word little."""
    return make_cases(asked, tokenizer).cases[:12]


@pytest.fixture(scope="module")
def cases(several):
    return several[:3]


@pytest.mark.parametrize(("direction", "there", "elsewhere"), [("denoising", 1.0, 0.0), ("noising", 0.0, 1.0)])
@pytest.mark.parametrize("metric", ["logit difference", "probability"])
def test_the_last_residual_at_the_read_is_everything(model, tokenizer, several, direction, there, elsewhere, metric):
    rows = patch_rows(model, tokenizer, several, components=["resid_post"], direction=direction, metric=metric)
    read = {case.base.problem.id: case.first_use().position for case in several}
    last = [row for row in rows if row["layer"] == model.cfg.n_layers - 1 and row["effect"] is not None]
    assert len({row["problem"] for row in last}) >= 3
    for row in last:
        wanted = there if row["position"] == read[row["problem"]] else elsewhere
        assert row["effect"] == pytest.approx(wanted, abs=1e-3)
    assert all(row["position"] <= read[row["problem"]] for row in rows)


def test_batched_is_one_at_a_time(model, tokenizer, cases):
    roles = ("definition left", "value", "before copy", "query end")
    together, alone = (
        patch_rows(model, tokenizer, cases, components=["attn_out", "mlp_out"], heads=True, roles=roles, batch=batch)
        for batch in (64, 1)
    )
    assert [{**row, "effect": 0, "control": 0} for row in together] == [{**r, "effect": 0, "control": 0} for r in alone]
    for a, b in zip(together, alone):
        for column in ("effect", "control"):
            # The metrics agree to 1e-5; an effect is one divided by the runs' difference, which may be small.
            assert a[column] == pytest.approx(b[column], abs=1e-3)
    assert {row["component"] for row in together} == {"attn_out", "mlp_out", "z"}
    assert {row["head"] for row in together if row["component"] == "z"} == set(range(model.cfg.n_heads))
    assert {row["role"] for row in together} == set(roles)
    assert {(row["role"], row["relation"]) for row in together} >= {("value", "own"), ("query end", "")}


def test_every_position_has_its_role_and_relation(model, tokenizer, cases):
    rows = patch_rows(model, tokenizer, cases[:1], control=False)
    case = cases[0]
    at = {row["position"]: row for row in rows if row["layer"] == 0}
    assert len(at) == case.first_use().position + 1
    value = at[case.base.at("value", case.variable)]
    assert (value["role"], value["of"], value["relation"]) == ("value", case.variable, "own")
    assert value["token"] == case.source.words[value["position"]]
    assert value["control"] is None
    assert {"own", "parent", "child", ""} <= {row["relation"] for row in rows}


def test_averages_by_hand():
    keys = {"component": "z", "layer": 1, "head": 0, "role": "value", "relation": "own"}
    rows = [{**keys, "effect": e, "control": c} for e, c in ((0.0, 0.5), (1.0, None), (0.5, 0.1), (None, 0.9))]
    (mean,) = average(rows)
    assert mean["effect"] == 0.5
    assert mean["count"] == 3
    assert mean["control"] == pytest.approx(0.3)
    assert mean["high"] == pytest.approx(0.5 + 1.96 * 0.5 / 3**0.5)
    (alone,) = average(rows[:1])
    assert alone["low"] is None


def test_wrong_options_are_named(model, tokenizer, cases):
    for options, line in (
        ({"direction": "sideways"}, "the direction 'sideways'; expected one of denoising, noising"),
        ({"metric": "hope"}, "the metric 'hope'"),
        ({"components": ["nose"]}, "no component 'nose'"),
        ({"read": "nose"}, "has no read 'nose'; expected one of own, copy"),
    ):
        with pytest.raises(BadInput, match=line):
            patch_rows(model, tokenizer, cases, **options)


def test_attention_sums_to_one_and_looks_back(model, hand, tokenizer):
    pattern = attention(model, gold_layout(hand, "plan", tokenizer))
    assert pattern.shape == (2, 4, 34, 34)
    torch.testing.assert_close(pattern.sum(-1), torch.ones(2, 4, 34), atol=1e-5, rtol=0)
    assert float(pattern.triu(1).abs().max()) == 0


def test_attention_rows_by_hand(asked, tokenizer, monkeypatch):
    """One head looks from every word of a step at the value of its left operand, and nowhere else."""
    made = next(
        layout
        for layout in (gold_layout(problem, "plan", tokenizer) for problem in asked)
        if len(layout.stated()) >= 3 and len(layout.problem.instance.needed) >= 3
    )
    pattern = torch.zeros(1, 1, len(made.tokens), len(made.tokens))
    by_name = made.problem.instance.by_name
    for name, place in made.stated().items():
        if by_name[name].operator is not None:
            pattern[0, 0, list(place.positions), made.at("value", by_name[name].left)] = 0.75
    monkeypatch.setattr(attention_module, "patterns", lambda model, layouts, batch: [pattern])
    rows = attention_rows(None, [made])
    assert rows
    graph = made.problem.scm().graph()
    for row in rows:
        assert graph.has_edge(row["premise"], row["step"])
        assert row["weight"] == (0.75 if row["premise"] == by_name[row["step"]].left else 0.0)
        assert row["control"] == (0.0 if row["others"] else None)


def test_attention_reads_deduction(deduced, words, tokenizer, model):
    layouts = [gold_layout(problem, "plan", words) for problem in deduced]

    shape = {
        "d_model": 32,
        "n_layers": 1,
        "n_heads": 2,
        "n_kv_heads": 1,
        "d_head": 8,
        "d_mlp": 32,
        "max_positions": 300,
    }
    rows = attention_rows(create("qwen3", Qwen3Config(words.vocab_size, **shape)), layouts, batch=4)
    edges = {(row["problem"], row["premise"], row["step"]) for row in rows}
    assert len(rows) == 2 * len(edges)
    assert {row["problem"] for row in rows} == {made.problem.id for made in layouts}
    assert all(0 <= row["weight"] <= 1 + 1e-5 for row in rows)
