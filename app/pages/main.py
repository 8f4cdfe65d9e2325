"""The dashboard's entry: `reasonlab app` starts it. The pages are files, and each shows what the packages found.

It lies among its pages: beside a folder called `pages`, Streamlit would open a page that is asked for first by itself,
without this file.
"""

from __future__ import annotations

import streamlit as st

from reasonlab.app.picker import pick_run

st.set_page_config(page_title="ReasonLab", page_icon=":material/account_tree:", layout="wide")
# Only our own fixed names are styled; the keys that mark a chosen step and its premises are made of numbers.
st.html(
    """<style>
    .block-container, [data-testid="stMainBlockContainer"] {padding-top: 3.2rem; max-width: 1500px;}
    [class*="st-key-step-"], [class*="st-key-given-"] {border-left: 4px solid transparent; padding: 2px 0 2px 10px;
      border-radius: 4px; gap: .15rem;}
    [class*="st-key-step-chosen-"] {border-left-color: #CC79A7; background: rgba(204, 121, 167, .16);}
    [class*="st-key-step-premise-"], [class*="st-key-given-premise-"] {border-left-color: #CC79A7;
      background: rgba(204, 121, 167, .07);}
    [class*="st-key-step-"] [data-testid="stText"] span, [class*="st-key-given-"] [data-testid="stText"] span {
      white-space: pre-wrap; overflow-wrap: anywhere; font-family: "Source Code Pro", monospace; font-size: .875rem;}
    [class*="st-key-line-"], [class*="st-key-given-"] {flex-wrap: nowrap;}
    [class*="st-key-line-"] > div, [class*="st-key-given-"] > div {flex-shrink: 0;}
    [class*="st-key-line-"] > div:has([data-testid="stText"]),
      [class*="st-key-given-"] > div:has([data-testid="stText"]) {flex: 1 1 0; min-width: 0;}
    [class*="st-key-choose-"] button {min-height: 1.8rem; padding: 0 .55rem;}
    .st-key-graph-box {overflow-x: auto;}
    @media (max-width: 1150px) {
      .st-key-halves > div > [data-testid="stHorizontalBlock"] {flex-wrap: wrap;}
      .st-key-halves > div > [data-testid="stHorizontalBlock"] > [data-testid="stColumn"] {min-width: 100%;}
    }
    </style>"""
)
pages = [
    st.Page("problem.py", title="Problem", icon=":material/fact_check:", default=True),
    st.Page("inside.py", title="Inside", icon=":material/grid_on:"),
    st.Page("runs.py", title="Runs", icon=":material/table_chart:"),
]
page = st.navigation(pages)
st.session_state["entry"] = pick_run()  # one choice for every page
page.run()
