"""What other distributions add to ReasonLab, by entry points (PyPA, "Entry points specification").

    [project.entry-points."reasonlab.families"]
    sums = "my_package.sums"

Groups: `reasonlab.families` (a module as `reasonlab.tasks.arithmetic` is one), `reasonlab.probes` and
`reasonlab.models` (functions); docs/extend.md has an example of each. An entry point is loaded when its name is asked
for, so a broken one troubles nobody else; a name of ours is never taken over.
"""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import Any

from reasonlab.language.errors import BadInput, quote


def names(group: str) -> list[str]:
    """The names that are installed in a group, sorted."""
    return sorted({found.name for found in _installed(group)})


def load(group: str, name: str) -> Any:
    """What an entry point names.

    Raises:
        BadInput: nobody or more than one distribution has this name, or it cannot be imported.
    """
    found = [each for each in _installed(group) if each.name == name]
    owners = [each.dist.name if each.dist is not None else "?" for each in found]
    if len(found) != 1:
        raise BadInput(f"the entry point {quote(name)} of {group} is in {', '.join(owners) or 'no distribution'}",
                       "exactly one", "install one that has it, and no other")  # fmt: skip
    try:
        return found[0].load()
    except Exception as error:  # whatever somebody else's module does when it is imported
        raise BadInput(f"{quote(name)} of {owners[0]} cannot be loaded ({type(error).__name__}: {error})",
                       f"{found[0].value} to be importable", f"reinstall or remove {owners[0]}") from error  # fmt: skip


def _installed(group: str) -> list[EntryPoint]:
    return list(entry_points(group=group))
