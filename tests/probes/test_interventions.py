"""Counterparts have the base's shape; batched interventions are the single ones; decoding is the uncached forward."""

import pytest
import torch

from reasonlab.language.errors import BadInput
from reasonlab.probes.capture import capture, lens_rows
from reasonlab.probes.counterparts import make_cases
from reasonlab.probes.hooks import hook_name, require, require_room
from reasonlab.probes.interventions import Variant, generate_variants, variant_logits
from reasonlab.probes.roles import gold_layout


@pytest.fixture(scope="module")
def cases(asked, tokenizer):
    return make_cases(asked, tokenizer, variable="auto").cases


@pytest.mark.parametrize("variable", ["auto", "constant", "asked"])
def test_counterparts_have_the_same_shape_and_another_value(asked, tokenizer, variable):
    made = make_cases(asked, tokenizer, variable=variable)
    assert len(made.cases) + sum(made.skipped.values()) == len(asked)
    for case in made.cases:
        assert case.base.roles == case.source.roles
        assert sorted(case.base.roles.values()) == sorted(case.unrelated.roles.values())
        assert case.source_values[case.variable] == case.value != case.base_values[case.variable]
        different = [
            a for a, b in zip(case.base.problem.instance.givens, case.source.problem.instance.givens) if a != b
        ]
        assert len(different) == 1
        graph = case.base.problem.scm().graph()
        for name, value in case.expected.items():
            if value != case.base_values[name]:
                assert name == case.variable or name in _below(graph, case.variable)
        for read in case.reads():
            form = "[{}]" if read.name == "copy" else "{}"
            assert case.base.words[read.position + 1] == form.format(read.base) == read.word(read.base)
            assert case.source.words[read.position + 1] == form.format(read.source) == read.word(read.source)
    again = make_cases(asked, tokenizer, variable=variable)
    assert [case.source.tokens for case in again.cases] == [case.source.tokens for case in made.cases]


def _below(graph, name):
    found, waiting = set(), [name]
    while waiting:
        new = set(graph.successors(waiting.pop())) - found
        found |= new
        waiting += new
    return found


def test_reads_by_hand(hand, tokenizer):
    (case,) = make_cases([hand], tokenizer, variable="constant").cases
    own, copy, child, answer = case.reads()
    assert [read.position for read in (own, copy, child, answer)] == [19, 23, 28, 31]
    assert [read.bracketed for read in (own, copy, child, answer)] == [False, True, False, False]
    assert (own.base, copy.base, child.base, answer.base) == (3, 3, 6, 6)
    assert own.expected == copy.expected == case.value
    assert child.expected == answer.expected == 2 * case.value % 10
    assert case.first_use() == copy


def test_what_has_no_case_is_named(hand, deduced, tokenizer, words):
    with pytest.raises(BadInput, match="none of 1 problems has the variable 'auto'"):
        make_cases([hand], tokenizer)
    with pytest.raises(BadInput, match="none of 1 problems has the variable 'z'"):
        make_cases([hand], tokenizer, variable="z")
    with pytest.raises(BadInput, match="deduction has no variable 'auto'"):
        make_cases(deduced, words)


def test_hook_points_are_checked(model):
    with pytest.raises(BadInput, match=r"no hook point 'blocks.7.hook_resid_pre'; expected .*blocks.1.hook_resid_pre"):
        require(model, ["blocks.7.hook_resid_pre"])
    with pytest.raises(BadInput, match="no hook point 'nose'"):
        capture(model, [[1, 2]], ["nose"])
    with pytest.raises(BadInput, match="no component 'nose'"):
        hook_name("nose", 0)
    with pytest.raises(BadInput, match="has 161 tokens; expected at most 160"):
        require_room(model, 161)


def test_capture_is_the_single_run(model, asked, tokenizer):
    rows = [gold_layout(problem, "plan", tokenizer).tokens for problem in asked[:5]]
    hooks = ["blocks.1.hook_resid_pre", "blocks.0.attn.hook_z"]
    together = capture(model, rows, hooks, batch=2)
    for i, row in enumerate(rows):
        with torch.no_grad():
            _, alone = model.run_with_cache(torch.tensor([row]), names_filter=hooks)
        for hook in hooks:
            torch.testing.assert_close(together.activations[hook][i, : len(row)], alone[hook][0], atol=1e-5, rtol=1e-5)
    assert together.lengths.tolist() == [len(row) for row in rows]
    torch.testing.assert_close(together.at(hooks[0], [3], [7])[0], together.activations[hooks[0]][3, 7])


def test_the_last_lens_is_the_model(model, hand, tokenizer):
    made = gold_layout(hand, "plan", tokenizer)
    rows = [row for row in lens_rows(model, tokenizer, [made]) if row["component"] == "resid_post"]
    odds = model(torch.tensor([made.tokens])).detach().softmax(-1)[0]
    assert [row["variable"] for row in rows] == ["a", "b"]
    for row, position in zip(rows, (19, 28)):
        assert row["probability"] == pytest.approx(float(odds[position, made.tokens[position + 1]]), abs=1e-5)
        assert row["token"] == made.words[position + 1]


def _some_variants(model, cases):
    """Different hooks, heads, positions and lengths, and one without an intervention."""
    hooks = ["blocks.0.hook_resid_mid", "blocks.1.hook_mlp_out", "blocks.1.attn.hook_z"]
    source = capture(model, [case.source.tokens for case in cases], hooks)
    found = [Variant(cases[0].base.tokens, (20, 30))]
    for i, case in enumerate(cases):
        for j, hook in enumerate(hooks):
            position, head = 12 + 3 * i + j, 2 if hook.endswith("z") else None
            value = source.activations[hook][i, position]
            value = value if head is None else value[head]
            found.append(Variant(case.base.tokens, (position, case.first_use().position), hook, position, head, value))
    return found


def test_batched_is_one_at_a_time(model, cases):
    variants = _some_variants(model, cases[:6])
    together = variant_logits(model, variants, batch=7)
    alone = variant_logits(model, variants, batch=1)
    plain = variant_logits(model, [Variant(v.tokens, v.reads) for v in variants], batch=7)
    for a, b in zip(together, alone):
        torch.testing.assert_close(a, b, atol=1e-5, rtol=1e-5)
    assert max(float((a - b).abs().max()) for a, b in zip(together[1:], plain[1:])) > 1e-2
    torch.testing.assert_close(together[0], plain[0])


def test_putting_back_what_was_there_changes_nothing(model, cases):
    case, hook = cases[0], "blocks.1.hook_resid_pre"
    own = capture(model, [case.base.tokens], [hook]).activations[hook][0, 20]
    same, plain = variant_logits(
        model, [Variant(case.base.tokens, (30,), hook, 20, None, own), Variant(case.base.tokens, (30,))]
    )
    torch.testing.assert_close(same, plain, atol=1e-5, rtol=1e-5)


def test_writing_under_an_intervention_is_the_uncached_forward(model, cases, tokenizer):
    """Also where the position is only written later: the intervention waits for it."""
    hook, steps = "blocks.1.hook_resid_pre", 12
    source = capture(model, [case.source.tokens for case in cases[:4]], [hook]).activations[hook]
    variants = []
    for i, case in enumerate(cases[:4]):
        start = case.base.prompt_length
        for position in (start - 4, start - 1, start + 5):
            variants.append(Variant(case.base.tokens[:start], (), hook, position, None, 3 * source[i, position]))
    written = generate_variants(model, variants, max_new_tokens=steps, eos_id=tokenizer.eos_id, tile=5)
    differs = 0
    for variant, generation in zip(variants, written):
        tokens, plain = list(variant.tokens), list(variant.tokens)
        for _ in range(steps):
            at = (len(tokens) - 1,)
            now = Variant(tuple(tokens), at)
            if variant.position < len(tokens):
                now = Variant(tuple(tokens), at, hook, variant.position, None, variant.value)
            tokens.append(int(variant_logits(model, [now])[0].argmax()))
            plain.append(int(variant_logits(model, [Variant(tuple(plain), at)])[0].argmax()))
            if tokens[-1] == tokenizer.eos_id:
                break
        assert tuple(tokens[len(variant.tokens) :]) == generation.tokens
        differs += tokens != plain
    assert differs > 0
    with pytest.raises(BadInput, match="cannot go on writing"):
        generate_variants(object(), variants, max_new_tokens=1, eos_id=2)
