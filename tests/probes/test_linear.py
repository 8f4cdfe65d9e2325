"""Linear probes: the truth by hand, a label planted in a residual stream is found, and noise is not."""

from types import SimpleNamespace

import pytest
import torch
from torch import nn
from transformer_lens import HookedRootModule
from transformer_lens.hook_points import HookPoint

from reasonlab.cli import main
from reasonlab.language.errors import BadInput
from reasonlab.models import save
from reasonlab.probes.figures import depth_figure
from reasonlab.probes.linear import QUESTIONS, fit, items, linear_rows, make_probes
from reasonlab.probes.roles import gold_layout
from reasonlab.runs.tables import read_table
from reasonlab.tasks import Problem, parse_difficulty, problems
from reasonlab.tasks.arithmetic import Definition, Instance


@pytest.fixture(scope="module")
def needless():
    """`mod 10 ; b = a + a ; c = b * a ; a = 3 ; b ?`: c is needless.

    Its chain in the form `plan`: b = a + a ; a = 3 ; b = a [3] + a [3] = 6 ; answer 6
    """
    definitions = (Definition("b", "+", "a", "a"), Definition("c", "*", "b", "a"), Definition("a", value=3))
    difficulty = parse_difficulty("arithmetic", "modulus=10")
    return Problem("arithmetic", difficulty, "test", 0, 0, Instance(10, definitions, "b"))


@pytest.fixture(scope="module")
def many():
    return list(problems("arithmetic", parse_difficulty("arithmetic", "variables=3-5,distractors=1"), "test", 9, 60))


PROMPT = "mod 10 ; b = a + a ; c = b * a ; a = 3 ;"
PLAN = "b = a + a ;"
A = "a = 3 ;"
B = "b = a [3] + a [3] = 6 ;"
# Everything that can be asked at a moment: where the text may end, and (asked, answer).
TRUTH = {
    ("necessary", "definitions"): {(PROMPT, "a", 1), (PROMPT, "b", 1), (PROMPT, "c", 0)},
    ("necessary", "question"): {(f"{PROMPT} b ?", "a", 1), (f"{PROMPT} b ?", "b", 1), (f"{PROMPT} b ?", "c", 0)},
    ("depends", "definitions"): {
        (PROMPT, "b a", 1), (PROMPT, "c a", 1), (PROMPT, "c b", 1), (PROMPT, "a b", 0), (PROMPT, "a c", 0),
        (PROMPT, "b c", 0),
    },
    ("computable", "question"): {(f"{PROMPT} b ?", "a", 1), (f"{PROMPT} b ?", "b", 0), (f"{PROMPT} b ?", "c", 0)},
    ("value", "question"): {(f"{PROMPT} b ?", "b", 6), (f"{PROMPT} b ?", "c", 8)},  # of a the prompt says it
    ("value", "ready"): {(f"{PROMPT} b ? {PLAN} {A}", "b", 6), (f"{PROMPT} b ? {PLAN} {A} {B}", "c", 8)},
}  # fmt: skip


@pytest.mark.parametrize(("question", "moment"), TRUTH)
def test_the_truth_by_hand(needless, tokenizer, question, moment):
    made = gold_layout(needless, "plan", tokenizer)
    found = set()
    for seed in range(20):
        for item in items(made, tokenizer, question, moment, seed=seed):
            *before, name = tokenizer.decode(item.tokens).split(" ")
            if question == "depends":
                *before, name = *before[:-1], f"{before[-1]} {name}"
            found.add((" ".join(before), name, item.answer))
    assert found == TRUTH[question, moment]


def test_behind_a_step_the_truth_moves(needless, tokenizer):
    """Each variable is asked about once for each answer, and a text that could give either gives the right one."""
    made = gold_layout(needless, "plan", tokenizer)
    start = f"{PROMPT} b ?"
    ends = [f"{start} {PLAN}", f"{start} {PLAN} {A}", f"{start} {PLAN} {A} {B}"]
    truth = {
        "known": {"a": (0, 1, 1), "b": (0, 0, 1), "c": (0, 0, 0)},
        "computable": {"a": (1, 0, 0), "b": (0, 1, 0), "c": (0, 0, 1)},
    }
    for question, table in truth.items():
        expected = {(ends[i], name, answers[i]) for name, answers in table.items() for i in range(3)}
        seen = set()
        for seed in range(40):
            once = items(made, tokenizer, question, "step", seed=seed)
            asked = [(tokenizer.decode(item.tokens).rpartition(" "), item.answer) for item in once]
            assert len({(name, answer) for (_, _, name), answer in asked}) == len(once)
            seen |= {(before, name, answer) for (before, _, name), answer in asked}
        assert seen == expected
    stated = {
        (tokenizer.decode(item.tokens), item.answer)
        for seed in range(40)
        for item in items(made, tokenizer, "value", "stated", seed=seed)
    }
    assert stated == {(f"{ends[1]} a", 3), (f"{ends[2]} a", 3), (f"{ends[2]} b", 6)}


@pytest.mark.parametrize("form", ["plan", "expand", "needs", "direct"])
def test_halves_share_no_problem_and_test_items_are_balanced(many, tokenizer, form):
    for probe in make_probes(many, tokenizer, form=form):
        if probe.moment != "definitions":  # the text holds the whole prompt
            mark = tokenizer.encode("?")[0]
            fitted, tested = (
                {item.tokens[: item.tokens.index(mark)] for item in half} for half in (probe.fitted, probe.tested)
            )
            assert not fitted & tested
        counts = [sum(item.answer == answer for item in probe.tested) for answer in probe.answers]
        assert len(set(counts)) == 1
        assert {item.answer for item in probe.fitted} == set(probe.answers)
    assert {(probe.question, probe.moment) for probe in make_probes(many, tokenizer, form=form)} == {
        (question, moment) for question, moments in QUESTIONS.items() for moment in moments
    }


class Planted(HookedRootModule):
    """Random embeddings; from layer 1 on the answer of a text that is known by heart is added at its last token."""

    def __init__(self, vocab_size, answers, d_model=24):
        super().__init__()
        self.cfg = SimpleNamespace(n_layers=3, n_ctx=160, d_model=d_model, device="cpu")
        generator = torch.Generator().manual_seed(0)
        self.embedding = torch.randn(vocab_size, d_model, generator=generator)
        self.directions = 2 * torch.randn(1 + max(answers.values()), d_model, generator=generator)
        self.answers = answers
        self.blocks = nn.ModuleList(
            nn.ModuleDict({"hook_resid_pre": HookPoint(), "hook_resid_post": HookPoint()}) for _ in range(3)
        )
        self.setup()

    def forward(self, tokens):
        resid = self.embedding[tokens]
        for layer, block in enumerate(self.blocks):
            resid = block["hook_resid_pre"](resid)
            if layer == 1:
                resid = resid.clone()
                for row, text in enumerate(tokens.tolist()):
                    while text[-1] == 0:
                        text.pop()
                    resid[row, len(text) - 1] += self.directions[self.answers[tuple(text)]]
            resid = block["hook_resid_post"](resid)
        return resid


@pytest.mark.parametrize("question", ["computable", "value"])
def test_a_planted_answer_is_found_where_it_is_and_nowhere_else(many, tokenizer, question):
    probes = make_probes(many, tokenizer, questions=[question], form="expand")
    answers = {item.tokens: item.answer for probe in probes for item in (*probe.fitted, *probe.tested)}
    rows = linear_rows(Planted(tokenizer.vocab_size, answers), probes)
    assert [(row["component"], row["layer"]) for row in rows[:4]] == [
        ("resid_pre", 0), ("resid_pre", 1), ("resid_pre", 2), ("resid_post", 2),
    ]  # fmt: skip
    assert [row["trivial"] for row in rows[:4]] == ["embedding", "", "", ""]
    for row in rows:
        assert row["untrained"] is None
        assert row["chance"] == 1 / row["classes"]
        if row["layer"] == 2:
            assert row["accuracy"] > 0.97
            # SHUFFLES orders of `total` items each; four standard deviations, and the fit itself varies as much again.
            assert abs(row["shuffled"] - row["chance"]) < 8 * (row["chance"] / (3 * row["total"])) ** 0.5
        else:
            assert row["low"] < row["chance"] + 0.15


def test_a_random_answer_is_not_found(many, tokenizer, model):
    """The model's own activations, answers by a coin: within five standard deviations of one half everywhere."""
    (probe,) = make_probes(many, tokenizer, questions=["known"])
    coin = torch.Generator().manual_seed(1)
    toss = [
        tuple(type(item)(item.tokens, int(torch.randint(2, (), generator=coin))) for item in half)
        for half in (probe.fitted, probe.tested)
    ]
    rows = linear_rows(model, [type(probe)("known", "step", (0, 1), *toss)])
    assert all(abs(row["accuracy"] - 0.5) < 5 * (0.25 / row["total"]) ** 0.5 for row in rows)
    assert rows[0]["total"] > 150


def test_the_fit_is_the_minimum(model):
    """Its gradient, written out by hand, is zero: softmax error times features, weighed by label, + l2 W."""
    generator = torch.Generator().manual_seed(0)
    features, labels = torch.randn(40, 5, generator=generator), torch.arange(40).clamp(max=12) % 3
    features[:, 4] = 7  # the same in every item
    features += labels[:, None]
    made = fit(features, labels, l2=0.1)
    x = (features.double() - made.mean) / made.deviation
    error = (x @ made.weight.T + made.bias).softmax(-1) - nn.functional.one_hot(labels)
    weights = 1 / labels.bincount()[labels].double() / 3
    gradient = (error * weights[:, None]).T @ x + 0.1 * made.weight
    assert float(gradient.abs().max()) < 1e-5
    assert float((error * weights[:, None]).sum(0).abs().max()) < 1e-5
    assert made.predict(features).shape == (40,)


def test_rows_are_a_function_of_the_seed(many, tokenizer, model):
    def rows(seed):
        probes = make_probes(many, tokenizer, questions=["necessary"], seed=seed)
        return linear_rows(model, probes, seed=seed)

    once = rows(4)
    assert once == rows(4)
    assert once != rows(5)
    assert all(0 <= row[column] <= 1 for row in once for column in ("accuracy", "shuffled", "untrained"))


def test_reading_in_batches_is_reading_one_at_a_time(many, tokenizer, model):
    probes = make_probes(many[:30], tokenizer, questions=["known"])
    together, alone = (linear_rows(model, probes, batch=batch) for batch in (64, 1))
    for a, b in zip(together, alone):
        assert abs(a["count"] - b["count"]) <= 1  # an item on the boundary may fall to either side


def test_what_cannot_be_asked_is_named(many, deduced, tokenizer, words):
    with pytest.raises(BadInput, match="no question 'mood'; expected one of necessary, depends, computable"):
        make_probes(many, tokenizer, questions=["mood"])
    with pytest.raises(BadInput, match="nobody knows how to ask deduction for known"):
        make_probes(deduced, words, questions=["known"])
    with pytest.raises(BadInput, match="23 problems for a linear probe; expected at least 24"):
        make_probes(many[:23], tokenizer)
    plain = list(problems("arithmetic", parse_difficulty("arithmetic", "variables=3-5,distractors=0"), "test", 9, 30))
    with pytest.raises(BadInput, match="'necessary' at 'definitions' has no two answers"):
        make_probes(plain, tokenizer)
    assert len(make_probes(plain, tokenizer, questions=["known", "depends"])) == 3


def test_the_figure_has_a_line_for_each_moment_and_control():
    rows = [
        {"question": "known", "moment": moment, "component": "resid_pre", "layer": layer, "accuracy": 0.5 + layer / 4,
         "untrained": None, "shuffled": 0.5, "chance": 0.5}
        for moment in ("step", "question") for layer in (0, 1)
    ]  # fmt: skip
    option = depth_figure(rows, "known")
    assert option["xAxis"]["data"] == ["resid_pre 0", "resid_pre 1"]
    assert [line["name"] for line in option["series"][:3]] == ["step", "step, untrained", "step, shuffled"]
    assert option["series"][0]["data"] == [0.5, 0.75]
    assert option["series"][1]["data"] == [None, None]
    assert option["series"][0]["markLine"]["data"] == [{"yAxis": 0.5}]
    with pytest.raises(BadInput, match="no row is about 'value'; expected one of known"):
        depth_figure(rows, "value")


def test_the_command(model, tokenizer, tmp_path, capsys):
    folder, out = tmp_path / "model", tmp_path / "tables"
    save(model, tokenizer, folder)
    asked = ("probe", str(folder), "--what", "linear", "--difficulty", "variables=3-4", "--device", "cpu")
    few = ("--problems", "30", "--questions", "known", "depends", "--out", str(out))
    assert main([*asked, *few]) == 0
    assert "linear (3 of 3 rows)" in capsys.readouterr().out
    rows = read_table(out / "linear.parquet")
    assert len(rows) == 3 * (model.cfg.n_layers + 1)
    for wrong, line in ((["--problems", "6"], "6 problems for a linear probe"),
                        (["--problems", "30", "--questions", "mood"], "no question 'mood'")):  # fmt: skip
        assert main([*asked, *wrong]) == 2
        said = capsys.readouterr()
        assert line in said.err
        assert said.err.count("\n") == 1
        assert said.out == ""


def test_the_shipped_model_knows_what_it_has_stated(shipped):
    asked = list(problems("arithmetic", parse_difficulty("arithmetic", "variables=3-6"), "test", 3, 48))
    model, tokenizer = shipped
    rows = linear_rows(model, make_probes(asked, tokenizer, questions=["known"], form="expand"))
    last = rows[-1]
    assert last["low"] > 0.9
    assert last["untrained"] < 0.9
    assert rows[0]["accuracy"] == pytest.approx(0.5, abs=0.15)  # the name alone
