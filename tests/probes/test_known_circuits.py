"""Discovery on models whose circuit is known: it finds the edges that the compiler names, all of them and no other."""

import pytest
import torch

from reasonlab.compiled import PROGRAMS, Edge, compile_program
from reasonlab.probes.circuits import Measured, prune, smallest
from reasonlab.probes.edges import STEPS, Contrast, attribution, auroc, exact
from reasonlab.probes.graph import graph_of


@pytest.fixture(scope="module", params=sorted(PROGRAMS))
def known(request):
    return compile_program(PROGRAMS[request.param]())


def contrast_of(known, inputs=24):
    """The metric: how far the outputs are from this input's own, as a loss; 0 on the clean run."""
    clean, corrupted = known.sample(inputs, 0), known.sample(inputs, 1)
    with torch.no_grad():
        here = known.model(clean)[:, known.meaningful]
    return Contrast(clean, corrupted, lambda outputs: -(outputs[:, known.meaningful] - here).abs().flatten(1).mean(1))


def test_the_compilers_graph_is_the_probes(known):
    assert graph_of(known.model) == known.graph


def test_exact_patching_finds_the_true_edges(known):
    scores = exact(known.model, known.graph, contrast_of(known)).abs().mean(0)[known.graph.allowed]
    assert auroc(scores, known.graph.mask(list(known.edges))[known.graph.allowed]) == 1.0


def test_the_circuit_is_the_program(known):
    """With a bar of all but rounding, only the true edges are left, and they are all needed."""
    contrast = contrast_of(known)
    scores = exact(known.model, known.graph, contrast).abs().mean(0)
    measured = Measured(known.model, known.graph, [contrast])
    kept = prune(measured, smallest(measured, scores, 0.9999), scores, 0.9999)
    assert set(map(Edge._make, known.graph.edges(kept))) == known.edges


def test_soft_attention_gives_gradients_their_way_back():
    """On a hard program integrated gradients miss edges into queries and keys; on its soft twin they find all."""
    found = {}
    for sharpness in (100.0, 4.0):
        known = compile_program(PROGRAMS["histogram"](), sharpness=sharpness)
        clean, corrupted = known.sample(32, 0), known.sample(32, 1)
        with torch.no_grad():
            direction = known.model(clean) - known.model(corrupted)
        contrast = Contrast(clean, corrupted, lambda outputs, d=direction: (outputs * d).flatten(1).sum(1))
        scores = attribution(known.model, known.graph, contrast, steps=STEPS).abs().mean(0)[known.graph.allowed]
        found[sharpness] = auroc(scores, known.graph.mask(list(known.edges))[known.graph.allowed])
    assert found[100.0] < 0.9
    assert found[4.0] == 1.0
