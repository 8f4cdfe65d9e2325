"""Options from words: tyro reads them, and whatever it refuses becomes one line.

tyro draws its errors as boxes. What was wrong it offers as data, through a hook that its authors call unstable: the
hook is used where it says something that is known here. Otherwise the line is general: what was typed, where help is.
"""

from __future__ import annotations

import difflib
import inspect
import io
import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, redirect_stderr
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, get_args, get_type_hints

from reasonlab.language.errors import BadInput, quote

# A metavar of tyro's -> what is wanted, in words.
_WANTED = {"INT": "a whole number", "FLOAT": "a number", "PATH": "a path", "STR": "text"}


@dataclass(frozen=True)
class Asked:
    """What was typed, for which options, and the line that names the help."""

    kind: Any
    args: list[str]
    help: str


def read_options(kind: Any, args: list[str], *, command: str, summary: str) -> Any:
    """The value of `kind` (a dataclass, or a union of them for subcommands) that the words describe.

    Raises BadInput for words that describe none, and SystemExit(0) after `--help`.
    """
    import tyro

    asked = Asked(kind, args, f"see `reasonlab {command} --help`")
    hook = getattr(getattr(tyro, "_errors", None), "on_parse_error", None)
    with ExitStack() as stack:
        stack.enter_context(redirect_stderr(io.StringIO()))
        if hook is not None:
            stack.enter_context(hook(lambda event: _refuse(event, asked)))
        try:
            return tyro.cli(
                kind,
                args=args,
                prog=f"reasonlab {command}",
                description="\n\n".join([summary, *_paragraphs(kind)]),
                config=(tyro.conf.FlagCreatePairsOff, tyro.conf.OmitSubcommandPrefixes),
            )
        except SystemExit as stop:
            if not stop.code:
                raise
    raise BadInput(f"{quote(shlex.join(args), 200)} was not understood", "options of the command", asked.help)


def _paragraphs(kind: Any) -> list[str]:
    """What the docstring of a dataclass says after its first paragraph."""
    return (inspect.getdoc(kind) or "").split("\n\n")[1:] if is_dataclass(kind) else []


def _refuse(event: Any, asked: Asked) -> None:
    """Raise what is wrong in one line. To return leaves it to the general line."""
    try:
        what, expected, remedy = _SAYS[type(event).__name__](event, asked)
    except (KeyError, AttributeError):  # an event, or a shape of one, of another version of tyro
        return
    raise BadInput(what, expected, f"{remedy}; {asked.help}" if remedy else asked.help)


Said = tuple[str, str, str]  # what is wrong, what was expected, the remedy where there is more than to see the help


def _unrecognized(tokens: list[str], asked: Asked) -> Said:
    word = next((token for token in tokens if token.startswith("-")), tokens[0])
    if word.startswith("-"):
        name = word.partition("=")[0]
        return f"{quote(name)} is no option", "an option of the command", _meant(name, list(_flags(asked.kind)))
    names = list(_subcommands(asked.kind))
    if names and word == asked.args[0]:
        return f"{quote(word)} is no subcommand", f"one of {', '.join(names)}", _meant(word, names)
    return f"{quote(word)} is one word too many", "no more than the usage line names", "quote what belongs together"


def _meant(word: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f"did you mean {close[0]}?" if close else ""


def _flags(kind: Any) -> Iterator[str]:
    """The options that a dataclass, or a union of annotated dataclasses, has."""
    import tyro

    for part in get_args(kind):
        yield from _flags(part)
    if isinstance(kind, type) and is_dataclass(kind):
        mark = get_args(tyro.conf.Positional[str])[1]
        hints = get_type_hints(kind, include_extras=True)
        for field in fields(kind):
            if mark not in get_args(hints[field.name]):
                yield ("--no-" if field.default is True else "--") + field.name.replace("_", "-")


def _subcommands(kind: Any) -> Iterator[str]:
    """The names in a union of `Annotated[Dataclass, subcommand(name)]`."""
    for part in get_args(kind):
        yield from (mark.name for mark in getattr(part, "__metadata__", ()) if getattr(mark, "name", None))


def _missing(event: Any, asked: Asked) -> Said:
    if event.unrecognized_tokens:
        return _unrecognized(event.unrecognized_tokens, asked)
    names = [_name(item.arg) for item in event.missing_arguments]
    return f"{' and '.join(names)} {'is' if len(names) == 1 else 'are'} missing", "every required argument", ""


def _bad_value(event: Any, asked: Asked) -> Said:
    if event.argument.is_positional():
        return f"{_name(event.argument)} is missing", "every required argument", ""
    if event.offending_value is not None:
        return f"{_name(event.argument)} {event.offending_value!r} is not taken", "no value", "leave it out"
    return f"{_name(event.argument)} has no value", _wanted(event.argument), "write it behind"


def _choice(event: Any, asked: Asked) -> Said:
    expected = f"one of {', '.join(event.choices)}"
    return f"{_name(event.argument)} is {quote(event.value)}", expected, _meant(event.value, event.choices)


def _subcommand(event: Any, asked: Asked) -> Said:
    names = list(event.subcommand_spec.parser_from_name)
    command = asked.help.partition("`")[2].partition(" --help")[0]
    return "there is no subcommand", f"one of {', '.join(names)}", f"such as `{command} {names[0]}`"


def _instantiation(event: Any, asked: Asked) -> Said:
    if event.argument is None:
        return event.message, "values that go together", ""
    return f"{_name(event.argument)}: {event.message}", _wanted(event.argument), ""


_SAYS: dict[str, Callable[[Any, Asked], Said]] = {
    "UnrecognizedArgs": lambda event, asked: _unrecognized(event.tokens, asked),
    "MissingArgs": _missing,
    "MissingSubcommand": _subcommand,
    "BadValue": _bad_value,
    "InvalidChoice": _choice,
    "InstantiationFailure": _instantiation,
}


def _name(argument: Any) -> str:
    """An option by its flag, a positional argument by the name in the usage line."""
    return str(argument.lowered.metavar if argument.is_positional() else argument.lowered.name_or_flags[-1])


def _wanted(argument: Any) -> str:
    metavar = str(argument.lowered.metavar or "")
    known = [words for name, words in _WANTED.items() if name in metavar.replace("{None}|", "").split()]
    return known[0] if known else metavar or "another value"
