"""Training speed, side by side in one run: ours, hook points included, and transformers' model with the same weights.

    python benchmarks/train_speed.py [--architecture qwen3] [--preset tiny] [--steps 12] [--loss-steps 500] [--record]

A step is forward, loss on every token, backward, and the same fused AdamW on both sides, on batches of --batch texts of
--length tokens. Every variant takes its steps in turn, so that other work on the machine meets all of them; a rate is
tokens by the median step: CPU seconds a core on a CPU, wall seconds on a GPU. On a CPU the precisions are fp32, float32
products in bfloat16 passes ("medium"), and bf16 autocast; the peer comes with its default attention (sdpa) and with
"eager", a ratio for each. On a GPU the peer is compiled as well. `--loss-steps` trains both from the same weights on
the task's own texts, each in its fastest precision, and prints both losses: speed that costs learning would show there.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

import torch
from results import keep, show
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import AutoModelForCausalLM

from reasonlab.models import ARCHITECTURES, HookedModel, create, save
from reasonlab.recipes import Recipe, make_corpus, make_model
from reasonlab.training.batches import collate
from reasonlab.training.precision import CHOICES, precision

BAR = {"cpu": 2.6, "cuda": 3.0}
PEAK = 989e12  # an H100's dense bf16 products a second, for the share of it that is used


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--architecture", default="qwen3", choices=[n for n in ARCHITECTURES if "byte" not in n])
    parser.add_argument("--preset", default="tiny", help="tiny is 4 layers of width 128 for qwen3")
    parser.add_argument("--vocabulary", type=int, default=64)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--length", type=int, default=128)
    parser.add_argument("--steps", type=int, default=12, help="of each variant")
    parser.add_argument("--loss-steps", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--record", action="store_true", help="append a dated entry to benchmarks/RESULTS.md")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    device = torch.device(options.device)
    ours, peers = models(options, device)
    tokens = torch.randint(0, options.vocabulary, (options.batch, options.length), device=device)
    variants = {
        (side, name): step_of(model, tokens, name, device)
        for side, model in {"ours": ours, **peers}.items()
        for name in CHOICES
        if device.type == "cpu" or name != "medium"
    }
    seconds = timed(variants, options.steps, device)
    rate = {
        key: tokens.numel() / value / (options.threads if device.type == "cpu" else 1) for key, value in seconds.items()
    }
    rows = [{"side": side, "precision": name, "tokens/s": f"{value:.0f}"} for (side, name), value in rate.items()]
    rows += ratios(rate, device)
    if device.type == "cuda":
        best = max(value for (side, _), value in rate.items() if side == "ours")
        flop = 6 * sum(p.numel() for p in ours.parameters()) * best
        rows.append({"side": "ours", "model FLOP utilisation": f"{flop / PEAK:.3f} of {PEAK:.3g} a second"})
    if options.loss_steps:
        fastest = {
            side: max((n for s, n in rate if s == side), key=lambda n, s=side: rate[s, n]) for side in ("ours", *peers)
        }
        rows.append(losses(options, device, fastest))
    show(rows)
    if options.record:
        keep(
            f"train_speed, {options.architecture} {options.preset}, batch {options.batch} x {options.length}",
            rows,
            options.device,
        )
    return 0


def models(options: argparse.Namespace, device: torch.device) -> tuple[HookedModel, dict[str, nn.Module]]:
    config = ARCHITECTURES[options.architecture].Config.preset(options.preset, options.vocabulary)
    ours = create(options.architecture, config, seed=0)
    peers: dict[str, nn.Module] = {}
    with tempfile.TemporaryDirectory() as folder:
        save(ours, None, folder)
        for attention in ("sdpa", "eager"):
            peers[attention] = AutoModelForCausalLM.from_pretrained(folder, attn_implementation=attention).to(device)
    if device.type == "cuda":
        peers["compiled"] = torch.compile(peers["sdpa"])  # type: ignore[assignment]
    for model in (ours, *peers.values()):
        model.to(device).train()
    return ours, peers


def loss_of(model: nn.Module, tokens: Tensor, targets: Tensor) -> Tensor:
    if isinstance(model, HookedModel):
        logits = model(tokens)
    else:
        logits = model(tokens, use_cache=False).logits
    return F.cross_entropy(logits.flatten(0, 1).float(), targets.flatten(), ignore_index=-100)


def step_of(model: nn.Module, tokens: Tensor, name: str, device: torch.device) -> Callable[[], None]:
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)

    def step() -> None:
        with precision(name, device):
            loss = loss_of(model, tokens, tokens.roll(-1, 1))
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()

    return step


def timed(variants: dict[Any, Callable[[], None]], steps: int, device: torch.device) -> dict[Any, float]:
    """The median seconds of a step: of CPU time on a CPU, all threads together."""
    clock = time.process_time if device.type == "cpu" else time.perf_counter
    found: dict[Any, list[float]] = {key: [] for key in variants}
    for turn in range(steps + 2):
        for key, step in variants.items():
            if device.type == "cuda":
                torch.cuda.synchronize()
            begin = clock()
            step()
            if device.type == "cuda":
                torch.cuda.synchronize()
            if turn >= 2:
                found[key].append(clock() - begin)
    return {key: statistics.median(values) for key, values in found.items()}


def ratios(rate: dict[tuple[str, str], float], device: torch.device) -> list[dict[str, Any]]:
    """Ours by each peer: both at their best, and at equal precision."""

    def best(side: str, names: tuple[str, ...]) -> float:
        return max(value for (who, name), value in rate.items() if who == side and name in names)

    rows = []
    for peer in dict.fromkeys(side for side, _ in rate if side != "ours"):
        row: dict[str, Any] = {"by": peer}
        for label, names in (("best", CHOICES), ("fp32", ("fp32",)), ("bf16", ("bf16",))):
            row[label] = f"{best('ours', names) / best(peer, names):.2f}x"
        rows.append({**row, "our best by its fp32": f"{best('ours', CHOICES) / best(peer, ('fp32',)):.2f}x",
                     "bar": BAR[device.type]})  # fmt: skip
    return rows


def losses(options: argparse.Namespace, device: torch.device, fastest: dict[str, str]) -> dict[str, Any]:
    """The mean loss of the last 20 of some steps on the texts of the demo's task, from the same weights."""
    recipe = Recipe(difficulty="variables=3-6,modulus=10", problems=options.loss_steps * 2)
    _, tokenizer = make_model(recipe)
    corpus = make_corpus(recipe, tokenizer)
    options.vocabulary = tokenizer.vocab_size
    ours, peers = models(options, device)
    row: dict[str, Any] = {"loss after": options.loss_steps}
    for side, model in {"ours": ours, **{name: peer for name, peer in peers.items() if name == "sdpa"}}.items():
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)
        seen = []
        for index in range(options.loss_steps):
            first = index * options.batch % max(1, recipe.problems - options.batch)
            batch = collate(corpus, list(range(first, first + options.batch)), tokenizer.pad_id).tokens.to(device)
            targets = batch.roll(-1, 1)
            targets[:, -1] = -100
            with precision(fastest[side], device):
                loss = loss_of(model, batch, targets.masked_fill(targets == tokenizer.pad_id, -100))
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            seen.append(loss.item())
        row[f"{side} ({fastest[side]})"] = f"{statistics.mean(seen[-20:]):.4f}"
    return row


if __name__ == "__main__":
    sys.exit(main())
