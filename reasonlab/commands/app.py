"""`reasonlab app`: the dashboard, on this machine only unless told otherwise."""

from __future__ import annotations

import os
import socket
import sys
from dataclasses import dataclass, field
from pathlib import Path

from reasonlab.language.errors import BadInput
from reasonlab.runs import default_root


@dataclass(frozen=True)
class Options:
    """Open the dashboard on the shipped checkpoints and your own runs. Ctrl-C ends it."""

    root: Path = field(default_factory=default_root)
    """Folder of the runs; $REASONLAB_RUNS changes the default."""
    port: int = 8501
    """Where it listens."""
    host: str = "localhost"
    """Who may connect; localhost keeps it to this machine."""
    headless: bool = False
    """Do not open a web browser."""


def run(options: Options) -> int:
    """Become the server; returns only where it cannot start."""
    import streamlit  # noqa: F401  (a missing extra is said here, in one line, and not by the server's process)

    _check(options)
    environment = {**os.environ, "REASONLAB_RUNS": str(options.root.resolve())}
    sys.stdout.flush()
    words = command(options)
    # The server takes this process's place: whoever stops the command stops the server, and nothing is left behind.
    os.execve(words[0], words, environment)


def _check(options: Options) -> None:
    """Refuses in one line what the server would complain of in many."""
    if not 1 <= options.port <= 65535:
        raise BadInput(f"--port {options.port}", "a port from 1 to 65535", "choose another")
    if options.root.exists() and not options.root.is_dir():
        raise BadInput(f"--root {str(options.root)!r} is a file", "a folder of runs", "check the path")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(options.host, options.port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError) as error:
        raise BadInput(f"--host {options.host!r}: {error}", "an address of this machine", "try localhost") from None
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does: a port just left is free
        try:
            probe.bind(address)
        except OSError as error:
            what = f"{options.host}:{options.port} cannot be used ({error.strerror})"
            raise BadInput(what, "a free port of this machine", "choose another --port or --host") from None


def command(options: Options) -> list[str]:
    """The words that start the server: no telemetry, no file watcher, bound to one address."""
    import reasonlab.app.pages

    settings = {
        "server.address": options.host,
        "server.port": options.port,
        "server.headless": str(options.headless).lower(),
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none",
        # Streamlit's own accent is the red that means "refuted" here.
        "theme.light.primaryColor": "#0072B2",
        "theme.dark.primaryColor": "#56B4E9",
    }
    entry = Path(str(reasonlab.app.pages.__file__)).with_name("main.py")
    words = [f"--{name}={value}" for name, value in settings.items()]
    return [sys.executable, "-m", "streamlit", "run", str(entry), *words]
