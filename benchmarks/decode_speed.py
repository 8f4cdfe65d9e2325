"""Decoding speed, side by side in one run: our `generate`, and transformers' with the same weights.

    python benchmarks/decode_speed.py [--architecture qwen3] [--preset tiny] [--rows 256] [--new 64] [--record]

Greedy, --rows prompts of --prompt tokens, --new tokens each, fp32 and bf16. New tokens by seconds: CPU seconds a core
on a CPU, wall seconds on a GPU; the best of --repeats that take turns. The peer is the faster of its two attentions.
How many rows agree token by token is printed: in fp32 it must be all of them, or the script ends with code 1; in bf16
ties between rounded logits fall either way.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from typing import Any

import torch
from results import keep, show
from transformers import AutoModelForCausalLM

from reasonlab.decoding import generate
from reasonlab.models import ARCHITECTURES, create, load, native, save

BARS = {torch.float32: 1.5, torch.bfloat16: 2.0}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--architecture", default="qwen3", choices=[n for n in ARCHITECTURES if "byte" not in n])
    parser.add_argument("--preset", default="tiny")
    parser.add_argument("--vocabulary", type=int, default=64)
    parser.add_argument("--rows", type=int, default=256)
    parser.add_argument("--prompt", type=int, default=32)
    parser.add_argument("--new", type=int, default=64)
    parser.add_argument("--tile", type=int, default=None, help="our rows a tile; by default generate's own")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--record", action="store_true", help="append a dated entry to benchmarks/RESULTS.md")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    native.build()  # compiling is no decoding
    rows, wrong = [], 0
    for dtype in (torch.float32, torch.bfloat16):
        found, different = compare(options, dtype)
        rows += found
        wrong += different if dtype == torch.float32 else 0
    rows.append({"compiled kernels": native.build().found})
    show(rows)
    if options.record:
        task = f"{options.architecture} {options.preset}, {options.rows} x ({options.prompt} + {options.new})"
        keep(f"decode_speed, {task}", rows, options.device)
    return 1 if wrong else 0


def compare(options: argparse.Namespace, dtype: torch.dtype) -> tuple[list[dict[str, Any]], int]:
    """A row a side and their ratio; how many rows of tokens differ."""
    device = torch.device(options.device)
    config = ARCHITECTURES[options.architecture].Config.preset(options.preset, options.vocabulary)
    with tempfile.TemporaryDirectory() as folder:
        save(create(options.architecture, config, seed=0), None, folder)
        ours = load(folder, device, dtype).model
        peers = {
            name: AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, attn_implementation=name).to(device)
            for name in ("sdpa", "eager")
        }
    generator = torch.Generator().manual_seed(0)
    prompts = torch.randint(0, options.vocabulary, (options.rows, options.prompt), generator=generator)
    clock = time.process_time if device.type == "cpu" else time.perf_counter
    more = {} if options.tile is None else {"tile": options.tile}
    seconds: dict[str, list[float]] = {"ours": [], **{name: [] for name in peers}}
    said: dict[str, list[tuple[int, ...]]] = {}
    for _ in range(options.repeats):
        begin = clock()
        made = generate(ours, prompts.tolist(), max_new_tokens=options.new, eos_id=None, **more)
        seconds["ours"].append(clock() - begin)
        said["ours"] = [each.tokens for each in made]
        for name, peer in peers.items():
            begin = clock()
            out = peer.generate(
                prompts.to(device), attention_mask=torch.ones_like(prompts).to(device), max_new_tokens=options.new,
                do_sample=False, eos_token_id=None, pad_token_id=0,
            )  # fmt: skip
            said[name] = [tuple(row) for row in out[:, options.prompt :].tolist()]
            seconds[name].append(clock() - begin)
    best = {name: min(values) for name, values in seconds.items()}
    peer = min(peers, key=lambda name: best[name])
    cores = options.threads if device.type == "cpu" else 1
    precision = str(dtype).removeprefix("torch.")
    rows: list[dict[str, Any]] = [
        {"side": name, "precision": precision, "new tokens/s": f"{options.rows * options.new / value / cores:.0f}"}
        for name, value in best.items()
    ]
    equal = sum(a == b for a, b in zip(said["ours"], said[peer], strict=True))
    rows.append(
        {"ratio": precision, "ours is": f"{best[peer] / best['ours']:.2f}x", "bar": BARS[dtype],
         "equal rows": f"{equal} of {options.rows}"}
    )  # fmt: skip
    return rows, options.rows - equal


if __name__ == "__main__":
    sys.exit(main())
