"""The pages, run by Streamlit's own test harness: they render, and survive runs that are missing or half-written."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import reasonlab.app.pages
from reasonlab.app import shelf

MAIN = Path(str(reasonlab.app.pages.__file__)).with_name("main.py")
PAGES = ("problem", "inside", "runs")
SECONDS = 60


def open_page(page: str, **query: str) -> AppTest:
    """A page with a URL's parameters, through the entry, as a browser opens it."""
    app = AppTest.from_file(str(MAIN), default_timeout=SECONDS)
    if page != "problem":
        app.switch_page(f"{page}.py")
    app.query_params.update(query)
    return app.run()


def texts(app: AppTest) -> list[str]:
    return [item.value for item in app.text]


def everything(app: AppTest) -> str:
    return "\n".join(str(item.value) for kind in ("markdown", "caption", "warning", "info") for item in app.get(kind))


@pytest.fixture(autouse=True)
def shelves(root, tmp_path, monkeypatch):
    """The runs of the fixture, and a data folder without shipped runs."""
    monkeypatch.setenv("REASONLAB_RUNS", str(root))
    monkeypatch.setattr(shelf, "DATA", tmp_path / "data")


def named(root: Path, name: str) -> str:
    return "runs/" + next(path.name for path in root.iterdir() if path.name.endswith(name))


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("name", ["fixture", "deductive"])
def test_every_page_shows_a_whole_run(root, page, name):
    app = open_page(page, run=named(root, name))
    assert not app.exception
    assert app.markdown[0].value == f"## {page.capitalize()}"
    assert [item.value for item in app.warning] == []
    assert app.sidebar.selectbox[0].value == named(root, name)


def test_streamlit_finds_no_pages_of_its_own():
    """Else a fresh server that is asked for a page first runs it without the entry, and without the navigation."""
    assert not (MAIN.parent / "pages").exists()


@pytest.mark.parametrize("page", PAGES)
def test_the_navigation_leads_to_every_page(page):
    app = AppTest.from_file(str(MAIN), default_timeout=SECONDS).run().switch_page(f"{page}.py").run()
    assert not app.exception
    assert app.markdown[0].value == f"## {page.capitalize()}"


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("name", ["half", "empty", "broken"])
def test_every_page_survives_a_broken_run_and_says_what_is_wrong(root, page, name):
    app = open_page(page, run=named(root, name))
    assert not app.exception
    assert app.warning
    assert all("\n" not in item.value for item in app.warning)


@pytest.mark.parametrize("page", PAGES)
def test_every_page_survives_without_any_run(page, tmp_path, monkeypatch):
    monkeypatch.setenv("REASONLAB_RUNS", str(tmp_path / "nothing"))
    app = open_page(page)
    assert not app.exception
    assert app.warning or app.info


@pytest.mark.parametrize("run", ["../../etc", "/etc", "runs/../..", "<script>"])
def test_a_url_cannot_name_a_folder_of_its_own(root, run):
    app = open_page("problem", run=run)
    assert not app.exception
    assert app.sidebar.selectbox[0].value in app.sidebar.selectbox[0].options


def test_hostile_text_of_a_chain_is_shown_as_text(root):
    app = open_page("problem", run=named(root, "fixture"))
    hostile = next(option for option in app.selectbox(key="problem").options if option.startswith("2 "))
    app.selectbox(key="problem").set_value(2).run()
    assert hostile
    assert not app.exception
    shown = next(text for text in texts(app) if "<script>" in text)
    assert "**bold** :red[x] $x^2$ `code`" in shown
    for item in [*app.markdown, *app.caption, *app.get("html")]:
        assert "<script>" not in str(getattr(item, "value", item))


def test_a_step_is_chosen_rewritten_and_refuted(root):
    app = open_page("problem", run=named(root, "fixture"))
    assert "proved" in everything(app)
    last = [button for button in app.button if button.key and button.key.startswith("choose-")][-1]
    last.click().run()
    box = next(item for item in app.text_input if item.label.startswith("Rewrite"))
    wrong = box.value[:-1] + str((int(box.value[-1]) + 1) % 10)
    box.set_value(wrong).run()
    assert not app.exception
    assert wrong in texts(app)
    assert "refuted" in everything(app)
    next(button for button in app.button if button.label == "Undo the edits").click().run()
    assert wrong not in texts(app)


@pytest.mark.parametrize("step", ["99", "-1", "x", "²", "1e9"])
def test_a_step_that_is_not_there_is_no_error(root, step):
    assert not open_page("problem", run=named(root, "fixture"), step=step).exception


def test_the_model_answers_when_asked(root):
    app = open_page("problem", run=named(root, "fixture"))
    next(button for button in app.button if button.label == "Let the model answer").click().run()
    assert not app.exception
    assert [item.value for item in app.warning] == []


def test_a_problem_of_ones_own_is_verified(root):
    app = open_page("problem", run=named(root, "fixture"), source="Write your own")
    problem, chain = app.text_area
    assert "proved" in everything(app)
    problem.set_value("mod 10 ; x = 4 ; y = x + x ; y ?")
    chain.set_value("x = 4\ny = x + x = 4 + 4 = 9\nanswer 9").run()
    assert not app.exception
    assert "refuted" in everything(app)
    problem.set_value("<b>no query</b>").run()
    assert not app.exception
    assert any("expected a query" in item.value for item in app.warning)


def test_a_generated_problem_and_a_difficulty_that_is_none(root):
    app = open_page("problem", run=named(root, "fixture"), source="Generate")
    assert "proved" in everything(app)
    app.text_input(key="difficulty").set_value("variables=many").run()
    assert not app.exception
    assert any("variables" in item.value for item in app.warning)


@pytest.mark.parametrize("view", ["Patching", "Interchange"])
def test_the_other_views_of_the_inside(root, view):
    app = open_page("inside", run=named(root, "fixture"), view=view)
    assert not app.exception
    assert [item.value for item in app.warning] == []
    assert "ontrol" in everything(app)


def test_deduction_says_that_it_has_no_counterparts(root):
    app = open_page("inside", run=named(root, "deductive"), view="Patching")
    assert not app.exception
    assert len(app.warning) == 1
