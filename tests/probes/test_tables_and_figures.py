"""Shares, best sites and pictures: numbers by hand, text that cannot escape."""

import math
import xml.etree.ElementTree as ElementTree

import pytest
import torch

from reasonlab.language.errors import BadInput
from reasonlab.probes.figures import VIRIDIS, attention_figure, colour, heatmap, svg_heatmap
from reasonlab.probes.tables import best_site, share, write_tables
from reasonlab.runs import Run
from reasonlab.runs.intervals import Share, wilson

ROWS = [
    {"layer": layer, "role": role, "effect": effect}
    for layer, role, effect in ((0, "value", 1.0), (0, "<b>&", 0.0), (1, "value", 0.25), (1, "<b>&", None))
]


def test_wilson_by_hand():
    # 8 of 10 (Newcombe 1998, method 3): 0.4902 to 0.9433
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=5e-5)
    assert wilson(0, 0) == (0.0, 1.0)
    assert share(0, 0)["accuracy"] is None
    assert share(3, 4)["accuracy"] == 0.75
    assert Share(8, 10).interval == wilson(8, 10)
    assert str(Share(8, 10)) == "80.0% [49.0%, 94.3%] of 10"
    assert all(math.isnan(number) for number in (Share(0, 0).value, *Share(0, 0).interval))


def test_the_best_site_is_sure_not_trivial_and_early():
    rows = [
        {"layer": 0, "trivial": "embedding", "read": "all", **share(50, 50)},
        {"layer": 1, "trivial": "", "read": "all", **share(1, 1)},
        {"layer": 3, "trivial": "", "read": "all", **share(45, 50)},
        {"layer": 2, "trivial": "", "read": "all", **share(45, 50)},
        {"layer": 2, "trivial": "", "read": "own", **share(50, 50)},
    ]
    assert best_site(rows, read="all") is rows[3]
    assert best_site(rows, read="copy") is None
    assert best_site(rows) is rows[4]


def test_tables_go_into_the_run(tmp_path):
    run = Run.create(tmp_path, kind="probe")
    assert write_tables(run, {"patching": ROWS, "attention": []}) == ["probes/patching.parquet"]
    assert run.read_table("probes/patching.parquet") == ROWS


def test_heatmaps_hold_every_value():
    option = heatmap(ROWS, x="role", y="layer", value="effect", title="t")
    assert option["xAxis"]["data"] == ["value", "<b>&"]
    assert option["yAxis"]["data"] == ["0", "1"]
    assert option["series"][0]["data"] == [[0, 0, 1.0], [1, 0, 0.0], [0, 1, 0.25]]
    picture = svg_heatmap(ROWS, x="role", y="layer", value="effect", title="<script>alert(1)</script>")
    tree = ElementTree.fromstring(picture)
    names = {"s": "http://www.w3.org/2000/svg"}
    assert len(tree.findall("s:rect", names)) == 3
    assert "<script" not in picture
    assert "<b>" not in picture
    assert tree.find("s:rect", names).get("fill") == VIRIDIS[-1]
    with pytest.raises(BadInput, match="two rows for role = value, layer = 0"):
        heatmap([*ROWS, ROWS[0]], x="role", y="layer", value="effect")


def test_attention_is_drawn_up_to_the_diagonal():
    option = attention_figure(torch.tensor([[1.0, 0.0], [0.25, 0.75]]), ["a", "b"])
    assert option["series"][0]["data"] == [[0, 0, 1.0], [0, 1, 0.25], [1, 1, 0.75]]


def test_colours_run_from_end_to_end():
    assert (colour(-1), colour(0), colour(1), colour(2)) == (VIRIDIS[0], VIRIDIS[0], VIRIDIS[-1], VIRIDIS[-1])
    assert colour(1 / 9) == VIRIDIS[1]
    assert colour(5, 0, 9) == VIRIDIS[5]
