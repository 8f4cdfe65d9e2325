"""What the pages read and compute more than once, kept by Streamlit: nothing here decides anything.

Results are shared by all sessions and never changed after they are made. What comes from a folder is keyed by the
times of its files, so a run that is still being written is read again when it has moved.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import streamlit as st

from reasonlab.app.cases import Case, case_of
from reasonlab.app.shelf import Entry
from reasonlab.app.view_inside import head_means
from reasonlab.app.view_problem import verify
from reasonlab.language.errors import BadInput
from reasonlab.report import Contents, problem_of, read_contents
from reasonlab.runs import Run
from reasonlab.tasks import Problem, make, parse_difficulty


class Subject(NamedTuple):
    """A loaded model and its tokenizer, and who may use them: one at a time (see `borrowed`)."""

    model: Any
    tokenizer: Any
    lock: threading.Lock


def contents_of(entry: Entry) -> Contents:
    """Everything readable in a run folder; BadInput where run.json is no use."""
    path = entry.summary.path
    files = [path / "run.json", path / "metrics.jsonl", path / "scores.json"]
    files += [*path.glob("chains/*.parquet"), *path.glob("probes/*.parquet")]
    return _contents(path, _stamp(files))


def _stamp(files: list[Path]) -> tuple[tuple[str, int, int], ...]:
    return tuple((str(f), f.stat().st_mtime_ns, f.stat().st_size) for f in sorted(files) if f.exists())


@st.cache_resource(max_entries=12, show_spinner=False)
def _contents(path: Path, stamp: tuple[Any, ...]) -> Contents:
    return read_contents(Run.open(path))


@contextmanager
def borrowed(entry: Entry) -> Iterator[tuple[Any, Any]]:
    """The model of a run and its tokenizer, for one session at a time; BadInput where there is none or it is broken.

    Probes put hooks on the model, and a hook acts on whoever runs it: two sessions at once would patch each other.
    """
    folder = entry.summary.path / "model"
    files = [folder / "config.json", *folder.glob("*.safetensors"), folder / "tokenizer.json"]
    subject = _model(folder, _stamp(files))
    with subject.lock:
        yield subject.model, subject.tokenizer


@st.cache_resource(max_entries=3, show_spinner="Loading the model …")
def _model(folder: Path, stamp: tuple[Any, ...]) -> Subject:
    import torch

    from reasonlab.models import load

    # Shipped weights are stored in bfloat16, in which a processor is slower and coarser.
    model, tokenizer = load(folder, dtype=torch.float32)
    if tokenizer is None:
        raise BadInput("the model has no tokenizer", "tokenizer.json beside the weights", "train it again")
    return Subject(model, tokenizer, threading.Lock())


@st.cache_resource(max_entries=128, show_spinner=False)
def case_from_row(path: Path, source: str, number: int, stamp: str, _contents: Contents) -> Case | None:
    """The case of one row of a run's chains table; None where the run does not say how to make it again."""
    problem = problem_of(_contents.chains[source][number], source, _contents.scores, _contents.record)
    return None if problem is None else case_of(problem)


@st.cache_resource(max_entries=128, show_spinner=False)
def generated_case(family: str, difficulty: str, split: str, seed: int, index: int) -> Case:
    """A case that a family generates; BadInput for settings that are none."""
    return case_of(make(family, parse_difficulty(family, difficulty), split, seed, index))


def verified(case: Case, text: str) -> dict[str, Any]:
    """The verdicts on a chain for a case, and the comparison with the causal graph."""
    return _verified(json.dumps(case.record(text), sort_keys=True), tuple(case.graph.edges), tuple(case.graph))


@st.cache_resource(max_entries=512, show_spinner=False)
def _verified(record: str, edges: tuple[tuple[str, str], ...], nodes: tuple[str, ...]) -> dict[str, Any]:
    return verify(json.loads(record), edges, nodes)


def written_by(entry: Entry, prompt: str) -> str:
    """What the run's model writes after a prompt, greedily; BadInput where it cannot read the prompt."""
    from reasonlab.decoding import generate

    with borrowed(entry) as (model, tokenizer):
        ids = [tokenizer.bos_id, *tokenizer.encode(prompt)]
        room = model.cfg.n_ctx - len(ids)
        if room < 1:
            raise BadInput(f"a prompt of {len(ids)} tokens", f"fewer than the model's {model.cfg.n_ctx}", "shorten it")
        (found,) = generate(model, [ids], max_new_tokens=min(tokenizer.longest_chain, room), eos_id=tokenizer.eos_id)
        return tokenizer.decode(found.tokens)


@st.cache_resource(max_entries=16, show_spinner="Reading the attention …")
def attention_of(stamp: str, _entry: Entry, _problem: Problem, text: str) -> tuple[Any, Any, list[dict[str, Any]]]:
    """The layout of a chain, its attention patterns, and each head's attention to premises."""
    from reasonlab.probes.attention import attention, attention_rows
    from reasonlab.probes.roles import layout

    with borrowed(_entry) as (model, tokenizer):
        made = layout(_problem, text, tokenizer)
        if len(made.tokens) > model.cfg.n_ctx:
            raise BadInput(
                f"a chain of {len(made.tokens)} tokens", f"at most {model.cfg.n_ctx}", "choose a shorter one"
            )
        return made, attention(model, made), head_means(attention_rows(model, [made]))


@st.cache_resource(max_entries=16, show_spinner="Patching every word of every layer …")
def patching_of(stamp: str, _entry: Entry, _problem: Problem, variable: str, form: str) -> list[dict[str, Any]]:
    """The effect of patching each layer and position for one variable, with the control."""
    from reasonlab.probes.counterparts import make_cases
    from reasonlab.probes.patching import patch_rows

    with borrowed(_entry) as (model, tokenizer):
        made = make_cases([_problem], tokenizer, variable=variable, form=form)
        return patch_rows(model, tokenizer, list(made.cases))
