"""Laws 3 and 4 for states and orders: every verdict equals brute force; gold chains are proved, harmful mutants never.

The slow twins share no code with the theories: they run through every event from the start, or through every row there
is. A mutant is harmful if the twin says that one of its steps does not follow.
"""

from __future__ import annotations

import random
from collections import Counter
from itertools import pairwise, permutations, product

import pytest

from reasonlab.language.claims import parse_claim
from reasonlab.language.records import chain_from_record
from reasonlab.verifiers import verify_chain

PEOPLE, THINGS = ("ann", "ben", "cleo", "dora"), ("red ball", "blue ball", "pink ball", "gray ball")
PAIRS = {"(": ")", "[": "]", "{": "}", "<": ">"}
FULL = {"entailed", "refuted", "unsupported"}
SLOW = [pytest.param(seed, 2_000, marks=pytest.mark.slow) for seed in range(100, 105)]


def report(givens, steps, query=None, answer=None):
    record = {"givens": givens, "steps": steps, "query": query, "answer": answer}
    return verify_chain(chain_from_record({key: value for key, value in record.items() if value is not None}))


def alone(givens, claims):
    """The status of each claim, each in a chain of its own; "contradiction" where the givens cannot hold."""
    found = []
    for claim in claims:
        judged = report(givens, [claim])
        clash = judged.reason is not None and "contradict" in judged.reason
        found.append("contradiction" if clash else judged.verdicts[0].status)
    return found


def status(worlds, holds):
    """What brute force says of a claim: in all worlds, in none, or in some."""
    truths = {bool(holds(world)) for world in worlds}
    if not truths:
        return "contradiction"
    return {(True,): "entailed", (False,): "refuted"}.get(tuple(truths), "unsupported")


# Swaps: a world is what everyone has at the start.


def after(start, swaps, time):
    state = dict(start)
    for left, right in swaps[:time]:
        state[left], state[right] = state[right], state[left]
    return state


def random_swaps(rng):
    swaps = [tuple(rng.sample(PEOPLE, 2)) for _ in range(rng.randint(1, 5))]
    start = dict(zip(PEOPLE, (rng.choice(THINGS) for _ in PEOPLE)))
    return start, swaps


def held(time, state, people):
    return f"after: {time} " + ", ".join(f"{person} = {state[person]}" for person in people)


@pytest.mark.parametrize(("seed", "count"), [(1, 150), *SLOW])
def test_swaps_equal_brute_force(seed, count):
    rng, seen = random.Random(seed), Counter()
    for _ in range(count):
        start, swaps = random_swaps(rng)
        facts = [(0, person, thing) for person, thing in start.items() if rng.random() < 0.7]
        if rng.random() < 0.4:
            time = rng.randint(0, len(swaps))
            truth = after(start, swaps, time)
            person = rng.choice(PEOPLE)
            facts.append((time, person, truth[person] if rng.random() < 0.8 else rng.choice(THINGS)))
        givens = [f"swap: {i} {left}, {right}" for i, (left, right) in enumerate(swaps, 1)]
        givens += [f"after: {time} {person} = {thing}" for time, person, thing in facts]
        rng.shuffle(givens)
        worlds = [dict(zip(PEOPLE, world)) for world in product((*THINGS, "another"), repeat=len(PEOPLE))]
        worlds = [w for w in worlds if all(after(w, swaps, time)[person] == thing for time, person, thing in facts)]
        claims, holds = [], []
        for _ in range(3):
            time = rng.randint(0, len(swaps))
            truth = after(start, swaps, time)
            people = rng.sample(PEOPLE, rng.randint(1, 3))
            said = {p: truth[p] if rng.random() < 0.8 else rng.choice(THINGS) for p in people}
            claims.append(held(time, said, people))
            holds.append(lambda w, t=time, said=said, ss=swaps: all(after(w, ss, t)[p] == x for p, x in said.items()))
        expected = [status(worlds, each) for each in holds]
        assert alone(givens, claims) == expected, (givens, claims)
        seen.update(expected)
    assert set(seen) == {*FULL, "contradiction"}


# Brackets: the stack by rewriting, innermost pairs first.


def stack_of(symbols):
    text = "".join(symbols)
    while any(opening + closing in text for opening, closing in PAIRS.items()):
        for opening, closing in PAIRS.items():
            text = text.replace(opening + closing, "")
    return tuple(text) if set(text) <= set(PAIRS) else None


def random_prefix(rng, size):
    """A sequence that can be closed."""
    symbols, stack = [], []
    for _ in range(size):
        if stack and rng.random() < 0.45:
            symbols.append(PAIRS[stack.pop()])
        else:
            symbols.append(rng.choice(list(PAIRS)))
            stack.append(symbols[-1])
    return symbols


def shown(symbols):
    return " ".join(symbols) or "empty"


@pytest.mark.parametrize(("seed", "count"), [(2, 300), *SLOW])
def test_brackets_equal_brute_force(seed, count):
    rng, seen = random.Random(seed), Counter()
    for _ in range(count):
        symbols = random_prefix(rng, rng.randint(1, 9))
        if rng.random() < 0.2:
            symbols[rng.randrange(len(symbols))] = rng.choice(list(PAIRS.values()))
        time = rng.randint(0, len(symbols) + 1)
        said = list(stack_of(symbols[:time]) or ())
        if rng.random() < 0.4:
            said = random_prefix(rng, rng.randint(0, 3))
        right, end = stack_of(symbols[:time]), stack_of(symbols)
        # A stack is undefined as soon as some beginning of the sequence is.
        broken = [any(stack_of(symbols[:k]) is None for k in range(t + 1)) for t in (time, len(symbols))]
        verdicts = []
        for missing, correct in ((broken[0], right == tuple(said)), (broken[1], end == tuple(said[::-1]))):
            verdicts.append("unsupported" if missing else "entailed" if correct else "refuted")
        if time > len(symbols):
            verdicts[0] = "refuted"
        closes = end is not None and [PAIRS[each] for each in end[::-1]] == said
        verdicts.append("unsupported" if broken[1] else "entailed" if closes else "refuted")
        claims = [f"stack: {time} {shown(said)}", f"open: {shown(said)}", f"closing: {shown(said)}"]
        assert alone([f"brackets: {shown(symbols)}"], claims) == verdicts, (symbols, claims)
        seen.update(verdicts)
    assert set(seen) == FULL


# Words: every pair compared letter by letter.


def before(one, two):
    """Whether a word may stand before another, letter by letter."""
    for left, right in zip(one, two):
        if left != right:
            return left < right
    return len(one) <= len(two)


def random_words(rng):
    return ["".join(rng.choice("abc") for _ in range(rng.randint(1, 3))) for _ in range(rng.randint(2, 5))]


def in_order(words):
    """Insertion sort."""
    done = []
    for word in words:
        place = next((i for i, each in enumerate(done) if before(word, each)), len(done))
        done.insert(place, word)
    return done


@pytest.mark.parametrize(("seed", "count"), [(3, 300), *SLOW])
def test_sorting_equals_brute_force(seed, count):
    rng, seen = random.Random(seed), Counter()
    for _ in range(count):
        words = random_words(rng)
        said = in_order(words)
        if rng.random() < 0.4:
            i, j = rng.randrange(len(said)), rng.randrange(len(said))
            said[i], said[j] = said[j], said[i]
        if rng.random() < 0.15:
            said[rng.randrange(len(said))] = rng.choice("abc")
        marks = [rng.choice([" ", " ? "]) for _ in said[1:]] + [""]
        groups, now = [], []
        for word, mark in zip(said, marks):
            now.append(word)
            if mark != " ? ":
                groups, now = [*groups, now], []
        right = sorted(said) == sorted(words) and all(
            before(one, two)
            for i, group in enumerate(groups)
            for one in group
            for each in groups[i + 1 :]
            for two in each
        )
        place = rng.randint(1, 2)
        by_letter = {}
        for word in said:
            by_letter.setdefault(ord(word[place - 1]) - 96 if len(word) >= place else 0, []).append(word)
        numbers = sorted(by_letter) if rng.random() < 0.7 else list(by_letter)
        grouped = " | ".join(f"{number} {' '.join(by_letter[number])}" for number in numbers)
        ascending = numbers == sorted(numbers) and sorted(said) == sorted(words)
        claims = ["sorted: " + "".join(word + mark for word, mark in zip(said, marks)), f"groups: {place} | {grouped}"]
        expected = ["entailed" if each else "refuted" for each in (right, ascending)]
        assert alone([f"words: {' '.join(words)}"], claims) == expected, (words, claims)
        seen.update(expected)
    assert set(seen) == {"entailed", "refuted"}


# Rows: every permutation.


def compare(operator, one, two):
    return {"<": one < two, ">": one > two, "<=": one <= two, ">=": one >= two, "=": one == two, "!=": one != two}[
        operator
    ]


def random_clause(rng, names):
    atoms = []
    for _ in range(rng.choice([1, 1, 1, 2])):
        right = rng.choice(names) if rng.random() < 0.5 else rng.randint(1, len(names) + 1)
        atoms.append((rng.choice(names), rng.choice(["<", ">", "<=", ">=", "=", "=", "!="]), right))
    return atoms


def true_in(clauses, row):
    place = {name: i for i, name in enumerate(row, 1)}
    return all(
        any(compare(op, place[left], right if isinstance(right, int) else place[right]) for left, op, right in clause)
        for clause in clauses
    )


def written(clauses):
    return ", ".join(" or ".join(f"{left} {op} {right}" for left, op, right in clause) for clause in clauses)


@pytest.mark.parametrize(("seed", "count"), [(4, 150), *SLOW])
def test_rows_equal_brute_force(seed, count):
    rng, seen = random.Random(seed), Counter()
    for _ in range(count):
        names = ["a", "b book", "c", "d", "e"][: rng.randint(2, 5)]
        known = [random_clause(rng, names) for _ in range(rng.randint(0, 4))]
        rows = [row for row in permutations(names) if true_in(known, row)]
        givens = [f"objects: {', '.join(names)}", *(f"place: {written([clause])}" for clause in known)]
        claims, expected = [], []
        for _ in range(3):
            said = [random_clause(rng, names) for _ in range(rng.choice([1, 1, 2]))]
            claims.append(f"place: {written(said)}")
            expected.append(status(rows, lambda row, said=said: true_in(said, row)))
            reason = rng.sample(known, rng.randint(0, len(known)))
            if reason and rows:
                claims.append(f"place: {written(said)} since {written(reason)}")
                follows = all(true_in(said, row) for row in permutations(names) if true_in(reason, row))
                plain = expected[-1]
                expected.append("entailed" if follows else "refuted" if plain == "refuted" else "unsupported")
        assert alone(givens, claims) == expected, (givens, claims)
        seen.update(expected)
    assert set(seen) == {*FULL, "contradiction"}


# Plans: each action done from the start, on a set of facts.

ACTIONS = {
    "pick-up": ("?x", ["clear ?x", "ontable ?x", "handempty"], ["holding ?x"], ["clear ?x", "ontable ?x", "handempty"]),
    "put-down": ("?x", ["holding ?x"], ["ontable ?x", "clear ?x", "handempty"], ["holding ?x"]),
    "stack": ("?x ?y", ["holding ?x", "clear ?y"], ["on ?x ?y", "clear ?x", "handempty"], ["holding ?x", "clear ?y"]),
    "unstack": (
        "?x ?y",
        ["on ?x ?y", "clear ?x", "handempty"],
        ["holding ?x", "clear ?y"],
        ["on ?x ?y", "clear ?x", "handempty"],
    ),
}
DOMAIN = [
    f"action: {name} {head} | needs {', '.join(needs)} | makes {', '.join([*adds, *(f'not {each}' for each in dels)])}"
    for name, (head, needs, adds, dels) in ACTIONS.items()
]


def do(facts, action):
    """The facts after an action, and those that it needs and lacks."""
    name, *things = action.split()
    head, needs, adds, dels = ACTIONS[name]
    values = dict(zip(head.split(), things))

    def bind(texts):
        return {" ".join(values.get(word, word) for word in text.split()) for text in texts}

    lacks = {each for each in bind(needs) if each not in facts}
    return (facts - bind(dels)) | bind(adds), lacks


def random_blocks(rng):
    blocks = list("abc")
    rng.shuffle(blocks)
    facts, piles = {"handempty"}, []
    for block in blocks:
        if piles and rng.random() < 0.5:
            pile = rng.choice(piles)
            facts.add(f"on {block} {pile[-1]}")
            pile.append(block)
        else:
            piles.append([block])
            facts.add(f"ontable {block}")
    return facts | {f"clear {pile[-1]}" for pile in piles}


def random_action(rng):
    name = rng.choice(list(ACTIONS))
    return " ".join([name, *rng.sample("abc", len(ACTIONS[name][0].split()))])


def possible_actions():
    return [
        " ".join([name, *things]) for name in ACTIONS for things in permutations("abc", len(ACTIONS[name][0].split()))
    ]


@pytest.mark.parametrize(("seed", "count"), [(5, 200), *SLOW])
def test_plans_equal_brute_force(seed, count):
    rng, seen = random.Random(seed), Counter()
    for _ in range(count):
        facts = random_blocks(rng)
        start, steps, expected, unmet = set(facts), [], [], None
        for index in range(1, rng.randint(2, 6)):
            fitting = [each for each in possible_actions() if not do(facts, each)[1]]
            action = rng.choice(fitting) if rng.random() < 0.8 else random_action(rng)
            steps.append(f"act: {index} {action}")
            changed, lacks = do(facts, action)
            if unmet is None and not lacks:
                facts = changed
            elif unmet is None:
                unmet = (index, lacks)
            expected.append("entailed" if unmet is None else "refuted")
            if rng.random() < 0.3:
                fact, wanted = f"clear {rng.choice('abc')}", rng.random() < 0.5
                steps.append(f"state: {index} {'' if wanted else 'not '}{fact}")
                holds = "entailed" if (fact in facts) == wanted else "refuted"
                expected.append("unsupported" if unmet is not None else holds)
        goal = f"on {rng.choice('ab')} c"
        found = report([*DOMAIN, f"init: {', '.join(sorted(start))}"], steps, {"truth": f"reaches: {goal}"}, "true")
        assert [verdict.status for verdict in found.verdicts] == expected, (start, steps)
        assert found.answer.status == ("entailed" if unmet is None and goal in facts else "refuted")
        if unmet is not None:
            failing = next(verdict for verdict in found.verdicts if verdict.claim.startswith(f"act: {unmet[0]} "))
            assert set(failing.witness.removeprefix("unmet: ").split(" and ")) == unmet[1]
        seen.update(expected)
    assert set(seen) == FULL


# Gold chains and their mutants.


def gold_swaps(rng):
    start, swaps = random_swaps(rng)
    givens = [held(0, start, PEOPLE), *(f"swap: {i} {a}, {b}" for i, (a, b) in enumerate(swaps, 1))]
    states = [after(start, swaps, time) for time in range(len(swaps) + 1)]
    steps = [held(0, states[0], PEOPLE)]
    steps += [f"all: swap: {i} {a}, {b} & {held(i, states[i], PEOPLE)}" for i, (a, b) in enumerate(swaps, 1)]
    query = {"choice": {chr(65 + i): f"after: {len(swaps)} ann = {thing}" for i, thing in enumerate(THINGS)}}
    return givens, steps, query, chr(65 + THINGS.index(states[-1]["ann"]))


def bad_swaps(rng, givens, steps, query, answer):
    """Two things change places in a state, or another pair swaps."""
    place = rng.randrange(1, len(steps))
    if rng.random() < 0.5:
        parts = steps[place].split(" & ")
        head, holds = parts[1].split(" ", 2)[:2], [pair.split(" = ") for pair in parts[1].split(" ", 2)[2].split(", ")]
        one, two = rng.sample(range(len(holds)), 2)
        if holds[one][1] == holds[two][1]:
            return None
        holds[one][1], holds[two][1] = holds[two][1], holds[one][1]
        changed = f"{parts[0]} & {' '.join(head)} " + ", ".join(" = ".join(pair) for pair in holds)
    else:
        pair = ", ".join(rng.sample(PEOPLE, 2))
        given = next(each for each in givens if each.startswith(f"swap: {place} "))
        if set(pair.split(", ")) == set(given.split(" ", 2)[2].split(", ")):
            return None
        changed = (
            steps[place]
            .replace(given, f"swap: {place} {pair}")
            .replace(steps[place].split(" & ")[0], f"all: swap: {place} {pair}")
        )
    return [*steps[:place], changed, *steps[place + 1 :]], answer


def gold_brackets(rng):
    symbols = random_prefix(rng, rng.randint(2, 8))
    steps = [
        f"all: bracket: {i} {symbol} & stack: {i} {shown(stack_of(symbols[:i]))}" for i, symbol in enumerate(symbols, 1)
    ]
    left = stack_of(symbols)[::-1]
    closing = shown([PAIRS[each] for each in left])
    steps += [f"open: {shown(left)}", f"closing: {closing}"]
    return [f"brackets: {shown(symbols)}"], steps, {"fill": "closing: _"}, closing


def bad_brackets(rng, givens, steps, query, answer):
    """A symbol is dropped from a stack or put onto it, or from the answer."""
    place = rng.randrange(len(steps))
    head, _, last = steps[place].rpartition(": ")
    words = last.split()
    number = [words.pop(0)] if words[0].isdecimal() else []
    symbols = [word for word in words if word != "empty"]
    if symbols and rng.random() < 0.6:
        symbols.pop(rng.randrange(len(symbols)))
    else:
        symbols.insert(rng.randint(0, len(symbols)), rng.choice(list(PAIRS)))
    if shown(symbols) == " ".join(words):
        return None
    changed = f"{head}: {' '.join([*number, shown(symbols)])}"
    return [*steps[:place], changed, *steps[place + 1 :]], shown(symbols) if place == len(steps) - 1 else answer


def gold_sorting(rng):
    words = random_words(rng)
    right = in_order(words)
    initials = sorted({word[0] for word in words})
    groups = [[word for word in words if word[0] == letter] for letter in initials]
    steps = ["letters: 1 " + ", ".join(f"{word} = {word[0]} {ord(word[0]) - 96}" for word in words)]
    steps.append("groups: 1 | " + " | ".join(f"{ord(g[0][0]) - 96} {' '.join(g)}" for g in groups))
    steps.append("sorted: " + " ".join(" ? ".join(group) for group in groups))
    steps.append("sorted: " + " ".join(right))
    return [f"words: {' '.join(words)}"], steps, {"fill": "sorted: _"}, " ".join(right)


def bad_sorting(rng, givens, steps, query, answer):
    """Two words change places in the answer, one is dropped, or a letter has another number."""
    if rng.random() < 0.3:
        number = steps[0].split()[-1]
        return [f"{steps[0].removesuffix(number)}{int(number) + 1}", *steps[1:]], answer
    words = answer.split()
    if rng.random() < 0.5:
        words.pop(rng.randrange(len(words)))
    else:
        one, two = rng.sample(range(len(words)), 2)
        if words[one] == words[two]:
            return None
        words[one], words[two] = words[two], words[one]
    return [*steps[:-1], f"sorted: {' '.join(words)}"], " ".join(words)


def gold_rows(rng):
    row = rng.sample(["truck", "bus", "sedan", "van"], 4)
    known = [[(one, "<", two)] for one, two in pairwise(row)]
    given = [known[0], [(row[3], "=", 4)], known[1]]
    givens = [f"objects: {', '.join(sorted(row))}", *(f"place: {written([clause])}" for clause in given)]
    steps = [f"place: {written([clause])}" for clause in given]
    places = [[(name, "=", i)] for i, name in enumerate(row, 1)]
    steps.append(f"place: {written(places)} since {written(given)}")
    options = {chr(65 + i): f"place: {name} = 2" for i, name in enumerate(sorted(row))}
    return givens, steps, {"choice": options}, chr(65 + sorted(row).index(row[1]))


def bad_rows(rng, givens, steps, query, answer):
    """Two things change places in the row, or a statement that it rests on is left out, or another option is taken."""
    says, _, since = steps[-1].removeprefix("place: ").partition(" since ")
    kind = rng.randrange(3)
    if kind == 0:
        names = [each.split(" = ")[0] for each in says.split(", ")]
        one, two = rng.sample(range(4), 2)
        names[one], names[two] = names[two], names[one]
        says = ", ".join(f"{name} = {i}" for i, name in enumerate(names, 1))
    elif kind == 1:
        reasons = since.split(", ")
        reasons.pop(rng.randrange(len(reasons)))
        since = ", ".join(reasons)
    else:
        return steps, rng.choice([each for each in "ABCD" if each != answer])
    return [*steps[:-1], f"place: {says} since {since}"], answer


def gold_plan(rng):
    facts = random_blocks(rng)
    start, steps = set(facts), []
    for index in range(1, rng.randint(3, 6)):
        action = rng.choice([each for each in possible_actions() if not do(facts, each)[1]])
        steps.append(f"act: {index} {action}")
        facts, _ = do(facts, action)
    goal = rng.choice(sorted(facts))
    return [*DOMAIN, f"init: {', '.join(sorted(start))}"], steps, {"truth": f"reaches: {goal}"}, "true"


def bad_plan(rng, givens, steps, query, answer):
    """Another action, or one left out with the rest moved up, after which the plan fails or misses the goal."""
    actions = [step.split(" ", 2)[2] for step in steps]
    place = rng.randrange(len(actions))
    if rng.random() < 0.5:
        actions[place] = random_action(rng)
    else:
        actions.pop(place)
    facts = set(givens[-1].removeprefix("init: ").split(", "))
    goal = query["truth"].removeprefix("reaches: ")
    for action in actions:
        facts, lacks = do(facts, action)
        if lacks:
            break
    else:
        if goal in facts:
            return None  # it does as well
    return [f"act: {index} {action}" for index, action in enumerate(actions, 1)], answer


MAKERS = {
    "swaps": (gold_swaps, bad_swaps),
    "brackets": (gold_brackets, bad_brackets),
    "sorting": (gold_sorting, bad_sorting),
    "rows": (gold_rows, bad_rows),
    "plans": (gold_plan, bad_plan),
}


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize(("seed", "count"), [(6, 100), *SLOW])
def test_gold_is_proved_and_harmful_mutants_are_not(name, seed, count):
    gold, mutate = MAKERS[name]
    rng, harmful = random.Random(seed), 0
    for _ in range(count):
        givens, steps, query, answer = gold(rng)
        found = report(givens, steps, query, answer)
        assert found.outcome == "proved", (givens, steps, answer, found)
        mutant = mutate(rng, givens, steps, query, answer)
        if mutant is not None:
            harmful += 1
            assert report(givens, mutant[0], query, mutant[1]).outcome != "proved", (givens, mutant)
    assert harmful > count / 2


def test_a_schema_with_another_precondition_changes_the_verdict():
    plan = ["act: 1 pick-up a", "act: 2 stack a b"]
    start = "init: ontable a, ontable b, clear a, clear b, handempty"
    assert report([*DOMAIN, start], plan, {"truth": "reaches: on a b"}, "true").outcome == "proved"
    stricter = [each.replace("needs holding ?x, clear ?y", "needs holding ?x, clear ?y, ontable ?x") for each in DOMAIN]
    found = report([*stricter, start], plan, {"truth": "reaches: on a b"}, "true")
    assert (found.outcome, found.first_error, found.verdicts[1].witness) == ("wrong", 1, "unmet: ontable a")


def test_the_twins_themselves():
    assert stack_of("{[](") == ("{", "(")
    assert stack_of("{)") is None
    assert in_order(["b", "ab", "a"]) == ["a", "ab", "b"]
    assert after({"ann": "x", "ben": "y"}, [("ann", "ben")], 1) == {"ann": "y", "ben": "x"}
    assert do({"clear a", "ontable a", "handempty"}, "pick-up a") == ({"holding a"}, set())
    assert parse_claim(DOMAIN[0]).head == ("pick-up", "?x")
