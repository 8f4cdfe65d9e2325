"""Inside: where the model looks, which activation carries a variable, and whether moving it does what do() says."""

from __future__ import annotations

from typing import Any

import streamlit as st

from reasonlab.app import cached
from reasonlab.app.picker import literal, open_contents, pick_case, trouble
from reasonlab.app.shelf import Entry
from reasonlab.app.view_inside import (
    attention_sentence,
    best_head,
    interchange_rows,
    patching_figure,
    patching_sentence,
    screen_figure,
    screen_reads,
)
from reasonlab.language.errors import BadInput
from reasonlab.report import Contents
from reasonlab.tasks import Problem

VIEWS = {"attention": "Attention", "patching": "Patching", "interchange": "Interchange"}
FORMS = {"written": "the chain that the model wrote", "gold": "the gold chain"}


def show_attention(entry: Entry, problem: Problem, chains: dict[str, str]) -> None:
    which = st.segmented_control("Read", list(chains), default=next(iter(chains)),
                                 format_func=lambda name: FORMS.get(name, name), required=True)  # fmt: skip
    text = chains[which or next(iter(chains))]
    made, patterns, means = cached.attention_of(f"{entry.id} {problem.id} {which}", entry, problem, text)
    layers, heads = patterns.shape[:2]
    first = best_head(means)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        layer = st.selectbox("Layer", range(layers), index=first[0], key="layer", bind="query-params", width=110)
        head = st.selectbox("Head", range(heads), index=first[1], key="head", bind="query-params", width=110)
        only = st.toggle("Only the chain", value=True, help="Leave out the rows of the prompt's own words.")
    st.markdown(literal(attention_sentence(means, layer, head)))
    st.echarts_chart(attention_option(patterns[layer, head], made, only), height=620, theme="streamlit",
                     alt=f"attention of layer {layer}, head {head}")  # fmt: skip
    st.caption(
        "A row is a word that looks, a column one that is looked at. Attention says where information can come from, "
        "and explains nothing by itself: that is what patching is for."
    )
    if means:
        with st.expander("All heads: attention to premises, beside the control"):
            st.dataframe([{name: row[name] for name in ("layer", "head", "weight", "control", "excess")}
                          for row in sorted(means, key=lambda row: -row["excess"])], hide_index=True)  # fmt: skip


def attention_option(pattern: Any, made: Any, only_chain: bool) -> dict[str, Any]:
    """The figure of one head; on a page there is room for its words without a title."""
    from reasonlab.probes.figures import attention_figure

    option = attention_figure(pattern, made.words)
    option["grid"] = {"containLabel": True, "left": 8, "right": 12, "top": 8, "bottom": 54}
    option["xAxis"]["name"] = option["yAxis"]["name"] = ""
    option["yAxis"]["axisLabel"] = option["xAxis"]["axisLabel"] = {"fontSize": 10}
    option["xAxis"]["axisLabel"] = {"fontSize": 10, "rotate": 70}
    if only_chain:
        start = made.prompt_length
        option["yAxis"]["data"] = option["yAxis"]["data"][start:]
        cells = option["series"][0]["data"]
        option["series"][0]["data"] = [[j, i - start, value] for j, i, value in cells if i >= start]
    return option


def show_patching(entry: Entry, problem: Problem, form: str) -> None:
    graph = problem.scm().graph()
    names = [name for name in problem.instance.needed if graph.in_degree(name)]
    variable = st.selectbox("Variable", ["auto", *names], key="variable", bind="query-params", width=220,
                            help="auto: the first variable that is computed on the way.")  # fmt: skip
    rows = cached.patching_of(f"{entry.id} {problem.id} {variable} {form}", entry, problem, variable, form)
    st.markdown(literal(patching_sentence(rows)))
    for title, value in (("Effect of the variable's own activation", "effect"),
                         ("Control: an activation from an unrelated problem", "control")):  # fmt: skip
        st.markdown(f"**{title}**")
        st.echarts_chart(patching_figure(rows, value), height=300, alt=title)
    st.caption(
        f"Variable {literal(rows[0]['variable'])}: the gold chain of this problem and of one in which the variable has "
        "another value; a clean activation is put into the other run, one place at a time, and the next word that uses "
        "the variable is read."
        if rows
        else ""
    )


def show_interchange(contents: Contents) -> None:
    report, screen = contents.probes.get("interchange"), contents.probes.get("interchange_screen")
    if not report and not screen:
        trouble("this run has no probes/interchange.parquet; `reasonlab probe` makes it, with its controls")
        return
    sentence = contents.record.facts.get("located")
    if isinstance(sentence, str):
        st.markdown(literal(sentence[0].upper() + sentence[1:] + "."))
    try:
        if report:
            st.markdown("**What follows when the variable's activation is exchanged**, beside the controls: a random "
                        "position of the same layer, an untrained model, and chance.")  # fmt: skip
            st.dataframe(interchange_rows(report), hide_index=True)
        if screen:
            reads = screen_reads(screen)
            usual = "copy" if "copy" in reads else reads[0]
            read = st.segmented_control("Read at", reads, default=usual, required=True,
                                        help="own: its value; copy: its first use; child: what uses it")  # fmt: skip
            option = screen_figure(screen, str(read))
            if option is not None:
                st.echarts_chart(option, height=360, alt="interchange accuracy over layer and role")
                st.caption("Every site, words held: the share of interchanges after which the model predicts what "
                           "do() says. The column of a random position is the control.")  # fmt: skip
    except (KeyError, TypeError) as error:
        trouble(f"the table of interchanges is not as expected (no {error}); make it again with `reasonlab probe`")


st.markdown("## Inside")
entry = st.session_state["entry"]
contents = open_contents(entry)
if entry is None or contents is None:
    st.stop()
picked = pick_case(entry, contents, typed=False)
if picked is None:
    st.stop()
case = picked.case
st.code(case.prompt, language=None, wrap_lines=True)
view = st.segmented_control("View", list(VIEWS), default="attention", format_func=VIEWS.__getitem__, key="view",
                            bind="query-params", required=True, label_visibility="collapsed")  # fmt: skip
with st.container(border=True):
    try:
        if view == "interchange":
            show_interchange(contents)
        elif case.problem is None:
            trouble("the run does not say how to make this problem again, so its words have no roles; choose Generate")
        elif view == "patching":
            recipe = contents.record.config.get("recipe")
            show_patching(entry, case.problem, str(recipe.get("form", "plan")) if isinstance(recipe, dict) else "plan")
        else:
            show_attention(entry, case.problem, picked.chains)
    except (BadInput, OSError) as error:
        trouble(str(error))
