"""How `reasonlab verify` behaves on many chains: memory while a stream of them goes by, and what more processes bring.

    python benchmarks/verify_scale.py --chains 1000000 --scaling 20000 --jobs 1,2

The chains are written to the command's standard input as it takes them, no two alike, arithmetic and logic in turn,
some of them wrong; verdicts, JUnit and SARIF go to /dev/null. Memory is that of the command and its workers together,
read from /proc (Linux) each time a twentieth of the chains has gone in. Seconds are of a machine that may have other
work to do: the share of a core that the command got is shown beside them, and ratios are of runs that follow one
another. Exit code 1 if memory grew by more than a tenth after the first fifth of the chains.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from reasonlab.commands.output import emit_table, progress

SAMPLES = 20
GROWTH = 1.1  # memory at the end, against that after a fifth of the chains


@dataclass(frozen=True)
class Measured:
    """One run of the command."""

    jobs: int
    chains: int
    seconds: float
    cpu_seconds: float
    memory: list[float]  # MB, at equal distances

    def row(self, base: Measured | None) -> dict[str, object]:
        settled = self.memory[SAMPLES // 5 :]
        return {
            "jobs": self.jobs,
            "chains": self.chains,
            "seconds": round(self.seconds, 1),
            "chains/s": round(self.chains / self.seconds),
            "cores used": round(self.cpu_seconds / self.seconds, 2),
            "speed-up": round(base.seconds / self.seconds * self.chains / base.chains, 2) if base else None,
            "MB at a fifth": round(settled[0], 1),
            "MB at the end": round(settled[-1], 1),
            "most MB": round(max(self.memory), 1),
        }


def chains(count: int) -> Iterator[bytes]:
    """Records, no two alike: sums mod p, linear rules, equations, and every tenth with a wrong value."""
    for i in range(count):
        wrong = int(i % 10 == 9)
        a, b, p = i % 97, i // 97 % 89, 101 + i % 7
        total = (a + b) % p
        if i % 3 == 0:
            record = {"givens": [f"a = {a}", f"b = {b}", "c = a + b"], "modulus": p, "query": {"value": "c"},
                      "steps": [f"c = a + b = {a} + {b} = {(total + wrong) % p}"], "answer": str(total)}  # fmt: skip
        elif i % 3 == 1:
            rules = [f"every k{a} is a m{b}", f"every m{b} is blue", f"alex is a k{a}"]
            record = {"surface": "english", "givens": rules,
                      "nouns": [f"k{a}", f"m{b}"], "query": {"truth": "alex is blue"},
                      "steps": [f"alex is a m{b}", f"alex is {'not ' * wrong}blue"], "answer": "true"}  # fmt: skip
        else:
            record = {"givens": [f"x + {a} = {a + b}"], "query": {"value": "x"},
                      "steps": [f"x = {b + wrong}"], "answer": str(b)}  # fmt: skip
        yield json.dumps({"id": f"chain-{i}", **record}).encode() + b"\n"


def measure(count: int, jobs: int) -> Measured:
    """Run the command on `count` chains."""
    command = [sys.executable, "-m", "reasonlab.cli", "verify", "-", "--out", "/dev/null", "--jobs", str(jobs)]
    command += ["--junit", "/dev/null", "--sarif", "/dev/null", "--format", "reasonlab", "--json"]
    memory: list[float] = []
    before, started = _cpu(), time.monotonic()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        with progress(f"--jobs {jobs}", count) as bar:
            for number, line in enumerate(chains(count), start=1):
                if process.poll() is not None:
                    raise SystemExit(f"the command ended with {process.returncode} after {number - 1} chains")
                process.stdin.write(line)
                if number * SAMPLES % count < SAMPLES:
                    memory.append(sum(map(_resident, _family(process.pid))))
                    bar.advance(count // SAMPLES)
        process.stdin.close()
        summary = json.loads(process.stdout.read())
    if process.returncode != 0 or summary["chains"] != count:
        raise SystemExit(f"the command ended with {process.returncode} after {summary['chains']} of {count} chains")
    return Measured(jobs, count, time.monotonic() - started, _cpu() - before, memory)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _family(pid: int) -> list[int]:
    """A process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    return [pid, *map(int, children.read_text().split())]


def _resident(pid: int) -> float:
    """Resident memory of a process in MB (10^6 bytes); pages that workers share with their parent count for each."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--chains", type=int, default=1_000_000, help="in the run that watches memory")
    options.add_argument("--scaling", type=int, default=20_000, help="in each run that is timed; 0 for none")
    options.add_argument("--jobs", default="1,2", help="numbers of processes, the first is the base")
    asked = options.parse_args()
    jobs = [int(number) for number in asked.jobs.split(",")]
    if asked.scaling:
        runs = [measure(asked.scaling, number) for number in jobs]
        emit_table("more processes", [run.row(runs[0]) for run in runs])
    if not asked.chains:
        return 0
    long = measure(asked.chains, jobs[-1])
    emit_table("memory", [long.row(None)])
    return int(long.memory[-1] > GROWTH * long.memory[SAMPLES // 5])


if __name__ == "__main__":
    sys.exit(main())
