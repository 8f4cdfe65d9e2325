"""Screenshots of the dashboard's pages, kept in docs/screenshots: light and dark, at 1440 and at 900 pixels.

    python benchmarks/screenshots.py [--root RUNS] [--run shipped/arithmetic] [--out docs/screenshots]

Starts the app on a free port, opens each page in Chromium, waits until it is drawn, and stops the app again.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

from reasonlab.commands.app import Options, command
from reasonlab.runs import default_root

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync"]  # fmt: skip
VIEWS = {
    "problem": ("", {"step": "7"}),
    "failed": ("", {"set": "larger", "outcome": "wrong"}),
    "inside": ("inside", {}),
    "patching": ("inside", {"view": "Patching"}),
    "interchange": ("inside", {"view": "Interchange"}),
    "runs": ("runs", {}),
}
DRAWN = """() => !document.querySelector('[data-testid=stSkeleton], [data-testid=stSpinner], [data-stale=true]')
    && !document.querySelector('[data-testid=stStatusWidget]') && document.querySelectorAll('canvas').length > 0"""
TALLEST = 2400


def main() -> None:
    """Take every picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=default_root())
    parser.add_argument("--run", default="shipped/arithmetic")
    parser.add_argument("--out", type=Path, default=Path("docs/screenshots"))
    parser.add_argument("--only", nargs="*", default=list(VIEWS), choices=list(VIEWS))
    parser.add_argument("--schemes", nargs="*", default=["light", "dark"])
    parser.add_argument("--widths", nargs="*", type=int, default=[1440, 900])
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    words = command(Options(root=options.root, port=port, headless=True))
    server = subprocess.Popen(words, env={**os.environ, "REASONLAB_RUNS": str(options.root.resolve())},
                              stdout=subprocess.DEVNULL)  # fmt: skip
    try:
        wait_for(f"http://localhost:{port}/_stcore/health")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
            for scheme in options.schemes:
                for width in options.widths:
                    page = browser.new_page(viewport={"width": width, "height": 1000}, color_scheme=scheme)
                    for name in options.only:
                        picture(page, port, options.run, name, width, options.out / f"{name}-{scheme}-{width}.png")
                    page.close()
            browser.close()
    finally:
        server.terminate()
        server.wait(timeout=20)


def picture(page: Any, port: int, run: str, name: str, width: int, path: Path) -> None:
    """One page, as tall as it is, once it is drawn."""
    place, choices = VIEWS[name]
    page.set_viewport_size({"width": width, "height": 1000})
    page.goto(f"http://localhost:{port}/{place}?{urllib.parse.urlencode({'run': run, **choices})}")
    page.wait_for_function(DRAWN, timeout=120_000)
    tall = page.evaluate("() => document.querySelector('[data-testid=stMainBlockContainer]').scrollHeight")
    page.set_viewport_size({"width": width, "height": min(max(tall, 700), TALLEST)})
    page.wait_for_timeout(1500)  # charts fade in, and nothing on the page says when they are done
    page.wait_for_function(DRAWN, timeout=120_000)
    page.screenshot(path=path)
    Image.open(path).quantize(256).save(path, optimize=True)  # a third of the size, and the history keeps them all
    print(f"{path}  {path.stat().st_size / 1000:.0f} kB")


def wait_for(url: str) -> None:
    """Return once the server answers."""
    deadline = time.monotonic() + 90
    while True:
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except (urllib.error.URLError, OSError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


if __name__ == "__main__":
    main()
