"""BIG-Bench-Mistake's tasks about states and orders: many wordings say the same, and in each a false one is refuted."""

from __future__ import annotations

import pytest

from reasonlab.language.errors import BadInput
from reasonlab.verifiers import verify_chain
from reasonlab.verifiers.readers import mistake

STORY = (
    "Ann, Ben, and Cleo are playing a game. At the start of the game, they are each holding a ball: Ann has a red ball,"
    " Ben has a blue ball, and Cleo has a pink ball.\nAs the game progresses, pairs of players trade balls. "
    "First, Ann and Cleo swap balls. Then, Cleo and Ben swap balls. Finally, Ann and Ben swap balls. "
    "At the end of the game, Ben has the\n"
)
OPTIONS = "Options:\n(A) red ball.\n(B) blue ball.\n(C) pink ball."
LISTS = {
    "At the start: {}": ("red", "blue", "pink"),
    "Ann and Cleo swap balls: {}": ("pink", "blue", "red"),
    "Cleo and Ben swap balls: {}": ("pink", "red", "blue"),
    "Ann and Ben swap balls: {}": ("red", "pink", "blue"),
}
END = "At the end of the game, Ben has the pink ball. So the answer is (C)"
STYLES = {
    "colons": "Ann: {}, Ben: {}, Cleo: {}.",
    "semicolons": "Ann: {}; Ben: {}; Cleo: {}",
    "equals": "Ann = {}, Ben = {}, Cleo = {}",
    "arrows": "Ann -> {}, Ben -> {} and Cleo -> {}",
    "prose": "Ann has the {} ball, Ben now has the {} ball, and Cleo has the {} ball.",
    "initials": "A: {}, B: {}, C: {}",
}


def report(steps, *, story=STORY, options=OPTIONS, answer="(C)"):
    record = {"input": story + options, "steps": steps, "answer": answer, "target": "(C)"}
    return verify_chain(mistake.read(record, default_id="balls"))


def written(style, *, wrong=None):
    """The steps in a style; in step `wrong` the last two things are exchanged."""
    lines = []
    for index, (line, (one, two, three)) in enumerate(LISTS.items()):
        things = (one, three, two) if index == wrong else (one, two, three)
        lines.append(line.format(STYLES[style].format(*things)))
    return [*lines, END]


@pytest.mark.parametrize("style", STYLES)
def test_every_style_is_read_and_what_is_false_in_it_refuted(style):
    assert report(written(style)).outcome == "proved"
    for wrong in range(len(LISTS)):
        assert report(written(style, wrong=wrong)).first_error == wrong


@pytest.mark.parametrize(
    ("plain", "other"),
    [
        (" swap balls", " trade places"),
        (" swap balls", " switched partners"),
        ("Cleo and Ben swap balls", "Cleo exchanges her ball with Ben"),
        ("Ann", "Mary Ann"),
        ("Cleo", "Jean-Luc"),
        ("Ben", "Zoë"),
        ("Options:", "Choices:"),
        ("(A) red", "A) red"),
        ("(C) pink", "C. pink"),
        ("So the answer is (C)", "Therefore, the correct option is C."),
        ("So the answer is (C)", "So the answer is the pink ball."),
    ],
)
def test_other_names_and_wordings(plain, other):
    texts = [STORY, OPTIONS, *written("colons")]
    story, options, *steps = (text.replace(plain, other) for text in texts)
    assert story + options + steps[-1] + steps[1] != "".join((*texts[:2], texts[-1], texts[3]))
    assert report(steps, story=story, options=options).outcome == "proved"


def test_a_story_in_one_line():
    story = STORY.strip().replace("\n", " ") + "\n"
    assert report(written("colons"), story=story).outcome == "proved"
    assert report(written("colons", wrong=1), story=story).first_error == 1


def test_an_answer_may_be_the_thing_itself():
    assert report(written("colons"), answer="pink ball").outcome == "proved"


@pytest.mark.parametrize(
    "clause",
    ["Ben does not have the red ball", "Ben gives Ann the red ball", "Ben has either the red or the pink ball"],
)
def test_a_clause_that_is_not_understood_is_not_passed_over(clause):
    steps = written("colons")
    steps[1] = f"Ann and Cleo swap balls, {clause}."
    verdicts = report(steps).verdicts
    assert [verdict.status for verdict in verdicts] == ["entailed", "unparsed", "entailed", "entailed", "entailed"]


def test_two_swaps_in_a_sentence_are_two():
    story = STORY.replace("balls. Then, Cleo", "balls, and then Cleo")
    assert report(written("colons"), story=story).outcome == "proved"


def test_a_swap_announced_and_then_done_is_one():
    first, second, *rest = written("colons")
    steps = [first, "First, Ann and Cleo swap balls.", second.replace("Ann and", "After Ann and"), *rest]
    assert report(steps).outcome == "proved"


def test_a_start_that_the_options_do_not_name_is_refused():
    with pytest.raises(BadInput, match="who has what"):
        report([], options="Options:\n(A) red ball.\n(B) blue ball.")


def test_an_answer_too_long_to_be_read_is_refused():
    with pytest.raises(BadInput, match="'answer' has 20001 characters; expected at most 20000"):
        mistake.read({"input": STORY + OPTIONS, "steps": [END], "answer": "7" * 20_001}, default_id="balls")
