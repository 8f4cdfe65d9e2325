"""Alignment: places on the path, learned subspaces, and claims: a trained model has them, a fresh one none."""

import pytest
import torch

from reasonlab.language.errors import BadInput
from reasonlab.probes.alignment import BAR, CONTROLS, FALSE_CLAIMS, align, arbitrary_labels, path_cases
from reasonlab.probes.counterparts import choose_variable, make_cases, on_path, relabelled
from reasonlab.probes.interchange import Site, first_read, interchange_rows
from reasonlab.probes.interventions import Variant, hooked_logits
from reasonlab.probes.locate import phase
from reasonlab.probes.roles import gold_layout
from reasonlab.probes.subspaces import Search, exchange, placebo
from reasonlab.runs.intervals import binomial_tail
from reasonlab.tasks import Problem, parse_difficulty, problems
from reasonlab.tasks.arithmetic import Definition, Instance


@pytest.fixture(scope="module")
def cases(asked, tokenizer):
    return make_cases(asked, tokenizer, form="expand").cases


@pytest.fixture(scope="module")
def small(asked):
    return asked[:24]


def test_places_on_the_path_by_hand(tokenizer):
    """x = e * c ; e = d + c ; c = 1 ; d = c * a ; a = 2 and a distractor: constants and steps as they are stated."""
    definitions = (
        Definition("d", "*", "c", "a"), Definition("x", "*", "e", "c"), Definition("c", value=1),
        Definition("e", "+", "d", "c"), Definition("n", "+", "c", "c"), Definition("a", value=2),
    )  # fmt: skip
    problem = Problem(
        "arithmetic", parse_difficulty("arithmetic", "modulus=10"), "test", 0, 0, Instance(10, definitions, "x")
    )
    made = gold_layout(problem, "expand", tokenizer)
    places = {"constant 1": "c", "constant 2": "a", "step 1": "d", "step 2": "e", "asked": "x"}
    assert on_path(made) == places
    assert {place: choose_variable(made, place) for place in places} == places
    assert [choose_variable(made, v) for v in ("auto", "constant", "e", "n", "step 3", "zz")] == [
        "d", "c", "e", None, None, None,
    ]  # fmt: skip


def test_each_needed_variable_is_one_place(asked, tokenizer):
    for form in ("plan", "expand", "direct"):
        for problem in asked[:10]:
            places = on_path(gold_layout(problem, form, tokenizer))
            assert sorted(places.values()) == sorted(problem.instance.needed)


def test_a_relabelled_case_asks_for_another_value(cases):
    labels = arbitrary_labels(10, seed=1)
    assert sorted(labels) == list(range(10))
    assert all(label != value for value, label in enumerate(labels))
    for case in cases[:10]:
        strange = relabelled(case, labels)
        assert strange.expected[case.variable] == labels[case.value] == strange.value
        assert strange.source is case.source
        assert relabelled(case, range(10)) == case


def test_a_search_is_the_model_itself(model, tokenizer, cases):
    """What is trained on is what an interchange does: the whole source gives the full model's logits."""
    for site in (Site("resid_pre", 1, "before value"), Site("resid_post", 0, "value")):
        search = Search(model, tokenizer, cases[:6], site)
        with torch.no_grad():
            base, source = search(torch.arange(6)), search(torch.arange(6, 12))
        for i, case in enumerate(cases[:6]):
            at = case.base.at(site.role, case.variable)
            read = first_read(case, at)
            with torch.no_grad():
                _, cache = model.run_with_cache(torch.tensor([case.source.tokens]), names_filter=[site.hook])
            form = "[{}]" if read.bracketed else "{}"
            words = [tokenizer.encode(form.format(value))[0] for value in range(10)]
            for row, variant in (
                (base, Variant(case.base.tokens, (read.position,))),
                (source, Variant(case.base.tokens, (read.position,), site.hook, at, None, cache[site.hook][0, at])),
            ):
                assert torch.allclose(row[i], hooked_logits(model, [variant])[0][0, words], atol=1e-4)


def test_learning_leaves_the_model_as_it_was(model, tokenizer, cases):
    before = [parameter.clone() for parameter in model.parameters()]
    search = Search(model, tokenizer, cases[:8], Site("resid_pre", 1, "value"))
    basis = search.learn(4, steps=2)
    assert torch.equal(basis, search.learn(4, steps=2))
    assert not torch.equal(basis, search.learn(4, steps=2, labels=arbitrary_labels(10, 0)))
    assert torch.allclose(basis.T @ basis, torch.eye(4), atol=1e-5)
    assert all(torch.equal(a, b) and b.requires_grad and b.grad is None for a, b in zip(before, model.parameters()))


def test_subspaces_of_every_dimension_and_of_none(model, tokenizer, cases):
    """The whole space is the full interchange, and a placebo moves as far as what it stands beside."""
    site, width = Site("resid_pre", 1, "value"), model.cfg.d_model
    full = interchange_rows(model, tokenizer, cases, [site])
    assert interchange_rows(model, tokenizer, cases, [site], intervention=exchange(torch.eye(width))) == full
    basis = torch.eye(width)[:, :4]
    base, source = torch.randn(2, 3, width, generator=torch.Generator().manual_seed(0))
    moved, aside = exchange(basis)(base, source) - base, placebo(basis, 0)(base, source) - base
    assert torch.allclose(moved[:, :4], (source - base)[:, :4], atol=1e-6)
    assert not moved[:, 4:].any()
    assert torch.allclose(moved.norm(dim=-1), aside.norm(dim=-1), atol=1e-5)


def test_the_exact_tail_by_hand():
    assert binomial_tail(2, 3, 0.5) == pytest.approx(0.5)
    assert binomial_tail(3, 3, 0.1) == pytest.approx(1e-3)
    assert [binomial_tail(0, 5, 0.3), binomial_tail(1, 5, 0.0), binomial_tail(5, 5, 1.0)] == [1.0, 0.0, 1.0]


def test_an_untrained_model_aligns_nothing(model, tokenizer, small):
    roles = ("before value", "value", "step end")
    found = align(model, tokenizer, small, form="direct", roles=roles, ranks=(4,), least=20, seed=2)
    assert found.carried == found.aligned == []
    assert found.share == 0
    assert found.claims == 2 * len(found.cases)
    assert found.sentence().startswith(f"0 of {len(found.cases)} variables")
    assert "none of 3 sites" in found.sentence()
    claimed = [row for row in found.rows if row["carries"] is not None]
    assert len(claimed) == found.claims
    assert {row["method"] for row in claimed} == {"full", "das-4"}
    assert all(row["mode"] == "free" and row["read"] == "all" and not row["trivial"] for row in claimed)
    assert set(CONTROLS) <= set(found.rows[0])
    assert all(row["phase"] == phase(row["role"]) for row in found.rows)


def test_the_shipped_model_is_aligned(shipped):
    """Every variable of short problems; controls at chance; 8 dimensions carry it, too."""
    model, tokenizer = shipped
    small = problems("arithmetic", parse_difficulty("arithmetic", "variables=3,distractors=0"), "test", 5, 44)
    found = align(model, tokenizer, list(small), form="expand", roles=("before value",), ranks=(8,), least=20)
    assert set(found.cases) >= {"constant 1", "step 1", "asked"}
    assert found.aligned == list(found.cases), found.sentence()
    assert found.share == 1.0
    for variable in found.cases:
        full, learned = found.named(variable)
        assert (full["method"], learned["method"]) == ("full", "das-8")
        assert full["accuracy"] >= BAR
        assert full["p_value"] <= FALSE_CLAIMS / found.claims
        assert max(full["random_position"], full["untrained"]) <= 0.25
        assert learned["carries"], learned
        assert learned["accuracy"] > max(learned[name] for name in CONTROLS[1:]) + 0.2, learned


def test_what_cannot_be_aligned_is_named(model, tokenizer, small, deduced, words):
    with pytest.raises(BadInput, match="no variable on the path has 20 cases"):
        align(model, tokenizer, small[:4])
    with pytest.raises(BadInput, match="can be interchanged"):
        path_cases(deduced, words, form="plan")
    with pytest.raises(BadInput, match="has the role 'copy'"):
        Search(model, tokenizer, make_cases(small, tokenizer, variable="asked").cases, Site("resid_pre", 1, "copy"))
