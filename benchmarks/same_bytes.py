"""Determinism of `reasonlab verify`: the same bytes twice, with other `--jobs`, and beside a load.

    python benchmarks/same_bytes.py [--records 4000] [--seed 0] [--traces FOLDER] [--burners 4]

The records are those of `fast_equals_slow`: chains of four theories in all spellings, a third of them damaged, so that
the fast lane, the ordinary path with its solvers, and the refusals are all in it. With `--traces` (a folder of trace
files such as shared/data/traces) those are verified in the same ways. Each run has a hash seed of its own. Exit code 1
if a run wrote other bytes than the first.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fast_equals_slow import records

RUNS = (("alone", 1), ("again", 1), ("--jobs 2", 2), ("--jobs 5", 5), ("beside a load", 1),
        ("beside a load, --jobs 2", 2))  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=4_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--traces", type=Path, help="a folder of trace files, verified too")
    parser.add_argument("--burners", type=int, default=4, help="processes that the load is made of")
    options = parser.parse_args()
    if options.traces is not None and not options.traces.is_dir():
        print(f"{options.traces} is no folder: only the drawn records are verified", file=sys.stderr)
        options.traces = None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "records.jsonl"
        with open(path, "w") as sink:
            sink.writelines(json.dumps(record) + "\n" for _, record in records(options.records, options.seed))
        files = [path, *(sorted(options.traces.rglob("*.json*")) if options.traces else ())]
        found = [differs(file, Path(folder), options.burners) for file in files]
        return int(any(found))


def differs(path: Path, folder: Path, burners: int) -> bool:
    """Whether the runs on a file write different bytes. Each is printed."""
    first = None
    print(path.name)
    for seed, (name, jobs) in enumerate(RUNS):
        out = folder / f"verdicts-{seed}.jsonl"
        with load(burners if "load" in name else 0):
            verify(path, out, jobs, seed)
        written = out.read_bytes()
        out.unlink()
        first = written if first is None else first
        same = "the same bytes" if written == first else "OTHER BYTES"
        print(
            f"  {name}: {len(written.splitlines())} verdicts, sha256 {hashlib.sha256(written).hexdigest()[:16]}, {same}"
        )
        if written != first:
            return True
    return False


def verify(path: Path, out: Path, jobs: int, seed: int) -> None:
    """One run of the command, with a hash seed of its own."""
    words = [sys.executable, "-m", "reasonlab.cli", "verify", str(path), "--out", str(out), "--jobs", str(jobs)]
    environment = {**os.environ, "PYTHONHASHSEED": str(seed)}
    done = subprocess.run([*words, "--json"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment)
    if done.returncode not in (0, 2):  # 2: no record of a file could be read, which is written, too
        raise SystemExit(f"the command ended with {done.returncode}: {done.stderr.decode()}")


@contextmanager
def load(count: int) -> Iterator[None]:
    """So many processes that compute for as long as this lasts."""
    burners = [subprocess.Popen([sys.executable, "-c", "while True: 3**99999"]) for _ in range(count)]
    try:
        yield
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()


if __name__ == "__main__":
    sys.exit(main())
