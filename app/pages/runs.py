"""Runs: every run there is, the curves of the chosen ones, and the scores with their intervals."""

from __future__ import annotations

import streamlit as st

from reasonlab.app import cached
from reasonlab.app.picker import open_contents, trouble
from reasonlab.app.shelf import shelf
from reasonlab.app.view_runs import MOST_CURVES, curve_option, run_rows, score_rows, size_option
from reasonlab.language.errors import BadInput
from reasonlab.report import size_name
from reasonlab.runs import default_root

st.markdown("## Runs")
entries = shelf(default_root())
entry = st.session_state["entry"]
if entries:
    st.dataframe(run_rows(entries), hide_index=True, height="content" if len(entries) < 12 else 420)

names = [item.id for item in entries if item.summary.status != "unreadable"]
chosen = [entry.id] if entry is not None and entry.id in names else []
shown = st.multiselect("Curves of", names, default=chosen, key=f"curves {chosen}", max_selections=MOST_CURVES)
metrics = {}
for item in entries:
    if item.id in shown:
        try:
            metrics[item.id] = cached.contents_of(item).metrics
        except (BadInput, OSError) as error:
            trouble(str(error))
left, right = st.container(key="halves").columns(2)
for column, title, name, share in (
    (left, "Loss on the chain's tokens", "loss", False),
    (right, "Chains proved, on validation problems", "proved", True),
):
    with column.container(border=True):
        st.markdown(f"##### {title}")
        option = curve_option(metrics, name, share=share)
        if option is None:
            st.caption("None of the chosen runs has logged this." if metrics else "Choose a run above.")
        else:
            st.echarts_chart(option, height=280, alt=f"{title}, over training steps")

contents = open_contents(entry)
if contents is not None and entry is not None:
    label = size_name(contents.record.family)
    with st.container(border=True):
        st.markdown("##### Scores of the chosen run, by size")
        option = size_option(contents.scores, label)
        if option is None:
            st.caption("This run has no scores yet; `reasonlab evaluate` writes them.")
        else:
            st.echarts_chart(option, height=300, alt="share of proved chains by problem size, with 95% intervals")
            st.caption(
                "A chain is proved when every step follows from the givens and the answer is stated by them. The wide "
                "pale bar is the 95% interval: with few problems it is long, and says how little is known."
            )
            st.dataframe(score_rows(contents.scores, label), hide_index=True)
    with st.expander("How this run was made", icon=":material/terminal:"):
        st.code(contents.record.command or "(no command recorded)", language=None, wrap_lines=True)
        st.json({"config": contents.record.config, "seeds": contents.record.seeds, "facts": contents.record.facts,
                 "versions": contents.record.versions, "machine": contents.record.machine}, expanded=False)  # fmt: skip
