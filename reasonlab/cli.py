"""The `reasonlab` command: a table of commands, and the one place where errors become a line and an exit code.

The top level is answered from the table alone; `reasonlab CMD` imports only `reasonlab.commands.CMD`, so a command
pays for what it uses. Exit codes: 0 done, 1 done and the answer is no, 2 bad input or usage, 4 a fault of ours,
130 stopped.
"""

from __future__ import annotations

import os
import sys
from types import ModuleType

from reasonlab import __version__
from reasonlab.language.errors import LabError

# name -> one line of help; the module is reasonlab.commands.<name>. In the order in which a newcomer needs them.
COMMANDS = {
    "demo": "train a small transformer, check every step it writes, look inside it, report: all in one",
    "problems": "sample problems and show them, or write them as JSONL",
    "train": "train a model from scratch; stops and resumes without losing what it did",
    "sample": "let a model reason on problems",
    "verify": "check every step of chains of reasoning: files or standard input (needs no torch)",
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
}


def main(args: list[str] | None = None) -> int:
    """Run one command and return its exit code; no exception leaves this function."""
    args = list(sys.argv[1:] if args is None else args)
    # A terminal that cannot show a character gets a question mark, not a fault.
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    name = args[0] if args and args[0] in COMMANDS else None
    try:
        code = _command(name, args[1:]) if name else _top_level(args)
        sys.stdout.flush()  # here, so that a closed pipe is met inside this `try`
    except LabError as error:
        return _say(name, str(error), 2)
    except KeyboardInterrupt:
        return _say(name, "stopped; what was finished is kept", 130)
    except BrokenPipeError:
        # `reasonlab ... | head` has what it wants. Python would complain again on closing stdout, so it gets another.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except SystemExit as stop:  # tyro: 0 after --help, 2 after a usage error
        return stop.code if isinstance(stop.code, int) else 0
    except Exception as error:
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
    return code


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
    module = _load(name)
    import tyro

    options = tyro.cli(
        module.Options,
        args=args,
        prog=f"reasonlab {name}",
        description=COMMANDS[name],
        config=(tyro.conf.FlagCreatePairsOff, tyro.conf.OmitSubcommandPrefixes),
    )
    return module.run(options)


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
    print(f"reasonlab{' ' + name if name else ''}: {' '.join(text.split())}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
