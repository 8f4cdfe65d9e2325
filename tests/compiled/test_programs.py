"""Compiled programs: the model says what the program says, and its true edges are those, and only those, that matter.

One table of cases; every suite runs over it. The symbolic program is the oracle for outputs, patching each edge alone
and in turn is the slow twin of the compiler's own list of edges.
"""

import functools
from dataclasses import dataclass
from itertools import product

import pytest
import torch
from transformer_lens import ActivationCache, patching

from reasonlab.compiled import (
    PROGRAMS,
    Edge,
    Program,
    compile_program,
)
from reasonlab.compiled.rasp import Aggregate, Map, Select, SequenceMap, Tokens, everywhere
from reasonlab.language.errors import BadInput


@dataclass(frozen=True)
class Case:
    """A program by name.

    Attributes:
        examples: inputs and outputs worked out by hand.
        edges: the true ones, a node called by the last variable it writes (a layer's MLP may write several).
    """

    name: str
    examples: dict[str, list]
    edges: set[str]


CASES = [
    Case(
        "reverse",
        {"abcd__": [*"dcba__"], "a_____": [*"a_____"], "ba": [*"ab"], "aabbcc": [*"ccbbaa"]},
        {
            "embed -> 1/(1+count) k",
            "1/(1+count) -> count",
            "count -> opposite",
            "opposite -> output q",
            "embed -> output v",
            "output -> logits",
        },
    ),
    Case(
        "frac_prevs",
        {"xaxx": [1, 1 / 2, 2 / 3, 3 / 4], "ab": [0, 0], "axxxxxxx": [i / (i + 1) for i in range(8)]},
        {"embed -> is_x", "is_x -> output v", "output -> logits"},
    ),
    Case(
        "sort_unique",
        {"hgfedc": [*"cdefgh"], "bca": [*"abc"], "d": ["d"]},
        {
            "embed -> 1/(1+rank) q",
            "embed -> 1/(1+rank) k",
            "1/(1+rank) -> rank",
            "rank -> output k",
            "embed -> output v",
            "output -> logits",
        },
    ),
    Case(
        "histogram",
        {"aaaaaaaa": [8] * 8, "abca": [2, 1, 1, 2], "e": [1]},
        {"embed -> 1/(1+output) q", "embed -> 1/(1+output) k", "1/(1+output) -> output", "output -> logits"},
    ),
    Case(
        "brackets",
        {
            "(())": ["open", "open", "open", "closed"],
            ".()()": ["closed", "open", "closed", "open", "closed"],
            "((()))": ["open", "open", "bad", "bad", "bad", "bad"],
            ")()(": ["bad", "bad", "bad", "bad"],
        },
        {
            "embed -> 1/(1+opened) k",
            "embed -> 1/(1+closed) k",
            "1/(1+opened) -> closed",
            "1/(1+closed) -> closed",
            "closed -> here",
            "here -> faults v",
            "here -> output",
            "faults -> output",
            "output -> logits",
        },
    ),
    Case(
        "induction",
        {"abcab": ["none", "none", "none", "b", "c"], "aa": ["none", "a"], "fdef": ["none", "none", "none", "d"]},
        {
            "embed -> previous v",
            "previous -> output k",
            "embed -> output q",
            "embed -> output v",
            "output -> logits",
        },
    ),
]


@functools.cache
def compiled(name, **options):
    return compile_program(PROGRAMS[name](), **options)


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request):
    return request.param


@torch.no_grad()
def largest_change(found, *hooks, tokens, plain):
    """At the positions that mean something."""
    moved = found.model.run_with_hooks(tokens, fwd_hooks=list(hooks)) - plain
    return moved[:, found.meaningful].abs().max().item()


def test_every_program_is_a_case():
    assert [case.name for case in CASES] == list(PROGRAMS)


# What the programs mean, and that the models say it.


def test_examples_by_hand(case):
    program, found = PROGRAMS[case.name](), compiled(case.name)
    for text, outputs in case.examples.items():
        assert program(list(text)) == outputs, text
        assert found.decode(found.model(found.tokens([list(text)])))[0] == pytest.approx(outputs, abs=1e-6), text


@pytest.mark.parametrize("options", [{}, {"seed": 7}, {"distractors": False}], ids=str)
def test_the_model_says_what_the_program_says(case, options):
    found = compiled(case.name, **options)
    tokens = found.sample(400, seed=0)
    for length in range(2, tokens.shape[1] + 1):  # every beginning of an input is an input, too
        outputs, expected = found.model(tokens[:, :length]), found.expected(tokens[:, :length])
        assert (outputs - expected)[:, found.meaningful].abs().max() < 1e-5


def test_the_residual_stream_has_every_variable_where_it_is_said_to_be(case):
    found = compiled(case.name)
    inputs = found.program.sample(50, seed=0)
    last = f"blocks.{found.model.cfg.n_layers - 1}.hook_resid_post"
    stream = found.model.run_with_cache(found.tokens(inputs))[1][last]
    for variable in found.variables:
        written = stream[:, :, list(variable.axes)]
        values = [variable.op.evaluate(tokens, causal=found.program.causal) for tokens in inputs]
        expected = torch.tensor([[variable.code(value) for value in row] for row in values])
        assert (written[:, 1:] - expected).abs().max() < 1e-5, variable.op.name
        assert (written[:, 0] - torch.tensor(variable.at_bos)).abs().max() < 1e-5, variable.op.name


def test_a_causal_model_sees_nothing_later(case):
    found = compiled(case.name)
    tokens, other = found.sample(20, seed=0), found.sample(20, seed=1)
    half = tokens.shape[1] // 2
    mixed = torch.cat((tokens[:, :half], other[:, half:]), 1)
    same = torch.equal(found.model(tokens)[:, :half], found.model(mixed)[:, :half])
    assert same == found.program.causal


def test_samples_are_inputs_of_one_length_and_depend_on_their_place_alone(case):
    program = PROGRAMS[case.name]()
    drawn = program.sample(40, seed=3)
    assert {len(tokens) for tokens in drawn} == {program.length}
    assert program.sample(10, seed=3) == drawn[:10]
    assert program.sample(40, seed=4) != drawn
    outputs = {value for tokens in drawn for value in program(tokens)}
    assert len(outputs) > 2  # no answer is right for all


def test_a_sample_is_the_same_everywhere():
    assert "".join(PROGRAMS["induction"]().sample(1, seed=0)[0]) == "dafbfaeb"


# The transformer.


def test_what_the_components_write_sums_to_the_residual_stream(case):
    model = compile_program(PROGRAMS[case.name]()).model.double()
    tokens = compiled(case.name).sample(20, seed=0)
    outputs, cache = model.run_with_cache(tokens)
    total = cache["hook_embed"] + cache["hook_pos_embed"]
    for layer in range(model.cfg.n_layers):
        assert torch.equal(total, cache[f"blocks.{layer}.hook_resid_pre"]) or layer
        for part, written in (
            ("resid_mid", cache[f"blocks.{layer}.attn.hook_result"].sum(2)),
            ("resid_post", cache[f"blocks.{layer}.hook_mlp_out"]),
        ):
            total = total + written
            torch.testing.assert_close(total, cache[f"blocks.{layer}.hook_{part}"], rtol=0, atol=1e-12)
    torch.testing.assert_close(outputs, total @ model.W_U, rtol=0, atol=1e-12)


def test_every_point_moves_the_outputs_but_those_that_are_said_to_be_unread(case):
    found = compiled(case.name)
    tokens = found.sample(30, seed=0)
    plain, unread = found.model(tokens), set()
    for point in found.model.hook_dict:
        generator = torch.Generator().manual_seed(0)

        def perturb(x, hook, generator=generator):
            return x + 1000 * torch.randn(x.shape, generator=generator)

        if largest_change(found, (point, perturb), tokens=tokens, plain=plain) < 1e-5:
            unread.add(point)
        # Restored, the outputs return; a hook that only looks changes no bit.
        assert largest_change(found, (point, lambda x, hook: x.clone()), tokens=tokens, plain=plain) == 0
    assert unread == found.unread_points()


def test_a_hook_may_write_in_place_and_only_its_own_reader_sees_it(case):
    found = compiled(case.name)
    tokens = found.sample(30, seed=0)
    last = found.model.cfg.n_layers - 1
    _, before = found.model.run_with_cache(tokens)

    def wipe(x, hook):
        x[:, :, 0] = 0

    for letter in "qkv":
        with found.model.hooks(fwd_hooks=[(f"blocks.{last}.attn.hook_{letter}_input", wipe)]):
            _, after = found.model.run_with_cache(tokens)
        changed = [x for x in "qkv" if not torch.equal(*(c[f"blocks.{last}.attn.hook_{x}"] for c in (before, after)))]
        assert changed in ([letter], [])
        moved = (before[f"blocks.{last}.attn.hook_{letter}"] - after[f"blocks.{last}.attn.hook_{letter}"]).abs()
        assert moved[:, :, 1:].max() == 0
        assert torch.equal(before[f"blocks.{last}.hook_resid_pre"], after[f"blocks.{last}.hook_resid_pre"])


def test_transformer_lens_tools_take_the_model():
    found = compiled("induction")
    tokens, other = found.sample(4, seed=0), found.sample(4, seed=1)
    _, cache = found.model.run_with_cache(tokens)
    assert isinstance(cache, ActivationCache)
    assert cache.stack_head_results().shape[0] == found.model.cfg.n_layers * found.model.cfg.n_heads
    plain = found.model(other)
    effects = patching.get_act_patch_attn_head_out_all_pos(
        found.model, other, cache, lambda outputs: (outputs - plain)[:, found.meaningful].abs().mean()
    )
    places = product(range(found.model.cfg.n_layers), range(found.model.cfg.n_heads))
    heads = {(variable.layer, variable.head) for variable in found.variables if variable.head is not None}
    assert {place for place in places if effects[place] > 0} == heads  # those that compute the program


# Edges.


def output_of(cache, writer):
    """[batch pos d_model]"""
    if writer == "embed":
        return cache["hook_embed"] + cache["hook_pos_embed"]
    kind, place = writer.split()
    layer, _, head = place.partition(".")
    if kind == "mlp":
        return cache[f"blocks.{layer}.hook_mlp_out"]
    return cache[f"blocks.{layer}.attn.hook_result"][:, :, int(head)]


def input_of(reader, n_layers):
    """Where the reader's own copy of the stream is, and the head there."""
    if reader == "logits":
        return f"blocks.{n_layers - 1}.hook_resid_post", None
    kind, place, *letter = reader.split()
    layer, _, head = place.partition(".")
    return (
        (f"blocks.{layer}.hook_mlp_in", None)
        if kind == "mlp"
        else (f"blocks.{layer}.attn.hook_{letter[0]}_input", int(head))
    )


def effects_by_edge(found, tokens, other):
    """By edge, the largest change of the outputs when that edge alone carries what it carries on `other`."""
    plain, own = found.model.run_with_cache(tokens)
    _, theirs = found.model.run_with_cache(other)
    effects = {}
    for edge in map(Edge._make, found.graph.edges()):
        point, head = input_of(edge.reader, found.model.cfg.n_layers)
        change = output_of(theirs, edge.writer) - output_of(own, edge.writer)

        def patch(x, hook, head=head, change=change):
            (x if head is None else x[:, :, head]).add_(change)

        effects[edge] = largest_change(found, (point, patch), tokens=tokens, plain=plain)
    return effects


def test_the_true_edges_by_hand(case):
    found = compiled(case.name)
    names = {writer: roles[-1] for writer, roles in found.roles().items()} | {"embed": "embed", "logits": "logits"}

    def called(node):
        *start, last = node.split(" ")
        return f"{names[' '.join(start)]} {last}" if last in ("q", "k", "v") else names[node]

    assert {f"{called(edge.writer)} -> {called(edge.reader)}" for edge in found.edges} == case.edges


@pytest.mark.parametrize("options", [{}, {"seed": 7}], ids=str)
def test_every_true_edge_moves_the_outputs_and_no_other_does(case, options):
    found = compiled(case.name, **options)
    effects = effects_by_edge(found, found.sample(64, seed=0), found.sample(64, seed=1))
    assert found.edges < effects.keys()
    assert {edge for edge, effect in effects.items() if effect > 1e-2} == found.edges
    assert {edge for edge, effect in effects.items() if effect > 1e-5} == found.edges


def test_distractors_are_busy(case):
    """What they write differs between inputs: an edge is false since nothing reads it, not since it carries nothing."""
    found, plain = compiled(case.name), compiled(case.name, distractors=False)
    tokens, other = found.sample(64, seed=0), found.sample(64, seed=1)
    shape = found.model.shape
    assert shape.n_layers >= 2
    assert shape.n_heads >= 3
    _, own = found.model.run_with_cache(tokens)
    _, theirs = found.model.run_with_cache(other)
    idle = set()
    for writer in found.graph.writers:
        if (output_of(own, writer) - output_of(theirs, writer)).abs().max() < 0.1:
            idle.add(writer)
    assert idle == set()
    _, without = plain.model.run_with_cache(tokens)
    for writer in set(found.graph.writers) - found.roles().keys():
        assert output_of(without, writer).abs().max() == 0
    assert found.edges == plain.edges


def test_a_soft_model_only_nearly_computes_the_program():
    """What `sharpness` is for: gradients, which vanish where attention is hard."""
    hard, soft = compiled("induction"), compiled("induction", sharpness=4.0)
    tokens = hard.sample(64, seed=0)
    error = (soft.model(tokens) - hard.expected(tokens))[:, hard.meaningful].abs().max()
    assert 0.05 < error < 1
    assert soft.edges == hard.edges


# What cannot be used is refused, with its reason.

LETTERS = Tokens("tokens", ("a", "b"))
SHARE = Aggregate("share", everywhere(LETTERS), Map("is_a", lambda x: int(x == "a"), LETTERS, numerical=True), 0, 4)
DISTANCE = Map("far", lambda x: 5 if x == "a" else 3, LETTERS, numerical=True)


def program_of(output):
    return Program("tried", "a test's", LETTERS.vocabulary, 4, True, output, lambda rng: rng.choices("ab", k=4))


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        (
            SequenceMap("both", lambda x, y: x < y, SHARE, Map("m", lambda x: 1 - x, SHARE, numerical=True)),
            "two numbers",
        ),
        (SequenceMap("one", lambda x, y: x, LETTERS, SHARE), "does not depend on share"),
        (Aggregate("found", Select(SHARE, LETTERS, lambda k, q: k > 0.5), LETTERS, "a", 4), "a selector of the number"),
        (Map("m", lambda x: x > 4, Aggregate("far on average", everywhere(LETTERS), DISTANCE, 0, 4)), "zeros and ones"),
    ],
    ids=["two numbers", "ignored", "selector", "mean"],
)
def test_a_program_without_exact_weights_is_refused(output, reason):
    with pytest.raises(BadInput, match=reason):
        compile_program(program_of(output))


def test_an_input_outside_the_program_is_refused():
    found = compiled("histogram")
    for tokens, reason in ((["z"], "the token 'z'"), (["a"] * 9, "at most 8")):
        with pytest.raises(BadInput, match=reason):
            found.program(tokens)
    with pytest.raises(BadInput, match="the token 'z'"):
        found.tokens([["z"]])
    with pytest.raises(BadInput, match="equal lengths"):
        found.tokens([["a"], ["a", "a"]])
    with pytest.raises(BadInput, match="BOS first"):
        found.expected(torch.tensor([[1, 2]]))
    with pytest.raises(BadInput, match="at most 9"):
        found.model(torch.zeros(1, 10, dtype=torch.long))
    with pytest.raises(BadInput, match="one category"):
        PROGRAMS["induction"]()(list("abacaa"))
