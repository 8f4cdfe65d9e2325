"""Equalities that are spelt as the claim language writes them: read without writing them anew.

Most texts are: a regular expression tells, and what is left of them to read are tokens between single spaces. Whether
each pair of brackets is needed is seen on the way. What is spelt otherwise is for `reading`, its twin.
"""

from __future__ import annotations

import re

from reasonlab.language.lexer import RESERVED
from reasonlab.verifiers.fast.programs import NEGATE, Program, apply

MAX_WORDS = 100  # operands and operators
MAX_NESTING = 12

_EXPONENT = r"(?:\^(?:6[0-4]|[1-5][0-9]|[0-9])(?![0-9]))?+"  # as far as POWERS go
_OPERAND = rf"[-(]*+(?:[A-Za-z][A-Za-z0-9_]*+|0|[1-9][0-9]{{0,39}}+){_EXPONENT}(?:\){_EXPONENT})*+"
_SPELT = re.compile(rf"{_OPERAND}(?: [-+*/=] {_OPERAND})++")
_LOOSE = re.compile(r"\((-[A-Za-z0-9_]+)\)(?![A-Za-z0-9_.^(])")  # brackets that are never needed


def read_spelt(text: str) -> tuple[str, list[str], list[Program], list[list[str]]] | None:
    """The text of an equality, its sides, their programs, and the variables of each as often as they occur.

    None: not an equality, not spelt so, or longer than what is read here.
    """
    if " ^ " in text:
        text = text.replace(" ^ ", "^")
    if "(-" in text:
        text = _LOOSE.sub(r"\1", text)
    if _SPELT.fullmatch(text) is None:
        return None
    words = text.split(" ")  # operands, with an operator between each two
    if len(words) > MAX_WORDS:
        return None
    words.append("=")
    sides: list[Program] = []
    named: list[list[str]] = []
    program: Program = []
    own: list[str] = []
    product = total = ""  # operators that wait for their right operand
    around: list[tuple[str, str, str]] = []  # the same, with a sign, of what stands around each open bracket
    for word, operator in zip(words[::2], words[1::2]):
        if word.isalnum():
            if word[0] < "A":
                program.append(int(word))
            elif word in RESERVED:
                return None
            else:
                program.append(word)
                own.append(word)
        else:
            sign = ""
            while word[0] < "0":
                if word[0] == "(":
                    around.append((sign, product, total))
                    sign = product = total = ""
                    if len(around) > MAX_NESTING:
                        return None
                elif sign:
                    return None
                else:
                    sign = NEGATE
                word = word[1:]
            closed: list[str] = []
            if ")" in word:
                word, *closed = word.split(")")
            word, caret, exponent = word.partition("^")
            if word[0] < "A":
                program.append(int(word))
            elif word in RESERVED:
                return None
            else:
                program.append(word)
                own.append(word)
            if caret:
                program.append(caret + exponent)
            for power in closed:
                if not around:
                    return None
                weakest = total or product or sign
                if sign:
                    apply(sign, program)
                if product:
                    apply(product, program)
                if total:
                    program.append(total)
                sign, product, total = around.pop()
                if not _needed(weakest, sign or product or total, power or operator):
                    return None
                if power:
                    program.append(power)
            if sign:
                apply(sign, program)
        if product:
            program.append("*") if product == "*" else apply(product, program)
        if operator == "*" or operator == "/":
            product = operator
            continue
        product = ""
        if total:
            program.append(total)
        total = operator
        if operator == "=":
            if around:
                return None
            total = ""
            sides.append(program)
            named.append(own)
            program, own = [], []
    return (text, text.split(" = "), sides, named) if len(sides) > 1 else None


def _needed(weakest: str, before: str, after: str) -> bool:
    """Whether brackets change what is meant: around a term of this weakest operator, between these marks."""
    if not weakest or after[0] == "^":
        return weakest != ""
    if before in (NEGATE, "*", "/"):
        return weakest != NEGATE
    return weakest in ("+", "-") and (after in ("*", "/") or before in ("+", "-"))
