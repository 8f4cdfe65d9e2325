"""What the pages share: the choice of a run and of a problem, and how a line of trouble is shown.

Choices live in widgets bound to the URL, so a link opens the same view. Text from files and models reaches the page
through `st.text` and `st.code`, or escaped by `literal`: never as markup.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import streamlit as st

from reasonlab.app import cached
from reasonlab.app.cases import EXAMPLES, MAX_CHARACTERS, Case, typed_case
from reasonlab.app.shelf import Entry, choose, shelf
from reasonlab.app.view_problem import lines_to_text
from reasonlab.language.errors import BadInput
from reasonlab.report import Contents
from reasonlab.runs import default_root
from reasonlab.tasks import FAMILIES, family_names
from reasonlab.tasks import family as family_of

SPLITS = ("test", "validation", "train")
SOURCES = {"run": "From the run", "generated": "Generate", "typed": "Write your own"}


@dataclass(frozen=True)
class Picked:
    """A problem on the table. `chains`: name -> text of the chains there are for it already, the first shown first."""

    case: Case
    chains: dict[str, str]


def literal(text: str) -> str:
    """Text for a place that reads markdown, shown as it is."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", " ".join(text.split()))


def trouble(error: BadInput | str) -> None:
    """One clear line about what is missing or broken."""
    st.warning(literal(str(error)), icon=":material/report:")


def pick_run() -> Entry | None:
    """The run chosen in the sidebar, from the shelf and nowhere else."""
    entries = shelf(default_root())
    with st.sidebar:
        if not entries:
            trouble("no run: neither a shipped checkpoint in data/ nor one under the runs' folder")
            return None
        names = [entry.id for entry in entries]
        first = choose(entries, None)
        wanted = st.selectbox("Run", names, index=names.index(first.id) if first else 0, key="run", bind="query-params",
                              help="Shipped checkpoints first, then your own runs, newest first.")  # fmt: skip
        if not any(entry.shipped for entry in entries):
            st.caption("No shipped checkpoint: they come with a checkout of the repository, in data/.")
    return choose(entries, wanted)


def open_contents(entry: Entry | None) -> Contents | None:
    """What can be read of the run; what cannot is said on the page, and the rest works."""
    if entry is None:
        st.info("There is no run to open yet. `reasonlab demo` trains one in a few minutes.", icon=":material/info:")
        return None
    try:
        contents = cached.contents_of(entry)
    except (BadInput, OSError) as error:
        trouble(error if isinstance(error, BadInput) else f"{entry.summary.run} cannot be read ({error.strerror})")
        return None
    for line in contents.problems:
        trouble(line)
    return contents


def pick_case(entry: Entry | None, contents: Contents | None, *, typed: bool = True) -> Picked | None:
    """The problem chosen at the top of a page; None, with a line that says why, where there is none."""
    usable = contents is not None and any(contents.chains.values())
    sources = [name for name in SOURCES if (name != "run" or usable) and (name != "typed" or typed)]
    source = st.segmented_control(
        "Problem", sources, default=sources[0], format_func=SOURCES.__getitem__, key="source", bind="query-params",
        required=True, label_visibility="collapsed",
    )  # fmt: skip
    trained_on = contents.record.family if contents is not None else None
    family = trained_on if trained_on in family_names() else "arithmetic"
    if source == "run" and contents is not None and entry is not None:
        return _from_run(entry, contents)
    if source == "typed":
        return _typed(family if family in FAMILIES else "arithmetic")
    return _generated(family, contents)


def _from_run(entry: Entry, contents: Contents) -> Picked | None:
    left, middle, right = st.columns([3, 3, 5])
    names = [name for name, rows in contents.chains.items() if rows]
    source = left.selectbox("Set", names, key="set", bind="query-params")
    rows = contents.chains[source]
    outcomes = ["all", *dict.fromkeys(str(row.get("outcome")) for row in rows)]
    wanted = middle.selectbox("Outcome", outcomes, key="outcome", bind="query-params")
    numbers = [i for i, row in enumerate(rows) if wanted in ("all", str(row.get("outcome")))]

    def label(number: int) -> str:  # it is also what the URL says
        row = rows[number]
        return f"{number} {row.get('outcome')} ({row.get('operations')} operations)"

    first = max(range(len(numbers)), key=lambda i: _telling(rows[numbers[i]]), default=0)
    number = right.selectbox(f"Problem ({len(numbers)})", numbers, index=first, format_func=label, key="problem",
                             bind="query-params")  # fmt: skip
    if number is None:
        trouble(f"no problem of {source} has the outcome {wanted}")
        return None
    stamp = f"{contents.record.id} {rows[number].get('id')}"
    case = cached.case_from_row(entry.summary.path, source, number, stamp, contents)
    if case is None:
        try:
            case = typed_case(str(rows[number].get("prompt", "")))
        except BadInput as error:
            trouble(error)
            return None
    chains = {"written": str(rows[number].get("text", ""))}
    return Picked(case, chains | _gold(case, contents))


def _telling(row: dict[str, Any]) -> tuple[bool, int]:
    """What is opened first: a solved case of some steps, not the smallest and not the longest."""
    return row.get("outcome") == "proved", min(int(row.get("operations") or 0), 4)


def _generated(family: str, contents: Contents | None) -> Picked | None:
    one, two, three, four, five = st.columns([3, 5, 2, 2, 2])
    names = family_names()
    family = one.selectbox("Family", names, index=names.index(family), key="family", bind="query-params")
    trained = _part(contents, family).get("difficulty", "")
    difficulty = two.text_input("Difficulty", str(trained), key="difficulty", bind="query-params",
                                placeholder="variables=3-6", help="Left out settings keep their default.")  # fmt: skip
    split = three.selectbox("Split", SPLITS, key="split", bind="query-params")
    seed = four.number_input("Seed", 0, 10**6, 0, key="seed", bind="query-params")
    index = five.number_input("Index", 0, 10**6, 0, key="index", bind="query-params")
    try:
        case = cached.generated_case(family, difficulty, split, int(seed), int(index))
    except BadInput as error:
        trouble(error)
        return None
    return Picked(case, _gold(case, contents))


def _typed(family: str) -> Picked | None:
    prompt, chain = EXAMPLES[family]
    left, right = st.columns([6, 5])
    text = left.text_area("Your problem: givens, then what is asked", prompt, key=f"prompt-{family}", height=160,
                          max_chars=MAX_CHARACTERS, help="In the words that the models read.")  # fmt: skip
    lines = right.text_area("Your reasoning, one step a line", chain, key=f"chain-{family}", height=160,
                            max_chars=MAX_CHARACTERS)  # fmt: skip
    try:
        case = typed_case(text)
    except BadInput as error:
        trouble(error)
        return None
    return Picked(case, {"yours": lines_to_text(lines, case.surface.mark)})


def _part(contents: Contents | None, family: str) -> dict[str, Any]:
    """What a run says of the problems of a family that it was trained on; nothing if it was not, or there is no run."""
    recipe = contents.record.config.get("recipe") if contents is not None else None
    also = recipe.get("also", []) if isinstance(recipe, dict) else []
    parts = [recipe, *(also if isinstance(also, list) else [])]
    return next((part for part in parts if isinstance(part, dict) and part.get("family") == family), {})


def _gold(case: Case, contents: Contents | None) -> dict[str, str]:
    form = _part(contents, case.family).get("form")
    forms = family_of(case.family).forms
    return {} if case.problem is None else {"gold": case.problem.gold_text(form if form in forms else forms[0])}
