"""Edges and circuits against their slow twins and against models whose circuit is known; the command that finds one."""

import json
from dataclasses import replace

import pytest
import torch

from reasonlab.cli import main
from reasonlab.language.errors import BadInput
from reasonlab.models import Qwen3Config, create
from reasonlab.models.graph import Graph
from reasonlab.probes.circuit_figure import circuit_svg
from reasonlab.probes.circuits import (
    SHARES,
    Circuit,
    Faithful,
    Measured,
    Point,
    at_random,
    cmd,
    cpr,
    curve,
    prune,
    smallest,
    top,
)  # fmt: skip
from reasonlab.probes.counterparts import make_cases
from reasonlab.probes.edges import (
    ABLATIONS,
    STEPS,
    Contrast,
    ablated,
    attribution,
    auroc,
    correlation,
    correlations,
    exact,
)
from reasonlab.probes.find_circuit import find_circuit
from reasonlab.probes.graph import graph_of, reader_hooks, writer_hooks, written
from reasonlab.probes.value_task import value_contrasts
from reasonlab.runs.tables import read_table
from reasonlab.tasks import parse_difficulty, problems


@pytest.fixture(scope="module")
def small():
    """Two layers of two heads that share their keys, of ordinary size."""
    config = Qwen3Config(
        vocab_size=20, d_model=16, n_layers=2, n_heads=2, n_kv_heads=1, d_head=8, d_mlp=12, max_positions=16,
        init_std=0.4,
    )  # fmt: skip
    return create("qwen3", config, seed=1).eval()


def contrast_of(rows=3, length=6, seed=0):
    """Random pairs that differ in one token; the metric is a difference of two logits at the end."""
    clean = torch.randint(0, 20, (rows, length), generator=torch.Generator().manual_seed(seed))
    corrupted = clean.clone()
    corrupted[:, 2] = (corrupted[:, 2] + 7) % 20
    return Contrast(clean, corrupted, lambda logits: logits[:, -1, 3] - logits[:, -1, 5])


@pytest.fixture(scope="module")
def graph(small):
    return graph_of(small)


def test_the_graph_by_hand(graph):
    assert graph == Graph(2, 2, 1)
    assert graph.writers == ("embed", "head 0.0", "head 0.1", "mlp 0", "head 1.0", "head 1.1", "mlp 1")
    assert graph.readers[:5] == ("head 0.0 q", "head 0.1 q", "head 0.0 k", "head 0.0 v", "mlp 0")
    assert graph.readers[-1] == "logits"
    # Layer 0: four inputs of heads read 1 writer, the MLP 3; layer 1: 4 and 6; the logits 7.
    assert graph.size == 4 * 1 + 3 + 4 * 4 + 6 + 7 == len(graph.edges())
    assert graph.written_before("head 1.1 q") == 4
    assert torch.equal(graph.mask(graph.edges()), graph.allowed)


def test_useful_edges_lie_on_a_path(graph):
    path = [("embed", "head 0.0 v"), ("head 0.1", "mlp 0"), ("mlp 0", "logits")]
    astray = [("head 1.0", "logits"), ("embed", "head 1.0 q"), ("embed", "mlp 1")]
    assert set(graph.edges(graph.useful(graph.mask(path)))) == set(path)  # the values of 0.0 are those of 0.1
    found = set(graph.edges(graph.useful(graph.mask(path + astray))))
    assert found == {*path, ("head 1.0", "logits"), ("embed", "head 1.0 q")}
    assert not graph.useful(graph.mask([("mlp 0", "logits")])).any()


def test_written_sums_to_the_stream(small, graph):
    tokens = contrast_of().clean
    _, cache = small.run_with_cache(tokens)
    torch.testing.assert_close(written(small, graph, tokens).sum(2), cache["blocks.1.hook_resid_post"])


def test_exact_is_one_edge_at_a_time(small, graph):
    contrast, done = contrast_of(), []
    scores = exact(small, graph, contrast, progress=done.append)
    assert sum(done) == graph.size
    assert not scores[:, ~graph.allowed].any()
    plain = contrast.metric(small(contrast.clean)).detach()
    for writer, reader in [
        ("embed", "head 0.1 q"),
        ("head 0.1", "head 1.0 v"),
        ("mlp 0", "mlp 1"),
        ("mlp 1", "logits"),
    ]:
        with torch.no_grad():
            clean, corrupted = (written(small, graph, t) for t in (contrast.clean, contrast.corrupted))
        w, r = graph.writers.index(writer), graph.readers.index(reader)
        ((hook, slot),) = [(h, s) for h, s in reader_hooks(graph).items() if s.start <= r < s.stop]

        def act(activation, hook, w=w, r=r, slot=slot, clean=clean, corrupted=corrupted):
            made = activation.clone()
            target = made[:, :, r - slot.start] if made.ndim == 4 else made
            target -= clean[:, :, w]
            target += corrupted[:, :, w]
            return made

        with torch.no_grad(), small.hooks(fwd_hooks=[(hook, act)]):
            wanted = contrast.metric(small(contrast.clean)) - plain
        torch.testing.assert_close(scores[:, r, w], wanted, atol=1e-5, rtol=1e-4)
        assert wanted.abs().max() > 1e-4


def test_attribution_is_the_slope_of_exact_patching(small, graph):
    """For a change a thousand times smaller, an edge's effect is a thousand times its estimate."""
    contrast = contrast_of()
    eap = attribution(small, graph, contrast)
    # The logits' reader is linear after the final norm's scale; elsewhere the estimate is a first-order one: compare
    # with a finite difference by scaling what is added.
    clean, corrupted = (written(small, graph, tokens) for tokens in (contrast.clean, contrast.corrupted))
    step = 1e-2
    for hook, slot in reader_hooks(graph).items():
        r, w = slot.start, graph.written_before(graph.readers[slot.start]) - 1

        def act(activation, hook, w=w, sign=1.0):
            made = activation.clone()
            target = made[:, :, 0] if made.ndim == 4 else made
            target += sign * step * (corrupted - clean)[:, :, w]
            return made

        with torch.no_grad():
            with small.hooks(fwd_hooks=[(hook, act)]):
                up = contrast.metric(small(contrast.clean))
            with small.hooks(fwd_hooks=[(hook, lambda a, hook, act=act: act(a, hook, sign=-1.0))]):
                down = contrast.metric(small(contrast.clean))
        torch.testing.assert_close(eap[:, r, w], (up - down) / (2 * step), atol=2e-3, rtol=2e-2)


def test_integrated_gradients_converge(small, graph):
    contrast = contrast_of()
    one, rough, fine = (attribution(small, graph, contrast, steps=steps) for steps in (1, 100, 200))
    assert (rough - fine).abs().max() < 0.05 * fine.abs().max()
    assert (one - fine).abs().max() > 0.1 * fine.abs().max()  # so that the steps are seen to matter
    torch.testing.assert_close(one, attribution(small, graph, contrast))


def test_all_edges_are_the_model_and_none_the_corrupted_run(small, graph):
    contrast = contrast_of(rows=5)
    measured = Measured(small, graph, [contrast])
    torch.testing.assert_close(measured.metric(graph.allowed), measured.clean, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(
        measured.metric(torch.zeros_like(graph.allowed)), measured.corrupted, atol=1e-5, rtol=1e-5
    )
    assert measured.faithfulness(graph.allowed) == pytest.approx(1, abs=1e-4)
    assert measured.faithfulness(torch.zeros_like(graph.allowed)) == pytest.approx(0, abs=1e-4)


def test_edges_that_are_not_useful_do_nothing(small, graph):
    measured = Measured(small, graph, [contrast_of(rows=4)])
    for seed in range(6):
        chosen = graph.allowed & (torch.rand(graph.allowed.shape, generator=torch.Generator().manual_seed(seed)) < 0.3)
        torch.testing.assert_close(measured.metric(chosen), measured.metric(graph.useful(chosen)), atol=1e-5, rtol=1e-5)


def test_without_one_edge_it_is_exact_patching(small, graph):
    """Every edge but one kept is the noising of that edge: two programs, one number."""
    contrast = contrast_of(rows=4)
    measured, scores = Measured(small, graph, [contrast]), exact(small, graph, contrast)
    for r, w in graph.allowed.nonzero().tolist():
        less = graph.allowed.clone()
        less[r, w] = False
        torch.testing.assert_close(
            measured.metric(less) - measured.clean, scores[:, r, w].double(), atol=1e-5, rtol=1e-4
        )  # fmt: skip


def test_a_circuit_of_all_edges_swapped_is_the_corrupted_run(small, graph):
    contrast = contrast_of(rows=4)
    swapped = Measured(small, graph, [contrast.swapped()])
    wanted = -contrast.metric(small(contrast.corrupted)).detach().double()
    torch.testing.assert_close(swapped.metric(graph.allowed), wanted, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(swapped.clean, wanted)


@pytest.mark.parametrize("ablation", ABLATIONS)
def test_without_one_edge_under_each_ablation(small, graph, ablation):
    """Two programs, one number: all edges but one kept, and that one patched; none kept, and writers held at zero."""
    contrast = replace(contrast_of(rows=4), lengths=torch.tensor([6, 6, 5, 6]))
    measured = Measured(small, graph, [contrast], ablation=ablation)
    scores = exact(small, graph, contrast, ablation=ablation)
    torch.testing.assert_close(measured.metric(graph.allowed), measured.clean, atol=1e-5, rtol=1e-4)
    for r, w in graph.allowed.nonzero().tolist()[::5]:
        less = graph.allowed.clone()
        less[r, w] = False
        torch.testing.assert_close(
            measured.metric(less) - measured.clean, scores[:, r, w].double(), atol=1e-5, rtol=1e-4
        )  # fmt: skip
    if ablation == "zero":
        zeros = [(name, lambda made, hook: torch.zeros_like(made)) for name in writer_hooks(graph)]
        with torch.no_grad(), small.hooks(fwd_hooks=zeros):
            wanted = contrast.metric(small(contrast.clean)).double()
        torch.testing.assert_close(measured.corrupted, wanted, atol=1e-5, rtol=1e-4)


def test_a_mean_leaves_padding_out():
    contrast = replace(contrast_of(rows=2, length=3), lengths=torch.tensor([3, 1]))
    made = torch.arange(6.0).view(2, 3, 1, 1)
    assert ablated(contrast, made, "mean").unique().tolist() == [1.5]  # of 0, 1, 2 and 3
    assert ablated(replace(contrast, lengths=None), made, "mean").unique().tolist() == [2.5]
    with pytest.raises(BadInput, match="no ablation 'knock'"):
        ablated(contrast, made, "knock")


def test_rows_in_parts_are_rows_at_once(small, graph):
    whole = contrast_of(rows=6)
    parts = [Contrast(whole.clean[i : i + 2], whole.corrupted[i : i + 2], whole.metric) for i in (0, 2, 4)]
    kept = top(graph, attribution(small, graph, whole).mean(0), 12)
    torch.testing.assert_close(Measured(small, graph, parts).metric(kept), Measured(small, graph, [whole]).metric(kept))


def test_corrupted_runs_that_are_not_held_are_the_same(small, graph, monkeypatch):
    whole = contrast_of(rows=6)
    parts = [Contrast(whole.clean[i : i + 2], whole.corrupted[i : i + 2], whole.metric) for i in (0, 2, 4)]
    kept = top(graph, attribution(small, graph, whole).mean(0), 12)
    wanted = Measured(small, graph, parts).metric(kept)
    monkeypatch.setattr("reasonlab.probes.circuits.HELD", 1)
    assert torch.equal(Measured(small, graph, parts).metric(kept), wanted)


def test_smallest_and_prune_keep_the_bar(small, graph):
    contrast = contrast_of(rows=8)
    measured, scores = Measured(small, graph, [contrast]), exact(small, graph, contrast).mean(0)
    found = smallest(measured, scores, 0.8)
    less = prune(measured, found, scores, 0.8)
    assert measured.faithfulness(found) >= 0.8
    assert measured.faithfulness(less) >= 0.8
    assert int(less.sum()) <= int(found.sum()) < graph.size
    assert not (less & ~found).any()
    interval = measured.interval(less)
    assert interval.low <= interval.value <= interval.high
    assert interval == measured.interval(less)


def test_random_circuits_lie_on_paths(graph):
    for count in (3, 8, 20):
        kept = at_random(graph, count, seed=2)
        assert int(kept.sum()) >= count
        assert torch.equal(graph.useful(kept), kept)
        assert torch.equal(kept, at_random(graph, count, seed=2))
    assert not torch.equal(at_random(graph, 8, seed=2), at_random(graph, 8, seed=3))


def test_areas_by_hand():
    points = [Point(0.0, 0, 0.0), Point(0.5, 5, 1.0), Point(1.0, 10, 1.0)]
    assert cpr(points) == 0.75
    assert cmd(points) == 0.25
    over = [Point(0.0, 0, 1.5), Point(1.0, 10, 1.0)]
    assert cpr(over) == 1.25
    assert cmd(over) == 0.25


def test_the_curve_ends_at_the_model(small, graph):
    measured = Measured(small, graph, [contrast_of(rows=4)])
    points = curve(measured, torch.rand(graph.allowed.shape, generator=torch.Generator().manual_seed(0)))
    assert [point.share for point in points] == list(SHARES)
    assert points[0].faithfulness == pytest.approx(0, abs=1e-4)
    assert points[-1].faithfulness == pytest.approx(1, abs=1e-4)


def test_a_metric_that_nothing_moves_is_refused(small, graph):
    contrast = contrast_of()
    with pytest.raises(BadInput, match="the same on clean and corrupted"):
        Measured(small, graph, [replace(contrast, corrupted=contrast.clean)])


def test_a_model_that_is_more_than_its_graph_is_refused(small, graph):
    """As where a norm comes after a block: what is added to the stream is not what the block's points show."""
    more = small.hooks(fwd_hooks=[("blocks.0.hook_resid_mid", lambda stream, hook: 2 * stream)])
    with more, pytest.raises(BadInput, match="more than its graph"):
        Measured(small, graph, [contrast_of()])


def test_models_without_split_inputs_are_refused(subjects):
    with pytest.raises(BadInput, match="hook_q_input"):
        graph_of(subjects.random_model("deepseek_v3"))


@pytest.mark.parametrize("name", ["qwen3", "qwen3_moe", "gpt_oss", "llama4_text", "byte_latent"])
def test_every_architecture_is_its_graph(subjects, name):
    model = subjects.random_model(name).eval()
    graph, contrast = graph_of(model), contrast_of(rows=4, length=10)
    measured = Measured(model, graph, [contrast])
    torch.testing.assert_close(measured.metric(graph.allowed), measured.clean, atol=1e-4, rtol=1e-4)
    one = graph.allowed & ~graph.mask([("embed", "head 1.0 v")])
    scores = exact(model, graph, contrast)[:, graph.readers.index("head 1.0 v"), 0].double()
    torch.testing.assert_close(measured.metric(one) - measured.clean, scores, atol=1e-4, rtol=1e-3)


def test_auroc_by_hand_and_by_pairs():
    assert auroc(torch.tensor([0.1, 0.4, 0.35, 0.8]), [False, False, True, True]) == 0.75
    assert auroc(torch.tensor([1.0, 1.0, 1.0]), [True, False, False]) == 0.5
    assert auroc(torch.tensor([1.0]), [True]) is None
    generator = torch.Generator().manual_seed(4)
    scores, true = torch.randint(0, 6, (40,), generator=generator).float(), torch.rand(40, generator=generator) < 0.4
    pairs = [(float(a > b) + 0.5 * float(a == b)) for a in scores[true] for b in scores[~true]]
    assert auroc(scores, true) == pytest.approx(sum(pairs) / len(pairs))


def test_correlation_by_hand():
    assert correlation(torch.tensor([1.0, 2.0, 3.0]), torch.tensor([2.0, 4.0, 6.0])) == pytest.approx(1)
    assert correlation(torch.tensor([1.0, 2.0, 3.0]), torch.tensor([1.0, 1.0, 1.0])) is None
    assert correlation(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 2.0])) is None


def test_correlations_have_every_kind(small, graph):
    contrast = contrast_of(rows=4)
    scores = exact(small, graph, contrast)
    rows = correlations(graph, scores, {"EAP": attribution(small, graph, contrast), "itself": scores})
    kinds = [row["kind"] for row in rows if row["method"] == "EAP"]
    assert kinds == ["all", "into q", "into k", "into v", "into mlp", "into logits", "out of embed", "out of head",
                     "out of mlp"]  # fmt: skip
    assert all(row["pearson"] == pytest.approx(1) for row in rows if row["method"] == "itself")
    assert sum(row["edges"] for row in rows if row["method"] == "EAP" and row["kind"].startswith("into")) == graph.size


def made_circuit():
    return Circuit(
        model="<b>", task="write", ablation="resample", method="EAP-IG", layers=2, heads=2, kv_heads=1,
        edges=(("embed", "head 0.1 q"), ("head 0.1", "mlp 1"), ("mlp 1", "logits")), possible=36,
        faithfulness=Faithful(0.91, 0.88, 0.94), random=0.01, random_highest=0.1, random_circuits=20, chosen_on=10,
        held_out=10,
    )  # fmt: skip


def test_a_circuit_survives_json(tmp_path):
    circuit = made_circuit()
    assert Circuit.from_json(circuit.to_json()) == circuit
    path = tmp_path / "circuit.json"
    path.write_text(circuit.to_json())
    assert Circuit.read(path) == circuit


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", made_circuit().to_json().replace('"logits"', '"nose"'),
             made_circuit().to_json().replace('"format": 1', '"format": 2')]
)  # fmt: skip
def test_no_circuit_is_one_line(text, tmp_path):
    with pytest.raises(BadInput, match="is no circuit"):
        Circuit.from_json(text)
    with pytest.raises(BadInput, match="there is no file"):
        Circuit.read(tmp_path / "none.json")


def test_the_picture_names_every_node_and_escapes():
    picture = circuit_svg(replace(made_circuit(), task="<script>"))
    for name in ("embed", "head 0.1", "mlp 1", "logits", "feeds q"):
        assert f">{name}<" in picture
    assert "head 0.0" not in picture
    assert "<script>" not in picture
    assert picture.count("<path") == 3 + 5  # edges, and the legend


def test_the_copy_circuit_of_the_shipped_model(shipped):
    model, tokenizer = shipped
    asked = list(problems("arithmetic", parse_difficulty("arithmetic", "variables=3-5"), "test", 3, 28))
    found = find_circuit(model, tokenizer, asked, form="expand", name="arithmetic")
    circuit = found.circuit
    assert circuit.faithfulness.value >= 0.8  # of few problems; LOG.md has it on many
    assert len(circuit.edges) <= 0.15 * circuit.possible
    assert circuit.random_highest < 0.5
    kept = [(row["writer"], row["reader"]) for row in found.edges if row["kept"]]
    assert sorted(kept) == sorted(circuit.edges)
    areas = {row["ranking"]: row["cpr"] for row in found.curve}
    assert areas["EAP-IG"] > areas["random"] + 0.2


def test_estimates_agree_with_exact_patching_on_the_shipped_model(shipped):
    model, tokenizer = shipped
    asked = list(problems("arithmetic", parse_difficulty("arithmetic", "variables=3-4"), "test", 4, 4))
    cases = make_cases(asked, tokenizer, form="expand").cases
    graph, (contrast,) = graph_of(model), value_contrasts(model, tokenizer, cases)
    estimates = {"EAP-IG": attribution(model, graph, contrast, steps=STEPS)}
    rows = correlations(graph, exact(model, graph, contrast), estimates)
    assert rows[0]["kind"] == "all"
    assert rows[0]["pearson"] > 0.9


def test_the_command(shipped, tmp_path, capsys):
    options = ["--what", "circuit", "--problems", "16", "--difficulty", "variables=3-4", "--device", "cpu"]
    assert main(["probe", "arithmetic", *options, "--out", str(tmp_path), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    circuit = Circuit.read(tmp_path / "circuit.json")
    assert said["sentence"] == circuit.sentence()
    assert str(tmp_path / "circuit.json") in said["written"]
    assert sum(row["kept"] for row in read_table(tmp_path / "circuit_edges.parquet")) == len(circuit.edges)
    assert len(read_table(tmp_path / "circuit_curve.parquet")) == 2 * len(SHARES)


def test_too_few_problems_are_one_line(capsys):
    assert main(["probe", "arithmetic", "--what", "circuit", "--problems", "4", "--device", "cpu"]) == 2
    said = capsys.readouterr()
    assert "expected at least 8" in said.err
    assert said.err.count("\n") == 1
