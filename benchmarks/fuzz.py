"""Any input at all gets one line of verdicts: soon, in little memory, without a crash.

    python benchmarks/fuzz.py --inputs 100000 [--seed 0] [--traces FOLDER]

Records of every format (records.jsonl, chains of every theory, and those of FOLDER), broken in every way that turned up
so far: bytes, cuts, wrong types, deep nesting, huge numbers, long lists, letters that look alike, a line of 10 MB; and
claims that are hard for their theory. Each input is judged as `reasonlab verify` does it, and has to give exactly one
line with its id, within 2 s of CPU and 500 MB. A hundred at a time go through as a stream,
too, which has to tell them apart. Failures are printed, kept in --keep, and end the script with code 1.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hostile
import soundness

from reasonlab.commands.output import emit_table
from reasonlab.gate.questions import Asking
from reasonlab.gate.records import Place, Work, verify_record
from reasonlab.verifiers import READERS
from reasonlab.verifiers.readers.framing import Piece, pieces

RECORDS = Path(__file__).with_name("records.jsonl")
SECONDS, MEGABYTES = 2.0, 500
STREAM = 100  # inputs that are read as one stream, too
Record = dict[str, Any]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--traces", type=Path, help="a folder with records of other formats: *.jsonl and *.json")
    parser.add_argument("--keep", type=Path, help="a file for the inputs that fail")
    options = parser.parse_args()
    seeds = [*written(), *traces(options.traces)] if options.traces else written()
    failures, outcomes, rows = 0, Counter[str](), {}
    batch: list[bytes] = []
    most = 0
    for index in range(options.inputs):
        kind, format, data = drawn(random.Random(f"{options.seed} {index}"), seeds)
        before = held()
        outcome, seconds, fault = judged(format, data, f"fuzz:{index}")
        row = rows.setdefault(kind, {"kind": kind, "inputs": 0, "slowest s": 0.0, "failures": 0})
        taken = held("VmHWM") - before
        most = max(most, taken)
        if taken > MEGABYTES:
            fault = fault or f"took {taken} MB"
        batch.append(data)
        if len(batch) == STREAM or index == options.inputs - 1:
            fault = fault or torn(batch)
            batch = []
        row["inputs"] += 1
        row["slowest s"] = max(row["slowest s"], round(seconds, 2))
        outcomes[outcome] += 1
        if fault:
            failures += 1
            row["failures"] += 1
            print(f"input {index} ({kind}, {format}): {fault}: {data[:300]!r}", file=sys.stderr, flush=True)
            if options.keep:
                with options.keep.open("ab") as kept:
                    kept.write(data + b"\n")
    emit_table("inputs", list(rows.values()))
    print(f"{options.inputs} inputs, {sum(outcomes.values())} verdicts:", dict(outcomes.most_common()))
    print(f"largest memory of one input {most} MB; {failures} failures")
    return 1 if failures else 0


def judged(format: str, data: bytes, id: str) -> tuple[str, float, str | None]:
    """The outcome, the CPU seconds, and what is wrong with it, if anything is."""
    begun = time.process_time()
    result = verify_record(Work(Piece(1, data), id, format, Place("fuzz", 1), 0), Asking())
    seconds = time.process_time() - begun
    if result.fault:
        return result.outcome, seconds, result.fault
    if seconds > SECONDS:
        return result.outcome, seconds, f"took {seconds:.1f} s"
    line = result.line
    if line.count(b"\n") != 1 or json.loads(line)["id"] != result.id:
        return result.outcome, seconds, "is no line with its id"
    return result.outcome, seconds, None


def held(what: str = "VmRSS") -> int:
    """MB that this process holds; or, as VmHWM, the most since it was last asked what it holds (on Linux)."""
    status = Path("/proc/self/status").read_text()
    if what == "VmRSS":
        Path("/proc/self/clear_refs").write_text("5")
    return int(status.split(f"{what}:")[1].split()[0]) // 1024


def torn(batch: list[bytes]) -> str | None:
    """What is wrong if the inputs, as lines of one stream behind a record, do not come out as they went in."""
    lines = [b'{"steps": []}', *batch]
    found = [piece.data.rstrip(b"\n") for piece in pieces(io.BytesIO(b"\n".join(lines)))]
    return None if found == [line for line in lines if line.strip()] else "is torn or lost in a stream"


# Where the inputs come from.


def written() -> list[tuple[str, Record]]:
    """Records written by hand, and some chains of each theory."""
    lines = [json.loads(line) for line in RECORDS.read_text(encoding="utf-8").splitlines()]
    found = [(line["format"], line["record"]) for line in lines]
    for name, family in soundness.FAMILIES.items():
        cases = (next(family(random.Random(f"{name} {index}")), None) for index in range(12))
        rights = [case.right for case in cases if case is not None]
        found += [(right.get("format", "reasonlab"), right) for right in rights[:4]]
    return found


def traces(folder: Path) -> list[tuple[str, Record]]:
    """Some records of each file."""
    from reasonlab.verifiers.readers import guess

    found = []
    for path in sorted([*folder.glob("*.jsonl"), *folder.glob("*.json")]):
        with path.open("rb") as stream:
            for piece, _ in zip(pieces(stream), range(30)):
                format = guess(piece)
                if format is not None:
                    found.append((format, json.loads(piece.data)))
    return found


def drawn(rng: random.Random, seeds: list[tuple[str, Record]]) -> tuple[str, str, bytes]:
    """The kind of an input, its format, and one line of bytes."""
    kind = rng.choices(list(KINDS), [weight for weight, _ in KINDS.values()])[0]
    format, record = rng.choice(seeds)
    made = KINDS[kind][1](rng, json.loads(json.dumps(record)))
    if not isinstance(made, bytes):
        made = json.dumps(made, ensure_ascii=rng.random() < 0.5).encode("utf-8", "surrogatepass")
    if kind == "hard for its theory":
        format = "reasonlab"
    elif rng.random() < 0.05:
        format = rng.choice(list(READERS))
    return kind, format, made.replace(b"\n", b" ")


# Ways to break a record.


def bytes_at_random(rng: random.Random, record: Record) -> bytes:
    return rng.randbytes(rng.choice([0, 1, 10, 300, 5_000]))


def cut(rng: random.Random, record: Record) -> bytes:
    text = json.dumps(record).encode()
    return text[: rng.randrange(len(text))]


def scratched(rng: random.Random, record: Record) -> bytes:
    """Bytes of the record put in, taken out or changed."""
    text = bytearray(json.dumps(record).encode())
    for _ in range(rng.choice([1, 1, 3, 10])):
        place = rng.randrange(len(text))
        text[place : place + rng.randrange(3)] = rng.choice([b"", rng.randbytes(1), b'"', b"\\", b"\\u0000", b"9" * 40])
    return bytes(text)


def reworded(rng: random.Random, record: Record) -> Record:
    """Words of its texts taken out, doubled, put elsewhere, or replaced by marks and odd numbers."""
    for _ in range(rng.choice([1, 1, 2, 5])):
        record = at_a_text(rng, record, lambda text: hostile.other_words(rng, text))
    return record


def retyped(rng: random.Random, record: Record) -> Record:
    """A value of another type, at any depth."""
    return at_a_place(rng, record, lambda _: rng.choice(hostile.VALUES))


def looking_alike(rng: random.Random, record: Record) -> Record:
    return at_a_text(rng, record, lambda text: hostile.alike(rng, text))


def nested(rng: random.Random, record: Record) -> Record | bytes:
    """Brackets in brackets: of JSON, or of a text."""
    if rng.random() < 0.3:
        depth = rng.choice([50, 500, 5_000, 100_000])
        opening, closing = rng.choice([("[", "]"), ('{"a":', "}")])
        return json.dumps(record)[:-1].encode() + f', "x": {opening * depth}1{closing * depth}}}'.encode()
    return at_a_text(rng, record, lambda text: hostile.bracketed(rng, text))


def huge(rng: random.Random, record: Record) -> Record | bytes:
    """Numbers without an end, in a text or as a value."""
    if rng.random() < 0.5:
        return at_a_text(rng, record, lambda text: hostile.huge_numbers(rng, text))
    number = rng.choice(["9" * 5_000, "1e999", "-1e999", "NaN", "Infinity", "-Infinity", "1e-999", "0." + "3" * 9_000])
    return json.dumps(at_a_place(rng, record, lambda _: "@@")).replace('"@@"', number).encode()


def long(rng: random.Random, record: Record) -> Record:
    """A list or a text many times over."""
    times = rng.choice([10, 100, 1_000, 10_000])

    def longer(value: Any) -> Any:
        if isinstance(value, list):
            return (value or ["a = 1"]) * min(times, 20_000 // max(1, len(value)))
        return f"{value} " * min(times, 300_000 // (len(str(value)) + 1))

    return at_a_place(rng, record, longer)


def ten_megabytes(rng: random.Random, record: Record) -> Record:
    size = 10_000_000

    def filled(text: str) -> str:
        part = rng.choice([text or "a", "9", "(", " ", "a = 1 ; "])
        return (part * (size // len(part) + 1))[:size]

    return at_a_text(rng, record, filled)


def hard(rng: random.Random, record: Record) -> Record:
    return hostile.hard(rng)


def at_a_place(rng: random.Random, value: Any, change: Callable[[Any], Any]) -> Any:
    """The value with something in it changed."""
    if isinstance(value, (dict, list)) and value and rng.random() < 0.8:
        key = rng.choice(list(value)) if isinstance(value, dict) else rng.randrange(len(value))
        value[key] = at_a_place(rng, value[key], change)
        return value
    return change(value)


def at_a_text(rng: random.Random, record: Any, change: Callable[[str], str]) -> Any:
    """The record with one of its texts changed."""
    places = list(_texts(record, []))
    if places:
        holder, key = rng.choice(places)
        holder[key] = change(holder[key])
    return record


def _texts(value: Any, found: list[Any]) -> Iterator[tuple[Any, Any]]:
    for key, part in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        if isinstance(part, str):
            yield value, key
        else:
            yield from _texts(part, found)


KINDS: dict[str, tuple[int, Callable[[random.Random, Record], Any]]] = {
    "random bytes": (60, bytes_at_random),
    "cut off": (60, cut),
    "bytes changed": (180, scratched),
    "words changed": (300, reworded),
    "wrong types": (120, retyped),
    "look-alikes": (80, looking_alike),
    "deep nesting": (60, nested),
    "huge numbers": (80, huge),
    "long lists": (20, long),
    "10 MB": (1, ten_megabytes),
    "hard for its theory": (20, hard),
}


if __name__ == "__main__":
    sys.exit(main())
