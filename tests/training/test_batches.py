"""Corpus and batches: pure functions of their description, little padding, the loss on the chain only."""

from itertools import islice

import numpy as np
import pytest
import torch

from reasonlab.models import ByteTokenizer, Tokenizer
from reasonlab.tasks import family, parse_difficulty, problems
from reasonlab.training import batches
from reasonlab.training.corpus import Corpus, build
from reasonlab.training.loop import chain_loss

DIFFICULTY = parse_difficulty("arithmetic", "variables=3-6")


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.build(family("arithmetic").vocabulary(DIFFICULTY), family("arithmetic").pattern)


def make(tokenizer: Tokenizer, count: int = 2500, *, seed: int = 0, workers: int = 1) -> Corpus:
    return build("arithmetic", DIFFICULTY, seed, "plan", count, tokenizer, workers=workers)


@pytest.fixture(scope="module")
def corpus(tokenizer: Tokenizer) -> Corpus:
    return make(tokenizer)


def test_a_sequence_is_prompt_chain_and_end(corpus: Corpus, tokenizer: Tokenizer) -> None:
    for i, problem in enumerate(problems("arithmetic", DIFFICULTY, "train", 0, 20)):
        ids = corpus.sequence(i).tolist()
        assert tokenizer.decode(ids) == f"{problem.prompt} {problem.gold_text('plan')}"
        assert ids[0] == tokenizer.bos_id
        assert ids[-1] == tokenizer.eos_id
        assert tokenizer.decode(ids[: corpus.prompts[i]]) == problem.prompt


def test_worker_processes_make_the_same_corpus(tokenizer: Tokenizer, corpus: Corpus) -> None:
    other = make(tokenizer, workers=2)
    assert np.array_equal(corpus.tokens, other.tokens)
    assert np.array_equal(corpus.prompts, other.prompts)


def test_another_seed_is_another_corpus(tokenizer: Tokenizer, corpus: Corpus) -> None:
    other = make(tokenizer, 50, seed=1)
    same = sum(np.array_equal(corpus.sequence(i), other.sequence(i)) for i in range(50))
    assert same == 0


def test_one_pass_uses_each_sequence_once_and_little_is_padding(corpus: Corpus) -> None:
    rows = batches.order(corpus, seed=0, epoch=0, batch_size=32)
    used = np.concatenate(rows)
    assert len(np.unique(used)) == len(used)
    assert len(used) >= len(corpus) - 32 * len(rows) / batches.WINDOW - 32
    padding = [batches.collate(corpus, row, 0).padding for row in rows]
    assert np.mean(padding) < 0.10


@pytest.mark.parametrize(
    ("name", "difficulty"), [("arithmetic", ""), ("arithmetic", "variables=2-20"), ("deduction", "")]
)
@pytest.mark.parametrize("kind", ["words", "bytes"])
def test_little_of_a_run_is_padding_with_a_third_of_it_a_curriculum(name: str, difficulty: str, kind: str) -> None:
    settings = parse_difficulty(name, difficulty)
    words = Tokenizer.build(family(name).vocabulary(settings), family(name).pattern)
    corpus = build(name, settings, 0, "plan", 1500, words if kind == "words" else ByteTokenizer())
    for size in (8, 32):
        made = list(islice(batches.stream(corpus, 0, size, 0, curriculum=30), 90))
        computed = sum(batch.tokens.numel() for batch in made)
        assert sum(batch.padding * batch.tokens.numel() for batch in made) / computed < 0.10


@pytest.fixture(scope="module")
def texts(subjects) -> Corpus:
    """Texts of unlike lengths, most of them beyond the windows and chunks of the subjects."""
    rng = np.random.default_rng(0)
    lengths = rng.integers(4, subjects.POSITIONS + 1, 9)
    return Corpus(
        tokens=rng.integers(8, subjects.VOCAB, lengths.sum()).astype(np.int32),
        starts=np.concatenate([[0], np.cumsum(lengths)]),
        prompts=rng.integers(1, lengths - 1).astype(np.int32),
        sizes=np.ones(9, dtype=np.int32),
    )


def test_a_batch_has_the_loss_and_the_gradient_of_its_texts_apart(subject, texts: Corpus) -> None:
    """Whatever an architecture lets positions see, no text sees another, or the padding behind it."""
    whole = batches.collate(texts, np.arange(9), 0)
    assert whole.padding > 0.2
    apart = [batches.collate(texts, np.array([row]), 0) for row in range(9)]
    assert not any(batch.padding for batch in apart)
    counts = torch.tensor([batch.chain.sum() for batch in apart])
    parameters = [parameter for parameter in subject.parameters() if parameter.requires_grad]
    loss = chain_loss(subject, whole)
    alone = torch.stack([chain_loss(subject, batch) for batch in apart]) @ (counts / counts.sum())
    assert loss.item() == pytest.approx(alone.item(), abs=1e-5)
    pairs = zip(*(torch.autograd.grad(value, parameters, allow_unused=True) for value in (loss, alone)), strict=True)
    for ours, theirs in pairs:
        if ours is not None:
            assert (ours - theirs).abs().max() < 1e-5 * max(1.0, theirs.abs().max().item())


def test_so_has_what_is_predicted_further(subjects, texts: Corpus) -> None:
    model = subjects.random_model("deepseek_v3", n_predict=1)

    def further(rows: list[int]) -> tuple[torch.Tensor, int]:
        batch = batches.collate(texts, np.array(rows), 0)
        value = model.further_loss(batch.tokens, model.hidden(batch.tokens), batch.chain)
        return value, int(batch.chain[:, 2:].sum())

    loss, count = further(list(range(9)))
    apart = [further([row]) for row in range(9)]
    assert sum(n for _, n in apart) == count
    assert loss.item() == pytest.approx(sum(value.item() * n for value, n in apart) / count, abs=1e-5)


def test_the_loss_counts_the_chain_and_its_end_only(corpus: Corpus) -> None:
    rows = np.arange(8)
    batch = batches.collate(corpus, rows, 0)
    for i, row in enumerate(rows):
        targets = batch.tokens[i, 1:][batch.chain[i, :-1]].tolist()
        assert targets == corpus.sequence(row)[corpus.prompts[row] :].tolist()


@pytest.mark.parametrize("start", [0, 1, 7, 40, 75, 160])
def test_a_resumed_stream_goes_on_with_the_same_batches(corpus: Corpus, start: int) -> None:
    def take(stream, count):
        return [next(stream).tokens for _ in range(count)]

    whole = take(batches.stream(corpus, 3, 32, 0, curriculum=20), start + 3)
    resumed = take(batches.stream(corpus, 3, 32, 0, curriculum=20, start=start), 3)
    assert all(torch.equal(a, b) for a, b in zip(whole[start:], resumed, strict=True))


def test_a_curriculum_grows_from_the_smallest_size_to_all(corpus: Corpus) -> None:
    sizes = [corpus.sizes[batches.easy(corpus, 0, step, 32, 40)] for step in range(40)]
    assert all((size == 3).all() for size in sizes[:10])
    assert max(size.max() for size in sizes[10:20]) == 4
    assert max(size.max() for size in sizes[30:]) == 6
