"""English verbs as far as a rule needs them: that `eats` and `eat` are one."""

from __future__ import annotations

_SIBILANT = ("sses", "shes", "ches", "xes", "zzes", "oes")


def stem(form: str) -> str:
    """Equal for the base form and the third person of a regular verb: `chase` and `chases` are both `chas`."""
    root = form.removesuffix("s") if not form.endswith("ss") else form
    root = root.removesuffix("e")
    return root[:-1] + "i" if root.endswith("y") else root


def base_form(third_person: str) -> str:
    """The base form of a third person: `carries` is `carry`. Of other words, the word."""
    if third_person.endswith("ies") and len(third_person) > 4:
        return third_person[:-3] + "y"
    if third_person.endswith(_SIBILANT):
        return third_person[:-2]
    return third_person[:-1] if third_person.endswith("s") and not third_person.endswith("ss") else third_person
