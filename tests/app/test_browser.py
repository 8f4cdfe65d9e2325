"""The dashboard in a real browser: three pages, a step chosen and rewritten, a link followed in a fresh session."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reasonlab.commands.app import Options, command

pytestmark = pytest.mark.browser
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync"]  # fmt: skip
PATIENCE = 60_000  # milliseconds, for a loaded machine


def chromium() -> str | None:
    """A Chromium of the system; None where playwright has to look for its own."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture(scope="module")
def server(root: Path) -> Iterator[str]:
    """The app on a free port, with the runs of the fixture."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    words = command(Options(root=root, port=port, headless=True))
    process = subprocess.Popen(words, env={**os.environ, "REASONLAB_RUNS": str(root), "OMP_NUM_THREADS": "1"},
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    url = f"http://localhost:{port}"
    try:
        deadline = time.monotonic() + 60
        while not _healthy(url):
            assert process.poll() is None, "the server ended"
            assert time.monotonic() < deadline, "the server did not come up"
        yield url
    finally:
        process.terminate()
        process.wait(timeout=20)


def _healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        time.sleep(0.1)  # between two questions to a server that is not there yet
        return False


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if sys.platform == "win32":
        pytest.skip("the app is not driven on Windows")
    with api.sync_playwright() as playwright:
        try:
            found = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        except api.Error as error:
            pytest.skip(f"no chromium to drive: {str(error).splitlines()[0]}")
        yield found
        found.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A fresh session; a script error on the page fails the test."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("dialog", lambda dialog: errors.append(f"a dialog: {dialog.message}"))
    yield page
    context.close()
    assert errors == []


def settle(page) -> None:
    """Waits until the script behind the page has run through: a click before that can land on what is replaced."""
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for(timeout=PATIENCE)


def named(root: Path, name: str) -> str:
    return "runs/" + next(path.name for path in root.iterdir() if path.name.endswith(name))


def test_the_main_path(server, root, page):
    from playwright.sync_api import expect

    expect.set_options(timeout=PATIENCE)
    run = named(root, "fixture")
    page.goto(f"{server}/inside?run={run}")  # a link into the middle, on a fresh server
    expect(page.get_by_role("combobox", name="Run")).to_have_value(run)
    expect(page.locator("canvas").first).to_be_visible()
    settle(page)
    page.get_by_role("link", name="Problem").click()
    expect(page.get_by_role("heading", name="The chain")).to_be_visible()
    rows = page.locator("[class*=st-key-step-]")
    expect(rows.first.get_by_text("entailed").first).to_be_visible()
    settle(page)

    # Choose the last step: its premises are lit, and the URL says so.
    expect(page.get_by_text("Held against the causal graph")).to_be_visible()  # the last line of the page
    count = rows.count()
    page.get_by_role("button", name=f"s{count - 1}", exact=True).click()
    expect(page.locator("[class*=st-key-step-chosen-]")).to_have_count(1)
    expect(page.locator("[class*=st-key-step-premise-]").first).to_be_visible()
    expect(page).to_have_url(re.compile(f"step={count - 1}"))

    # Rewrite it: refuted, and the chain is not proved any more.
    box = page.get_by_role("textbox", name="Rewrite this step and press Enter")
    expect(box).not_to_have_value("")
    value = box.input_value()
    box.fill(value[:-1] + str((int(value[-1]) + 1) % 10))
    box.press("Enter")
    expect(page.locator("[class*=st-key-step-chosen-]").get_by_text("refuted").first).to_be_visible()
    page.get_by_role("button", name="Undo the edits").click()
    expect(page.locator("[class*=st-key-step-chosen-]").get_by_text("entailed").first).to_be_visible()

    # The other pages keep the run.
    for name, heading in (("Inside", "Inside"), ("Runs", "Runs")):
        settle(page)
        page.get_by_role("link", name=name).click()
        expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
        expect(page.locator("canvas").first).to_be_visible()
        expect(page.get_by_role("combobox", name="Run")).to_have_value(run)


def test_a_link_opens_the_same_view_in_a_fresh_session(server, root, page, browser):
    from playwright.sync_api import expect

    run = named(root, "fixture")
    page.goto(f"{server}/?run={run}")
    page.get_by_role("combobox", name="Outcome").click()
    page.get_by_role("option", name="wrong").click()
    expect(page).to_have_url(re.compile("outcome=wrong"), timeout=PATIENCE)
    expect(page.get_by_text("refuted").first).to_be_visible(timeout=PATIENCE)
    context = browser.new_context()
    fresh = context.new_page()
    fresh.goto(page.url)
    expect(fresh.get_by_text("refuted").first).to_be_visible(timeout=PATIENCE)
    context.close()


def test_hostile_text_runs_nothing(server, root, page):
    from playwright.sync_api import expect

    run = named(root, "fixture")
    page.goto(f"{server}/?run={run}")
    page.get_by_role("combobox", name="Problem").click()
    page.get_by_role("option", name=re.compile("^2 ")).click()
    expect(page.get_by_text("<script>alert(1)</script>").first).to_be_visible(timeout=PATIENCE)
    assert page.locator("[data-testid=stMain] script").count() == 0
    assert page.locator("[data-testid=stMain] img[src=x]").count() == 0
