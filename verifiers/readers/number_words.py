"""Words beside a number that change what it is worth: `5 squared`, `3 dozen`, `twice 4`, `log 100`, `3 remainder 2`.

Words after a number are its unit, and words before an expression lead up to it, so neither changes what is computed.
These do, and no expression is read past them: only `SCALES` have a value here.
"""

from __future__ import annotations

SCALES = {
    **dict.fromkeys(("pair", "pairs", "couple", "couples", "twos"), "2"),
    **dict.fromkeys(("dozen", "dozens"), "12"),
    **dict.fromkeys(("ten", "tens"), "10"),
    **dict.fromkeys(("hundred", "hundreds"), "100"),
    **dict.fromkeys(("thousand", "thousands", "k"), "1000"),
    **dict.fromkeys(("million", "millions", "mil"), "1000000"),
    **dict.fromkeys(("billion", "billions", "bn"), "1000000000"),
    **dict.fromkeys(("trillion", "trillions"), "1000000000000"),
}
PARTS = frozenset(
    "half halves thirds fourths fifths sixths sevenths eighths ninths tenths twelfths hundredths thousandths"
    " ones scores"
    " gross".split()
)
FUNCTIONS = frozenset(
    "sqrt cbrt root roots sin cos tan cot sec csc sine cosine tangent arcsin arccos arctan sinh cosh tanh log ln lg"
    " logarithm exp abs absolute magnitude max min gcd lcm hcf gcf mod modulo modulus factorial factorials"
    " choose binom"
    " binomial squared cubed prod lim reciprocal inverse negated sgn rounded trunc pi tau phi theta".split()
)
BEFORE = FUNCTIONS | frozenset(  # what stands before is not what leads up to an expression
    "twice double triple quadruple thrice half third quarter fourth fifth than less minus plus times over point"
    " quotient ratio power choose squaring cubing doubling tripling halving negative positive percent"
    " one two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty hundred thousand"
    " million"
    " dozen".split()
)
AFTER = (FUNCTIONS | PARTS) - frozenset("roots root max min sec magnitude".split()) | frozenset(
    "remainder rem r am pm a.m p.m o'clock oclock doubled tripled halved quadrupled divided multiplied power bar"
    " repeating"
    " recurring radians radian base binary c p hex octal decimal point never not cannot".split()
)
ORDINAL = frozenset("half third quarter fourth fifth".split())  # of a game, a month, a row
MAY_GO_ON = frozenset(  # `= 5 less than 8`, `= 3 times as many`: what stands before them need not be all
    "to times less more fewer greater larger smaller bigger higher lower older younger taller shorter longer"
    " faster slower"
    " heavier off over into out plus minus through between above below under".split()
)
APPLIED = frozenset(  # to all that is behind them
    "root roots logarithm absolute factorial square cube power reciprocal opposite gcd lcm hcf gcf divisor multiple"
    " remainder median xor quotient ratio floor ceiling".split()
)
GOVERNING = APPLIED | frozenset(  # what may take in more than one of the numbers behind it
    "sum difference product average mean maximum minimum greatest least between larger smaller bigger dividing"
    " adding subtracting multiplying divided"
    " multiplied added subtracted".split()
)
