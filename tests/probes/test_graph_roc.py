"""AUROC by hand and by definition; heads that look at parents are found; the measures against their slow twins."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from reasonlab.cli import main
from reasonlab.language.errors import BadInput
from reasonlab.models import Qwen3Config, create, save
from reasonlab.probes import graph_roc
from reasonlab.probes.attention import patterns, value_norms
from reasonlab.probes.capture import capture
from reasonlab.probes.graph_roc import Pair, gradient_scores, pairs, roc, roc_rows
from reasonlab.probes.interventions import Variant, variant_logits
from reasonlab.probes.roles import gold_layout, layout
from reasonlab.runs.tables import read_table


@pytest.fixture(scope="module")
def layouts(asked, tokenizer):
    return [gold_layout(problem, "expand", tokenizer) for problem in asked[:12]]


def area(scores, labels):
    return roc(torch.tensor(scores, dtype=torch.float64), torch.tensor(labels, dtype=torch.bool))


def test_the_area_by_hand():
    # Edges 0.9, 0.4; others 0.4, 0.1, 0.5: won 3 of 3, then one won, one tied, one lost: 4.5 of 6.
    assert area([0.9, 0.4, 0.4, 0.1, 0.5], [1, 1, 0, 0, 0]) == 4.5 / 6
    assert area([1, 2, 3, 4], [0, 0, 1, 1]) == 1.0
    assert area([1, 2, 3, 4], [1, 1, 0, 0]) == 0.0
    assert area([7, 7, 7], [1, 0, 0]) == 0.5
    assert area([1, 2], [1, 1]) is None
    assert area([], []) is None


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(-3, 3), st.booleans()), min_size=1, max_size=40))
def test_the_area_is_its_definition(made):
    """Against all pairs, and unmoved by anything that keeps the order of scores."""
    wins = [(a > b) + (a == b) / 2 for a, edge in made if edge for b, other in made if not other]
    scores, labels = [float(a) for a, _ in made], [edge for _, edge in made]
    expected = sum(wins) / len(wins) if wins else None
    assert area(scores, labels) == (expected if expected is None else pytest.approx(expected))
    assert area([score**3 - 5 for score in scores], labels) == area(scores, labels)


def test_a_draw_counts_a_pair_as_often_as_it_has_it():
    scores, labels = torch.tensor([3.0, 1.0, 2.0, 1.0]), torch.tensor([True, True, False, False])
    weights = torch.tensor([[2, 1, 0, 3], [1, 1, 1, 1], [0, 0, 2, 1]], dtype=torch.float64)
    found = graph_roc._weighted_roc(scores, labels, weights)
    for draw, drawn in zip(weights[:2], found):
        repeated = [i for i in range(4) for _ in range(int(draw[i]))]
        assert float(drawn) == pytest.approx(roc(scores[repeated], labels[repeated]))
    assert found[2].isnan()


def test_pairs_by_hand(hand, asked, tokenizer):
    with pytest.raises(BadInput, match="in 1 chains no step has both a parent and another variable"):
        pairs([gold_layout(hand, "plan", tokenizer)])  # a is the only parent, and the only other
    made = [gold_layout(problem, "plan", tokenizer) for problem in asked]
    found = pairs([gold_layout(hand, "plan", tokenizer), *made])
    assert found[0] == Pair(0, "b", "a", True)
    for pair in found[1:]:
        problem = made[pair.problem - 1]
        order = list(problem.stated())
        definition = problem.problem.instance.by_name[pair.step]
        assert order.index(pair.premise) < order.index(pair.step)
        assert pair.parent == (pair.premise in (definition.left, definition.right))
    cut = layout(made[0].problem, made[0].text.rpartition(" = ")[0], tokenizer)  # its last step has no value
    last = list(made[0].stated())[-1]
    rest = pairs([cut, *made[1:]])
    assert all(pair.step != last for pair in rest if pair.problem == 0)


def test_a_head_that_looks_at_parents_is_found(layouts, monkeypatch):
    """Head 0 looks from one word of each step at each parent's step, head 1 at the others', head 2 at all alike."""
    tables, norms = [], []
    for i, made in enumerate(layouts):
        table = torch.zeros(1, 3, len(made.tokens), len(made.tokens))
        for pair in (pair for pair in pairs(layouts) if pair.problem == i):
            looking = made.positions("step", pair.step)[2]
            key = made.positions("step", pair.premise)[-1]
            table[0, 0, looking, key] = 0.3 * pair.parent
            table[0, 1, looking, key] = 0.3 * (not pair.parent)
            table[0, 2, looking, key] = 0.1
        tables.append(table)
        norms.append(torch.ones(1, 3, len(made.tokens)))
    monkeypatch.setattr(graph_roc, "patterns", lambda model, layouts, batch: tables)
    monkeypatch.setattr(graph_roc, "value_norms", lambda model, layouts, batch: norms)
    monkeypatch.setattr(graph_roc, "gradient_scores", lambda model, layouts, chosen, batch: torch.zeros(0, len(chosen)))
    rows = roc_rows(None, layouts)
    by = {(row["measure"], row["role"], row["keys"], row["head"]): row for row in rows}
    assert len(by) == len(rows) == 2 * 2 * 2 * 3
    for measure in ("attention", "value norm"):
        finder, shunner, blind = (by[measure, "step", "step", head] for head in range(3))
        assert (finder["auroc"], finder["low"], finder["high"]) == (1.0, 1.0, 1.0)
        assert (shunner["auroc"], blind["auroc"]) == (0.0, 0.5)
        assert 0.3 < finder["permuted"] < 0.8
        assert by[measure, "step name", "step", 0]["auroc"] == 0.5  # the name looks at nothing
        assert by[measure, "step", "definition", 0]["auroc"] == 0.5
        assert finder["untrained"] is None
    assert finder["pairs"] > finder["edges"] > 0


def test_noise_finds_nothing_beyond_the_permuted(layouts):
    """Scores by chance, higher in some steps than in others: the interval holds the permuted control, not one half."""
    generator = torch.Generator().manual_seed(2)
    made = pairs(layouts)
    share = {(pair.problem, pair.step): [] for pair in made}
    for pair in made:
        share[pair.problem, pair.step].append(pair.parent)
    level = torch.tensor([sum(share[pair.problem, pair.step]) / len(share[pair.problem, pair.step]) for pair in made])
    areas = graph_roc._Draws.of(made, 0).areas(level + 0.5 * torch.rand(len(made), generator=generator))
    assert areas["permuted"] > 0.55
    assert areas["low"] < areas["permuted"] < areas["high"]
    assert areas["low"] < areas["auroc"] < areas["high"]


def test_rows_are_a_function_of_the_seed(layouts, model):
    once = roc_rows(model, layouts, seed=1)
    assert once == roc_rows(model, layouts, seed=1)
    other = roc_rows(model, layouts, seed=2)
    assert [row["auroc"] for row in once] == [row["auroc"] for row in other]
    for column in ("low", "permuted", "untrained"):
        assert [row[column] for row in once] != [row[column] for row in other]
    assert all(row["low"] <= row["auroc"] <= row["high"] for row in once)


def test_norms_are_what_each_head_writes(layouts, model):
    """By loops, with each query head's own key/value head; pattern x W_O v sums to what the hook on results sees."""
    made = layouts[0]
    (pattern,), (norms,) = patterns(model, [made]), value_norms(model, [made])
    names = [f"blocks.1.attn.hook_{point}" for point in ("v", "result")]
    found = capture(model, [made.tokens], names).activations
    v, result = found[names[0]][0], found[names[1]][0]
    attn = model.blocks[1].attn
    assert v.shape[1] == 2 < len(attn.W_O) == 4
    for head in range(4):
        written = v[:, head // 2] @ attn.W_O[head].detach()
        torch.testing.assert_close(norms[1, head], written.norm(dim=-1), atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(pattern[1, head] @ written, result[:, head], atol=1e-5, rtol=1e-4)
    together = value_norms(model, layouts, batch=5)
    torch.testing.assert_close(together[0], norms, atol=1e-5, rtol=1e-5)
    assert [norms.shape[-1] for norms in together] == [len(made.tokens) for made in layouts]


def test_a_gradient_times_an_activation_is_the_slope_of_scaling_it(layouts, model):
    """d logit / d s of the activation times s, at s = 1: by central differences."""
    chosen = pairs(layouts)[:6]
    found = gradient_scores(model, layouts, chosen, batch=4)
    torch.testing.assert_close(found, gradient_scores(model, layouts, chosen, batch=1), atol=1e-5, rtol=1e-4)
    for layer in range(model.cfg.n_layers):
        hook = f"blocks.{layer}.hook_resid_pre"
        for i, pair in enumerate(chosen):
            made = layouts[pair.problem]
            read, where = made.at("before value", pair.step), made.at("value", pair.premise)
            activation = capture(model, [made.tokens], [hook]).activations[hook][0, where]
            scaled = [Variant(made.tokens, (read,), hook, where, None, s * activation) for s in (1.01, 0.99)]
            above, below = (logits[0, made.tokens[read + 1]] for logits in variant_logits(model, scaled))
            assert float(found[layer, i]) == pytest.approx(abs(float(above - below)) / 0.02, abs=2e-3, rel=0.02)
    assert float(found.max()) > 0.01
    assert all(parameter.grad is None for parameter in model.parameters())


def test_deduction_has_edges_too(deduced, words):
    shape = {"d_model": 32, "n_layers": 1, "n_heads": 2, "n_kv_heads": 1, "d_head": 8, "d_mlp": 32}
    small = create("qwen3", Qwen3Config(words.vocab_size, **shape, max_positions=300))
    rows = roc_rows(small, [gold_layout(problem, "plan", words) for problem in deduced])
    assert {"attention", "value norm", "gradient x activation"} == {row["measure"] for row in rows}
    assert all(0 <= row["untrained"] <= 1 for row in rows if row["auroc"] is not None)


def test_what_cannot_be_told_is_named(layouts, model):
    with pytest.raises(BadInput, match="there is no role 'nose'"):
        roc_rows(model, layouts, roles=["nose"])
    absent = roc_rows(model, layouts, roles=["step substituted ="])  # these chains are not written out
    assert {row["measure"] for row in absent} == {"gradient x activation"}
    long = replace(layouts[0], tokens=layouts[0].tokens * 9)
    with pytest.raises(BadInput, match="expected at most 160"):
        roc_rows(model, [long, *layouts])


def test_the_command(model, tokenizer, tmp_path, capsys):
    folder, out = tmp_path / "model", tmp_path / "tables"
    save(model, tokenizer, folder)
    asked = ("probe", str(folder), "--what", "roc", "--device", "cpu")
    assert main([*asked, "--difficulty", "variables=4-5", "--problems", "6", "--out", str(out)]) == 0
    assert "roc (9 of 9 rows)" in capsys.readouterr().out
    rows = read_table(out / "roc.parquet")
    assert len(rows) == 2 * 2 * 2 * 8 + 2
    assert main([*asked, "--difficulty", "variables=2", "--problems", "3"]) == 2
    said = capsys.readouterr()
    assert "in 3 chains no step has both" in said.err
    assert said.err.count("\n") == 1
    assert said.out == ""


def test_the_shipped_model_looks_up_the_parents_of_a_step(shipped, asked):
    model, tokenizer = shipped
    rows = roc_rows(model, [gold_layout(problem, "expand", tokenizer) for problem in asked[:24]])
    best = max((row for row in rows if row["measure"] == "attention"), key=lambda row: row["low"])
    assert best["role"] == best["keys"] == "step"
    assert best["low"] > 0.95
    assert max(best["permuted"], best["untrained"]) < 0.8
