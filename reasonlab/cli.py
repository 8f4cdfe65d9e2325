"""The `reasonlab` command: a table of commands, and the one place where errors become a line and an exit code.

The top level is answered from the table alone; `reasonlab CMD` imports only `reasonlab.commands.CMD`, so a command
pays for what it uses. Exit codes: 0 done, 1 done and the answer is no, 2 bad input or usage, 4 a fault of ours,
130 stopped.
"""

from __future__ import annotations

import errno
import os
import sys
from types import ModuleType
from typing import TextIO

from reasonlab import __version__
from reasonlab.language.errors import LabError

# name -> one line of help; the module is reasonlab.commands.<name>. In the order in which a newcomer needs them.
COMMANDS = {
    "demo": "train a small transformer, check every step it writes, look inside it, report: all in one",
    "problems": "sample problems and show them, or write them as JSONL",
    "train": "train a model from scratch; stops and resumes without losing what it did",
    "sample": "let a model reason on problems",
    "verify": "check every step of chains of reasoning: files or standard input (needs no torch)",
    "explain": "say why one step of a chain has its verdict, in words (needs no torch)",
    "evaluate": "sample and verify by difficulty: scores with confidence intervals",
    "probe": "find where a variable lives in the network, with a control",
    "report": "write one HTML file about a run that opens offline",
    "runs": "list runs, compare two, or ask all of them in SQL",
    "app": "open the dashboard",
    "doctor": "check this machine and installation, with a remedy for each fault",
}
# A package that only an extra brings -> that extra, so that a missing one is named and not shown as a fault.
EXTRAS = {
    **dict.fromkeys(("torch", "transformers", "transformer_lens", "tokenizers", "safetensors", "einops"), "models"),
    **dict.fromkeys(("numpy", "jaxtyping"), "models"),
    **dict.fromkeys(("duckdb", "pyarrow"), "runs"),
    "streamlit": "app",
    "ray": "ray",
    "cvc5": "crosscheck",
}
# What the machine may refuse a command -> what it would take, and the remedy. Any other OSError is a fault of ours.
_ROOM = ("room on the disk", "free some space and run it again: what was finished is kept")
_PERMISSION = ("permission", "choose another place, or change its permissions")
_MACHINE = ("a machine that can do it", "free some memory or close some files and run it again")
REFUSALS = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), _ROOM),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), _PERMISSION),
    **dict.fromkeys((errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.EAGAIN), _MACHINE),
    **dict.fromkeys((errno.EIO, errno.EBADF), ("files and streams that work", "check the disk and the redirections")),
    **dict.fromkeys((errno.EEXIST, errno.ENOTDIR), ("a folder in that place", "move what is there, or choose another")),
    errno.EISDIR: ("a file in that place", "choose another name"),
    **dict.fromkeys((errno.ENAMETOOLONG, errno.ELOOP), ("a path that the system takes", "choose another name")),
}


def main(args: list[str] | None = None) -> int:
    """Run one command and return its exit code; no exception leaves this function."""
    args = list(sys.argv[1:] if args is None else args)
    _settle_streams()
    name = args[0] if args and args[0] in COMMANDS else None
    code = _attempt(name, args)
    try:
        sys.stdout.flush()  # here and not at the interpreter's end, which would say it in three lines
    except BrokenPipeError:  # `reasonlab ... | head` has what it wants
        _silence(sys.stdout)
        return 141
    except OSError as error:
        _silence(sys.stdout)
        return code or _refused(name, error)
    return code


def _attempt(name: str | None, args: list[str]) -> int:
    try:
        return _command(name, args[1:]) if name else _top_level(args)
    except LabError as error:
        return _say(name, str(error), 2)
    except KeyboardInterrupt:
        return _say(name, "stopped; what was finished is kept", 130)
    except BrokenPipeError:
        return _closed()
    except SystemExit as stop:  # after --help
        if isinstance(stop.__context__, BrokenPipeError):  # rich makes a closed pipe an exit with code 1
            return _closed()
        return stop.code if isinstance(stop.code, int) else 0
    except Exception as error:
        if isinstance(error, OSError) and error.errno in REFUSALS:
            return _refused(name, error)
        missing = (error.name or "") if isinstance(error, ModuleNotFoundError) else ""
        extra = EXTRAS.get(missing.partition(".")[0])
        if extra:
            return _say(name, f"{missing} is not installed; expected the extra {extra!r}; {_install(extra)}", 2)
        fault = f"internal fault: {type(error).__name__}: {error}"
        if not os.environ.get("REASONLAB_DEBUG"):
            return _say(name, f"{fault}; run again with REASONLAB_DEBUG=1 for the traceback", 4)
        import traceback

        traceback.print_exc()
        return _say(name, fault, 4)


def _settle_streams() -> None:
    """A stream that was closed takes nothing; a terminal that cannot show a character gets a question mark."""
    for stream in ("stdout", "stderr"):
        if getattr(sys, stream) is None:
            setattr(sys, stream, open(os.devnull, "w"))  # noqa: SIM115  (lives as long as the process)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")


def _silence(stream: TextIO) -> None:
    """What a stream that failed still holds goes nowhere: Python would complain again on closing it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _closed() -> int:
    """The code after a pipe was closed, as a shell gives it: whoever read it has what it wants."""
    _silence(sys.stdout)
    _silence(sys.stderr)  # `2>&1 |` sends both into the pipe
    return 141


def _refused(name: str | None, error: OSError) -> int:
    expected, remedy = REFUSALS.get(error.errno or 0, ("a place that can be written", "check where the output goes"))
    place = repr(str(error.filename)) if error.filename else "what was to be written"
    return _say(name, f"{place}: {error.strerror or error}; expected {expected}; {remedy}", 2)


def _top_level(args: list[str]) -> int:
    if not args or args[0] in ("-h", "--help", "help"):
        print(_help())
        return 0
    if args[0] == "--version":
        print(f"reasonlab {__version__}")
        return 0
    import difflib

    close = difflib.get_close_matches(args[0], COMMANDS, n=1, cutoff=0.5)
    remedy = f"did you mean `reasonlab {close[0]}`?" if close else "see `reasonlab --help`"
    return _say(None, f"{args[0]!r} is not a command; expected one of {', '.join(COMMANDS)}; {remedy}", 2)


def _help() -> str:
    width = max(map(len, COMMANDS)) + 2
    lines = [
        "ReasonLab: see whether a model's reasoning is true, meant and located.",
        "",
        "usage: reasonlab COMMAND [OPTIONS]      reasonlab COMMAND --help for its options",
        "",
        *(f"  {name:<{width}}{text}" for name, text in COMMANDS.items()),
        "",
        "Start with `reasonlab demo` (minutes), or `reasonlab app` to look at what is shipped.",
    ]
    return "\n".join(lines)


def _command(name: str, args: list[str]) -> int:
    from reasonlab.commands.usage import read_options

    module = _load(name)
    return module.run(read_options(module.Options, args, command=name, summary=COMMANDS[name]))


def _load(name: str) -> ModuleType:
    import importlib

    target = f"reasonlab.commands.{name}"
    try:
        return importlib.import_module(target)
    except ModuleNotFoundError as error:
        if error.name != target:
            raise
        raise LabError(
            f"this installation lacks the command; expected a module {target}; install reasonlab again"
        ) from None


def _install(extra: str) -> str:
    return f"pip install 'reasonlab[{extra}]' (or -e '.[{extra}]' in a checkout)"


def _say(name: str | None, text: str, code: int) -> int:
    try:
        print(f"reasonlab{' ' + name if name else ''}: {' '.join(text.split())}", file=sys.stderr)
    except BrokenPipeError:  # nobody listens any more
        _silence(sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
