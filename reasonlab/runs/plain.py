"""Values as JSON knows them: the one door through which anything reaches a file of a run.

numpy scalars and arrays, tensors, dataclasses and paths become plain values; anything else is a TypeError, so that a
surprise is met where the value is made and not where it is read.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from enum import Enum
from pathlib import Path


def plain(value: object) -> object:
    """`value` made of None, bool, int, float, str, list and dict only. A float keeps NaN and infinities."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int | float):
        # Subclasses (numpy.float64, IntEnum) would be written in their own way; the base value is what is meant.
        return int(value) if isinstance(value, int) else float(value)
    if isinstance(value, Mapping):
        return {_text(str(key)): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted((plain(item) for item in value), key=repr)
    if isinstance(value, Path):
        return portable(str(value))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if hasattr(value, "tolist"):  # numpy scalars and arrays, torch tensors
        return plain(value.tolist())
    raise TypeError(f"a {type(value).__name__} cannot be kept in a run; give numbers, text, lists or dicts")


def _text(text: str) -> str:
    # Half a character (a lone surrogate, from bytes that were not UTF-8) fits in no file; it becomes a question mark.
    return str(text) if text.isascii() else text.encode(errors="replace").decode()


def _finite(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, list):
        return [_finite(item) for item in value]
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return value


def dumps(value: object, indent: int | None = None) -> str:
    """Strict JSON. A number that is not finite becomes null: JSON has none, and other readers refuse the whole file."""
    return json.dumps(_finite(plain(value)), indent=indent, ensure_ascii=False, allow_nan=False)


def flatten(tree: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    """Nested dicts as one level, keys joined by `_`; a list is kept as JSON text. Two keys that meet get `_2`, `_3`."""
    flat: dict[str, object] = {}
    for key, value in tree.items():
        name = f"{prefix}_{key}" if prefix else str(key)
        inner = flatten(value, name) if isinstance(value, Mapping) else {name: value}
        for label, item in inner.items():
            flat[unused(label, flat)] = dumps(item) if isinstance(item, list) else item
    return flat


def unused(label: str, taken: Mapping[str, object]) -> str:
    """`label`, or `label_2` and so on where it is taken; case does not tell names apart, as in SQL."""
    lowered = {name.casefold() for name in taken}
    candidate, count = label, 1
    while candidate.casefold() in lowered:
        count += 1
        candidate = f"{label}_{count}"
    return candidate


def portable(text: str) -> str:
    """A path as another machine may read it: relative inside the working directory, `~/...` inside home, else its name.

    Run folders are handed on; where somebody keeps their files is nobody's business. Other text is returned as it is.
    """
    head, sign, tail = text.partition("=")
    if sign and head.startswith("-"):  # --root=/somewhere
        return f"{head}={portable(tail)}"
    if not text.startswith("/") or not Path(text).name:
        return text
    for base, mark in ((Path.cwd(), ""), (Path.home(), "~/")):
        if Path(text).is_relative_to(base):
            return mark + str(Path(text).relative_to(base))
    return Path(text).name
