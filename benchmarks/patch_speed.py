"""Exact activation patching, side by side in one run: TransformerLens' loop, and ours, on the same weights.

    python benchmarks/patch_speed.py [--preset tiny] [--rows 64] [--length 32] [--record]

Every layer x position x head: the head's z at that position comes from the clean run, in the corrupted one; read is a
logit difference at the last position. TransformerLens' loop runs twice: on its own model (its bridge of the folder that
ours saves), as who uses it would, and on ours, whose plain passes are faster. CPU seconds, the best of --repeats that
take turns; the largest difference of the averaged effects is printed, and over 1e-5 the script ends with code 1.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from results import keep, show
from torch import Tensor
from transformer_lens import patching

from reasonlab.models import ARCHITECTURES, create, native, save
from reasonlab.models.bridged import load_bridged
from reasonlab.probes.suffix import SEQUENCES, CleanRun

BAR, CLOSE = 8.0, 1e-5


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--architecture", default="qwen3", choices=[n for n in ARCHITECTURES if "byte" not in n])
    parser.add_argument("--preset", default="tiny")
    parser.add_argument("--rows", type=int, default=64, help="pairs of a clean and a corrupted sequence")
    parser.add_argument("--length", type=int, default=32)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--record", action="store_true", help="append a dated entry to benchmarks/RESULTS.md")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    native.build()  # compiling is no patching
    config = ARCHITECTURES[options.architecture].Config.preset(options.preset, 64)
    model: Any = create(options.architecture, config, seed=0).eval()
    generator = torch.Generator().manual_seed(0)
    clean, corrupted = torch.randint(0, 64, (2, options.rows, options.length), generator=generator)
    with tempfile.TemporaryDirectory() as folder:
        save(model, None, folder)
        bridged, _ = load_bridged(Path(folder))
    sides: dict[str, Callable[[], Tensor]] = {
        "TransformerLens' loop on its bridge": lambda: theirs(bridged, clean, corrupted),
        "TransformerLens' loop on our model": lambda: theirs(model, clean, corrupted),
        "ours": lambda: torch.stack([ours(model, *pair) for pair in parts]).mean(0),
    }
    parts = list(zip(clean.split(SEQUENCES), corrupted.split(SEQUENCES), strict=True))
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    found = {}
    for _ in range(options.repeats):
        for name, side in sides.items():
            begin = time.process_time()
            found[name] = side()
            seconds[name].append(time.process_time() - begin)
    bridge, plain, fast = (min(values) for values in seconds.values())
    different = max(float((found["ours"] - effects).abs().max()) for effects in found.values())
    rows = [
        {"side": name, "CPU s": f"{min(values):.2f}", "of": [f"{v:.2f}" for v in values]}
        for name, values in seconds.items()
    ]
    ratio = {
        "to its loop on its bridge": f"{bridge / fast:.2f}",
        "on our model": f"{plain / fast:.2f}",
        "bar": BAR,
        "difference": f"{different:.1e}",
    }
    show([*rows, ratio])
    if options.record:
        task = f"{options.architecture} {options.preset}, {options.rows} x {options.length}"
        keep(f"patch_speed, {task}", [*rows, ratio])
    return 0 if different < CLOSE else 1


@torch.no_grad()
def theirs(model: Any, clean: Tensor, corrupted: Tensor) -> Tensor:
    """[layer pos head]"""
    _, cache = model.run_with_cache(clean, names_filter=lambda name: name.endswith("hook_z"))
    found: Any = patching.get_act_patch_attn_head_out_by_pos(
        model, corrupted, cache, lambda logits: (logits[:, -1, 0] - logits[:, -1, 1]).mean()
    )
    return found


@torch.no_grad()
def ours(model: Any, clean: Tensor, corrupted: Tensor) -> Tensor:
    """[layer pos head]"""
    _, cache = model.run_with_cache(clean, names_filter=lambda name: name.endswith("hook_z"))
    length, heads = clean.shape[1], model.cfg.n_heads
    run, (count, length), heads = CleanRun(model, corrupted), clean.shape, model.cfg.n_heads
    row, head = torch.arange(count).repeat_interleave(heads), torch.arange(heads).repeat(count)
    effects = torch.empty(model.cfg.n_layers, length, heads)
    for layer in range(model.cfg.n_layers):
        hook = f"blocks.{layer}.attn.hook_z"
        for position in range(length):
            at, read = torch.full_like(row, position), torch.full_like(row, length - 1)
            value = cache[hook][:, position].flatten(0, 1)
            logits = run.patched(hook, row, at, head, value, read[:, None])[:, 0]
            effects[layer, position] = (logits[:, 0] - logits[:, 1]).view(count, heads).mean(0)
    return effects


if __name__ == "__main__":
    sys.exit(main())
