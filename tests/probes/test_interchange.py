"""Interchange: trivial sites do exactly what an edit of a word or of a prediction does; controls find nothing."""

import pytest
import torch

from reasonlab.language.errors import BadInput
from reasonlab.probes.counterparts import make_cases
from reasonlab.probes.interchange import RANDOM, SITE_ROLES, Site, interchange_rows, position_of, sites_for, untrained
from reasonlab.probes.interventions import Variant, variant_logits
from reasonlab.probes.locate import locate, phase


@pytest.fixture(scope="module")
def cases(asked, tokenizer):
    return make_cases(asked, tokenizer).cases


def _values(tokenizer, read):
    """The tokens of the ten values as this read's place writes them: a copy stands in brackets."""
    form = "[{}]" if read.name == "copy" else "{}"
    return [tokenizer.encode(form.format(value))[0] for value in range(10)]


@pytest.mark.parametrize(("role", "name"), [("before value", "own"), ("before copy", "copy")])
def test_the_last_residual_says_what_the_source_says(model, tokenizer, cases, role, name):
    """On any model: at the site that makes the prediction, interchange is right exactly where the source run is."""
    (row,) = (
        row for row in interchange_rows(model, tokenizer, cases, [Site("resid_post", 1, role)]) if row["read"] == name
    )
    right = 0
    for case in cases:
        read = next(read for read in case.reads() if read.name == name)
        logits = model(torch.tensor([case.source.tokens]))[0, read.position, _values(tokenizer, read)]
        right += int(logits.argmax()) == read.source == read.expected
    assert row["count"] == right
    assert row["total"] == len(cases)
    assert row["trivial"] == "prediction"


@pytest.mark.parametrize(("role", "form", "said_before"), [("value", "{}", {"own"}), ("copy", "[{}]", {"own", "copy"})])
def test_the_embedding_is_an_edit_of_the_word(model, tokenizer, cases, role, form, said_before):
    """Its value is the word `7`, a copy of it the word `[7]`; what was said before that word cannot be read."""
    rows = {r["read"]: r for r in interchange_rows(model, tokenizer, cases, [Site("resid_pre", 0, role)])}
    assert set(rows) == {"own", "copy", "child", "answer"} - said_before
    for name, row in rows.items():
        assert row["trivial"] == "embedding"
        count = total = 0
        for case in cases:
            read = next((read for read in case.reads() if read.name == name), None)
            if read is None or read.expected == read.base:
                continue
            edited = list(case.base.tokens)
            edited[case.base.at(role, case.variable)] = tokenizer.encode(form.format(case.value))[0]
            logits = variant_logits(model, [Variant(tuple(edited), (read.position,))])[0][0, _values(tokenizer, read)]
            count += int(logits.argmax()) == read.expected
            total += 1
        assert (row["count"], row["total"]) == (count, total)
        assert row["uninformative"] + total <= len(cases)


def test_an_untrained_model_is_not_above_a_constant_guess(model, tokenizer, cases):
    sites = [site for site in sites_for(model) if not site.trivial(model.cfg.n_layers)]
    rows = interchange_rows(untrained(model, seed=1), tokenizer, cases, sites)
    assert rows
    for row in rows:
        assert row["low"] <= max(row["chance"], row["majority"])
        assert row["chance"] == 0.1


def test_free_writing_reads_what_is_written(model, tokenizer, cases):
    """An untrained model writes no chain: every read counts as wrong, none is lost."""
    site = Site("resid_pre", 1, "value")
    rows = {row["read"]: row for row in interchange_rows(model, tokenizer, cases[:6], [site], mode="free")}
    assert set(rows) == {"copy", "child", "answer", "all"}
    assert rows["all"]["count"] == 0
    assert rows["copy"]["total"] == 6
    assert all(row["base_right"] is None for row in rows.values())


def test_the_random_position_is_none_of_the_variables_own(model, tokenizer, cases):
    for case in cases:
        position = position_of(case, Site("resid_pre", 1, RANDOM), 0)
        own = {p for (_, name), where in case.base.roles.items() if name == case.variable for p in where}
        assert 0 < position < case.first_use().position
        assert position not in own


def test_batched_is_one_at_a_time(model, tokenizer, cases):
    sites = sites_for(model, ["value", "before value"])
    assert interchange_rows(model, tokenizer, cases[:5], sites, batch=64) == interchange_rows(
        model, tokenizer, cases[:5], sites, batch=1
    )


def test_wrong_options_are_named(model, tokenizer, cases):
    with pytest.raises(BadInput, match="there is no role 'nose'"):
        sites_for(model, ["nose"])
    with pytest.raises(BadInput, match="the mode 'dreamt'"):
        interchange_rows(model, tokenizer, cases[:1], sites_for(model), mode="dreamt")
    with pytest.raises(BadInput, match=r"no hook point 'blocks\.5\.hook_resid_pre'"):
        interchange_rows(model, tokenizer, cases[:1], [Site("resid_pre", 5, "value")])


def test_phases():
    assert [phase(role) for role in ("definition end", "before value", "value", "step end", "before copy")] == [
        "ready", "ready", "kept", "kept", "used",
    ]  # fmt: skip


def test_locate_is_deterministic_and_finds_nothing_in_an_untrained_model(model, tokenizer, asked):
    found = locate(model, tokenizer, asked[:16], roles=("before value", "value"), seed=4)
    again = locate(model, tokenizer, asked[:16], roles=("before value", "value"), seed=4)
    assert found == again
    assert found.best is None
    assert found.phases == {}
    assert found.sentence().startswith("no non-trivial site carries the variable")
    assert {row["role"] for row in found.screen} == {"before value", "value", RANDOM}
    assert {row["trivial"] for row in found.report} == {"embedding", "prediction"}


def test_a_variable_is_found_in_the_shipped_model(shipped, asked):
    """The trained model does at some non-trivial site what do() says; at a random one and untrained it does not."""
    found = locate(*shipped, asked, seed=0)
    best = found.best
    assert best is not None, found.sentence()
    assert best["accuracy"] >= 0.8, found.sentence()  # of some 15: three may go wrong
    assert best["low"] > max(best["random_position"], best["untrained"], best["majority"])
    assert not best["trivial"]
    assert best["role"] in SITE_ROLES
    trivial = [row for row in found.report if row["trivial"] and row["mode"] == "free" and row["read"] == "all"]
    assert all(row["accuracy"] >= 0.8 for row in trivial)
    assert found.ceiling >= 0.8
