"""cvc5's answer to a question that Z3 has answered: two solvers with no code in common rarely err alike."""

from __future__ import annotations

import re

LIMIT = 20_000  # cvc5's own count of resources for one question: no clock, so every machine gets the same answer. With
# products of unknowns one question within 100,000 was seen to take minutes.
_STATUS = re.compile(r"\(set-info :status \w+\)")


def answer(text: str) -> str:
    """sat, unsat or unknown: of an SMT-LIB 2 script with one check-sat. What cvc5 cannot read it does not know."""
    import cvc5

    solver = cvc5.Solver(cvc5.TermManager())
    solver.setOption("rlimit-per", str(LIMIT))
    solver.setOption("mbqi", "true")  # without it, quantified questions that are sat are left undecided
    parser = cvc5.InputParser(solver)
    # What Z3 said is none of its business: cvc5 would stop at a status that it finds to be another.
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, _STATUS.sub("", text), "question")
    said = ""
    try:
        while not (command := parser.nextCommand()).isNull():
            said += command.invoke(solver, parser.getSymbolManager())
    except RuntimeError:
        return "unknown"
    words = said.split()
    return words[0] if words and words[0] in ("sat", "unsat") else "unknown"
