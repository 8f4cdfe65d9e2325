"""Problem: the causal graph, the chain with a verdict on every step, and what happens when a step is rewritten."""

from __future__ import annotations

import streamlit as st

from reasonlab.app import cached
from reasonlab.app.picker import literal, open_contents, pick_case, trouble
from reasonlab.app.view_problem import (
    OUTCOMES,
    VERDICTS,
    clicked_node,
    comparison_sentence,
    edited_text,
    graph_option,
    graph_size,
    is_wide,
    pieces_of,
    premises_of,
    shown_indices,
    step_stating,
    step_views,
    variables_lit,
)
from reasonlab.language.errors import BadInput

CHAINS = {"written": "The model's", "now": "The model's, just now", "gold": "Gold", "yours": "Yours"}


def choose_step(number: int, *, toggle: bool = True) -> None:
    """Choose a step, or let go of the chosen one. The session keeps it; the URL is for whoever copies it."""
    chosen = None if toggle and st.session_state.get("step") == number else number
    st.session_state["step"] = chosen
    st.query_params.pop("step", None)
    if chosen is not None:
        st.query_params["step"] = str(chosen)


def linked_step() -> int | None:
    """The step that the URL asks for."""
    wanted = st.query_params.get("step", "")
    return int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 6 else None


def rewrite(place: str, number: int, key: str) -> None:
    """Keep what was typed into the box of a step."""
    st.session_state.setdefault("edits", {}).setdefault(place, {})[number] = st.session_state[key]


st.markdown("## Problem")
entry = st.session_state["entry"]
contents = open_contents(entry)
picked = pick_case(entry, contents)
if picked is None:
    st.stop()
case, chains = picked.case, dict(picked.chains)

answers = st.session_state.setdefault("answers", {})
asked_of = (entry.id if entry is not None else "", case.prompt)
if asked_of in answers:
    chains = {"now": answers[asked_of]} | chains

wide = is_wide(case)
above = st.container(border=True) if wide else None
left, right = st.container(key="halves").columns([5, 7], gap="medium")
world = above if above is not None else left.container(border=True)
card = right.container(border=True)

with card, st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
    which = st.segmented_control("Chain", list(chains), default=next(iter(chains)), format_func=CHAINS.__getitem__,
                                 required=True, label_visibility="collapsed")  # fmt: skip
    if st.button("Let the model answer", icon=":material/play_arrow:", disabled=entry is None) and entry is not None:
        try:
            with st.spinner("The model reasons …"):
                answers[asked_of] = cached.written_by(entry, case.prompt)
            st.rerun()
        except (BadInput, OSError) as error:
            trouble(str(error))

original = chains[which or next(iter(chains))]
place = f"{case.id} {case.prompt} {which}"
edits = st.session_state.get("edits", {}).get(place, {})
text = edited_text(original, case.surface.mark, edits)
found = cached.verified(case, text)
report = found["report"]
numbers = shown_indices(original, case.surface.mark, edits)
if "step" not in st.session_state:
    st.session_state["step"] = linked_step()
chosen = st.session_state["step"]
chosen = chosen if chosen is not None and chosen < len(report["steps"]) else None
lit = premises_of(report, chosen)

with world:
    st.markdown("##### What is asked")
    st.code(case.prompt, language=None, wrap_lines=True)
    if len(case.graph):
        states, premises = variables_lit(case, text, report, chosen)
        across, down = graph_size(case)
        # On a narrow page a long graph is scrolled, not squeezed.
        st.html(f"<style>.st-key-graph {{min-width: {across}px}}</style>")
        event = st.container(key="graph-box").echarts_chart(
            graph_option(case, states, premises), height=down, key="graph", on_select="rerun",
            alt="The causal graph: " + ", ".join(f"{a} causes {b}" for a, b in case.graph.edges),
        )  # fmt: skip
        signs = "✓ true, ✗ false, no sign: not known." if wide else "Each with its true value."
        st.caption(
            f":orange[■] asked for  ·  :blue[■] needed  ·  dashed: irrelevant. {signs} Arrows: cause to effect. "
            "Click a variable to go to the step that states it."
        )
        node = clicked_node(event, case)
        if node != st.session_state.get("clicked"):
            st.session_state["clicked"] = node
            stating = None if node is None else step_stating(case, text, node)
            if stating is not None:
                choose_step(stating, toggle=False)
                st.rerun()
    else:
        st.caption("The givens define no causal graph that can be drawn; the chain is verified all the same.")
with left.container(border=True):
    st.markdown("##### Givens")
    with st.container(gap="xsmall"):
        for i, given in enumerate(case.givens):
            role = "premise" if f"g{i}" in lit else "plain"
            with st.container(key=f"given-{role}-{i}", horizontal=True, vertical_alignment="center", gap="small"):
                st.badge(f"g{i}", color="gray")
                st.text(given.text if given.reason is None else f"{given.text}   ({given.reason})")

with card:
    colour, icon, meaning = OUTCOMES[report["outcome"]]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("##### The chain", width="content")
        st.badge(report["outcome"], color=colour, icon=icon)
        if edits and st.button("Undo the edits", icon=":material/undo:", type="tertiary"):
            st.session_state["edits"].pop(place, None)
            for key in [key for key in st.session_state if str(key).startswith("edit-")]:
                del st.session_state[key]  # else the boxes would go on showing what was undone
            st.rerun()
    st.caption(meaning)
    if report["reason"]:
        st.text(report["reason"])
    rows = st.container(gap="xsmall")
    for view, number in zip(step_views(report, chosen), numbers):
        colour, icon, says = VERDICTS[view.status]
        with rows.container(key=f"step-{view.role or 'plain'}-{view.id}"):
            with st.container(key=f"line-{view.id}", horizontal=True, vertical_alignment="center", gap="small"):
                st.button(view.id, key=f"choose-{view.id}", on_click=choose_step, args=(int(view.id[1:]),),
                          type="primary" if view.role == "chosen" else "secondary",
                          help="Show what this step rests on, and rewrite it")  # fmt: skip
                st.badge(view.status.replace("_", " "), color=colour, icon=icon, help=says)
                st.text(view.text, width="stretch")
            details = []
            if view.premises:
                details.append("rests on " + ", ".join(f"`{premise}`" for premise in view.premises))
            if view.leap is not None:
                details.append(f"leap {view.leap}")
            if number in edits:
                details.append("rewritten")
            if view.role == "chosen" and details:
                st.caption("  ·  ".join(details))
            if view.note:
                st.text(view.note)
            if view.role == "chosen":
                key = f"edit-{abs(hash(place))}-{number}"
                st.text_input("Rewrite this step and press Enter", view.text, key=key, on_change=rewrite,
                              args=(place, number, key), help="An empty box takes the step out.")  # fmt: skip
    answer = report["answer"]
    colour, icon, says = VERDICTS[answer["status"]]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.text(f"answer {answer['value']}" if answer["value"] is not None else "no answer")
        st.badge(answer["status"], color=colour, icon=icon, help=says)
        if case.reference is not None:
            st.text(f"(true: {case.reference})")
    if not pieces_of(original, case.surface.mark)[0]:
        st.caption("There are no steps. Let the model answer, or write some.")
    st.caption(literal(comparison_sentence(found["comparison"])))
