"""The fast lane: records of the commonest shapes, from text to report without a syntax tree.

`report` says about a record exactly what reading it (`reasonlab.language.records`) and judging it (`verify_chain`) say,
to the byte (a test), or None: then the ordinary path has the word. It holds no state from one chain to the next.

| file       | what is in it                                           | its slow twin                      |
|------------|---------------------------------------------------------|------------------------------------|
| programs   | terms in postfix                                        | language.terms                     |
| reading    | equalities: text to programs                            | language.relations, language.terms |
| spelling   | the same, where the text is spelt as the language does  | reading                            |
| values     | exact evaluation of programs                            | verifiers.evaluation               |
| expansion  | programs as polynomials                                 | verifiers.polynomials              |
| kronecker  | programs at powers of 2: a polynomial as one integer    | expansion                          |
| identities | how two polynomials differ, as one integer              | expansion                          |
| rows       | linear equations, with the premises that a claim needs  | verifiers.linear, algebra._minimal |
| equations  | claims about unknowns: identities, linear equations     | verifiers.algebra, verifiers.reals |
| relations  | chains of definitions, and what follows from them       | verifiers.arithmetic               |
| rules      | facts and definite rules, and what follows from them    | verifiers.logic, verifiers.horn    |
| chains     | one verdict a step, the answer, the outcome             | verifiers.chain                    |

`make compiled` has these files compiled by mypyc, where there is a C compiler: the same verdicts (the same tests) in
about 60% of the time; `make plain` goes back. Nothing else knows of it.
"""

from reasonlab.verifiers.fast.chains import report

__all__ = ["report"]
