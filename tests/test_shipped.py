"""The shipped checkpoints: small, complete, loadable everywhere, and as good as their cards say."""

from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from reasonlab import evaluate
from reasonlab.commands.model import DATA, Subject, draw, open_subject
from reasonlab.models import load
from reasonlab.runs import Run

FAMILIES = ("arithmetic", "deduction")
SEVERAL = ("llama4",)  # of several families, one model
MEGABYTE = 1 << 20


@pytest.mark.parametrize("family", FAMILIES)
def test_a_checkpoint_is_small_and_complete(family: str) -> None:
    place = DATA / family
    assert sum(path.stat().st_size for path in (place / "model").iterdir()) < 5 * MEGABYTE
    assert not [path for path in place.rglob("*") if path.suffix in (".pt", ".pth", ".bin", ".pkl")]
    run = Run.open(place)
    assert run.record.family == family
    assert {"held-out", "larger"} <= run.scores().keys()
    assert run.read_table("chains/held-out.parquet")


@pytest.mark.parametrize("name", SEVERAL)
def test_a_checkpoint_of_several_families(name: str) -> None:
    """Small, whole, scored on each of its families as the card says, and loaded by transformers with equal logits."""
    place = DATA / name
    assert sum(path.stat().st_size for path in (place / "model").iterdir()) < 5 * MEGABYTE
    subject, card = open_subject(name, Path("runs"), "cpu"), (place / "card.md").read_text()
    assert [part.family for part in subject.parts] == list(FAMILIES)
    scores = Run.open(place).scores()
    assert len(scores) == 4
    for entry in scores.values():
        proved = entry["overall"]["proved"]  # type: ignore[index]
        assert f"{proved['value']:.1%} [{proved['low']:.1%}, {proved['high']:.1%}]" in card
    for part, key in zip(subject.parts, ("held-out", "deduction-held-out")):
        theirs = subject.on(part)
        asked = draw(part.family, part.difficulty, "test", 77, 64)
        judged = [
            evaluate.judge(problem, text, ended)
            for problem, (text, ended) in zip(asked, evaluate.write_chains(theirs.model, theirs.tokenizer, asked))
        ]
        stated = scores[key]["overall"]["proved"]["value"]  # type: ignore[index]
        assert evaluate.score(judged).proved.value > stated - 0.15
    same_in_transformers(subject, asked[0].prompt)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_card_says_what_the_scores_say(family: str) -> None:
    place = DATA / family
    card = (place / "card.md").read_text()
    assert "reasonlab train" in card
    for name in ("held-out", "larger"):
        proved = Run.open(place).scores()[name]["overall"]["proved"]  # type: ignore[index]
        assert f"{proved['value']:.1%} [{proved['low']:.1%}, {proved['high']:.1%}]" in card


@pytest.mark.parametrize("family", FAMILIES)
def test_it_reasons_as_its_scores_say(family: str) -> None:
    """On problems that the card does not count: the share proved is not far below the card's."""
    subject = open_subject(family, Path("runs"), "cpu")
    asked = draw(family, subject.difficulty, "test", 77, 96)
    judged = [
        evaluate.judge(problem, text, ended)
        for problem, (text, ended) in zip(asked, evaluate.write_chains(subject.model, subject.tokenizer, asked))
    ]
    stated = subject.run.scores()["held-out"]["overall"]["proved"]["value"]  # type: ignore[index]
    assert evaluate.score(judged).proved.value > stated - 0.06


@pytest.mark.parametrize("family", FAMILIES)
def test_transformers_loads_it_with_equal_logits(family: str) -> None:
    """In float64: of trained logits near 20, float32 rounds off more than the 1e-5 that is asked for."""
    subject = open_subject(family, Path("runs"), "cpu")
    same_in_transformers(subject, draw(family, subject.difficulty, "test", 5, 1)[0].prompt)


def same_in_transformers(subject: Subject, text: str) -> None:
    folder = subject.run.path / "model"
    theirs = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float64, attn_implementation="eager").eval()
    ids = subject.tokenizer.encode(text)
    assert AutoTokenizer.from_pretrained(folder)(text)["input_ids"] == ids
    tokens = torch.tensor([ids])
    with torch.no_grad():
        ours = load(folder, dtype=torch.float64)[0](tokens)
        torch.testing.assert_close(ours, theirs(tokens).logits, atol=1e-5, rtol=0)


def test_test_problems_were_never_in_training() -> None:
    """The splits are disjoint by fingerprint: none of these held-out problems is among the first training problems."""
    subject = open_subject("arithmetic", Path("runs"), "cpu")
    held_out = {p.fingerprint for p in draw("arithmetic", subject.difficulty, "test", 1, 300)}
    trained_on = {p.fingerprint for p in draw("arithmetic", subject.difficulty, "train", 0, 3000)}
    assert not held_out & trained_on
