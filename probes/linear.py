"""Linear probes: what the model knows before it writes, asked of the residual stream by a linear classifier.

    necessary    does the query depend on x (or is it x)?            yes or no
    depends      is y among the causes of x, direct or indirect?     yes or no
    computable   are all parents of x stated, and x not yet?         yes or no
    known        has the chain stated x?                             yes or no
    value        the value of x                                      0 .. p-1

The questions, and how they are put, are those of "Physics of Language Models 2.1" (Ye et al. 2024, arXiv 2407.20311,
its V-probing): the text is cut off at a moment, the name of the variable that is asked about (of `depends` x, then y)
is put behind it, and the residual stream is read at this last word. So one classifier serves every variable. Their
probe also trains a small update of the embeddings, so that the model gets used to the odd ending; here nothing of the
model is trained.

Ours: the truth comes from the task's SCM; every depth is read; and beside each share stand its controls. *Shuffled*:
the classifier is fitted to labels in random order, as in the control tasks of Hewitt & Liang (2019, arXiv 1909.03368),
though theirs belong to words and can be learned by heart, and ours to items. *Untrained*: fresh weights of the same
shape. *Trivial*: at depth 0 there is nothing but the name (and the position, in a model that embeds it). And one
moment at which the truth cannot be known, since the query comes after it: `necessary` at "definitions" is what the
shape of the definitions lets one guess.

A probe says that something can be read off, not that the model uses it; for that see `interchange`. It is fitted on
one half of the problems and tested on the other; problems of equal fingerprint stay together. In the fit all answers
weigh the same; of the test items as many of each answer are kept as there are of the rarest, so that accuracy is
balanced accuracy, and chance 1 in the number of answers. Items of one problem are not independent: the intervals are a
little narrow.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from reasonlab.language.errors import BadInput, quote
from reasonlab.models import HookedModel, Tokenizer
from reasonlab.probes.capture import Row, capture, depths
from reasonlab.probes.counterparts import with_causes
from reasonlab.probes.hooks import hook_name
from reasonlab.probes.interchange import untrained
from reasonlab.probes.roles import Layout, gold_layout
from reasonlab.probes.tables import share
from reasonlab.tasks import Problem
from reasonlab.tasks.arithmetic import NAME, Instance
from reasonlab.tasks.streams import Stream

# When a question is put. "ready" and "stated" are moments of the variable that is asked about.
MOMENTS = MappingProxyType(
    {
        "definitions": "behind the definitions, before the query",
        "question": "behind the query, before the chain",
        "step": "behind a step of the chain, whichever",
        "ready": "behind a step at which all parents of x are stated, and x is not",
        "stated": "behind a step at which x is stated",
    }
)
QUESTIONS = MappingProxyType(
    {
        "necessary": ("definitions", "question"),
        "depends": ("definitions", "question"),
        "computable": ("question", "step"),
        "known": ("step",),
        "value": ("question", "ready", "stated"),
    }
)
PAIRS = 3  # of `depends`, for each problem and answer: there are more pairs than a probe needs
LEAST_PROBLEMS = 24
FEWEST = 2  # an answer that is rarer in a half is left out, with its items
SHUFFLES = 3  # random orders of the labels, averaged
ITERATIONS = 100
L2 = 0.1  # of 0.001, 0.01, 0.1 and 1, best over all questions, on problems that no reported number is from


@dataclass(frozen=True)
class Item:
    """One question put: the tokens, whose last is read, and the true answer."""

    tokens: tuple[int, ...]
    answer: int


@dataclass(frozen=True)
class Probe:
    """A question at a moment: its answers, those items that the classifier is fitted to, and those it is tested on."""

    question: str
    moment: str
    answers: tuple[int, ...]
    fitted: tuple[Item, ...]
    tested: tuple[Item, ...]


def make_probes(
    problems: Sequence[Problem],
    tokenizer: Tokenizer,
    *,
    questions: Sequence[str] = tuple(QUESTIONS),
    form: str = "plan",
    seed: int = 0,
) -> list[Probe]:
    """Each question at each of its moments, asked of the gold chains of these problems.

    Raises:
        BadInput: an unknown question; a family without these questions; too few problems; a question that has no two
            answers in these problems.
    """
    for question in questions:
        if question not in QUESTIONS:
            raise BadInput(
                f"there is no question {quote(question)}", f"one of {', '.join(QUESTIONS)}", "choose one of these"
            )
    if strange := next((problem.family for problem in problems if problem.family != NAME), None):
        raise BadInput(
            f"nobody knows how to ask {strange} for {', '.join(questions)}",
            f"a family whose variables have values to compute: {NAME}",
            "probe its attention instead (--what attention)",
        )
    if len(problems) < LEAST_PROBLEMS:
        raise BadInput(
            f"{len(problems)} problems for a linear probe",
            f"at least {LEAST_PROBLEMS}, one half to fit and one to test",
            "give more problems; a few hundred for narrow intervals",
        )
    kinds = list(dict.fromkeys(problem.fingerprint for problem in problems))
    layouts = [gold_layout(problem, form, tokenizer) for problem in problems]
    halves = [[made for made in layouts if kinds.index(made.problem.fingerprint) % 2 == half] for half in (0, 1)]
    return [
        _probe(question, moment, halves, tokenizer, seed) for question in questions for moment in QUESTIONS[question]
    ]


def _probe(question: str, moment: str, halves: Sequence[Sequence[Layout]], tokenizer: Tokenizer, seed: int) -> Probe:
    by_answer: list[dict[int, list[Item]]] = [{}, {}]
    for found, half in zip(by_answer, halves):
        for made in half:
            for item in items(made, tokenizer, question, moment, seed=seed):
                found.setdefault(item.answer, []).append(item)
    fitted, tested = by_answer
    answers = tuple(
        answer for answer in sorted(fitted) if min(len(half.get(answer, ())) for half in by_answer) >= FEWEST
    )
    if len(answers) < 2:
        raise BadInput(
            f"{quote(question)} at {quote(moment)} has no two answers in these problems",
            f"two answers with at least {FEWEST} items in each half",
            "give more or other problems, or leave this question out (--questions)",
        )
    each = min(len(tested[answer]) for answer in answers)
    stream = Stream("probes", "linear test", seed, question, moment)
    return Probe(
        question,
        moment,
        answers,
        fitted=tuple(item for answer in answers for item in fitted[answer]),
        tested=tuple(item for answer in answers for item in stream.sample(tested[answer], each)),
    )


def items(made: Layout, tokenizer: Tokenizer, question: str, moment: str, *, seed: int = 0) -> list[Item]:
    """The question about every variable of one problem: for each answer it has at some such moment, one item, at a
    moment drawn among those with this answer.

    Of `depends`, PAIRS pairs of variables with each answer, drawn where there are more. `value` is not asked of a
    constant that the chain has not stated, since the prompt does.
    """
    instance: Instance = made.problem.instance  # type: ignore[assignment]  # arithmetic only
    stream = Stream("probes", "linear", seed, made.problem.prompt, made.text, question, moment)
    cuts = _cuts(made, moment)
    causes = {name: with_causes(made.problem, name) for name in instance.by_name}
    if question == "depends":
        ((cut, _),) = cuts
        pairs: dict[int, list[tuple[str, str]]] = {0: [], 1: []}
        for x, above in causes.items():
            for y in causes:
                if x != y:
                    pairs[y in above].append((x, y))
        return [
            Item(_asked(made.tokens[:cut], pair, tokenizer), answer)
            for answer, found in pairs.items()
            for pair in stream.sample(found, min(PAIRS, len(found)))
        ]
    asked = []
    for x, variable in made.problem.scm().variables.items():
        possible: dict[int, list[int]] = {}
        for cut, stated in cuts:
            known = x in stated
            computable = not known and stated.issuperset(variable.parents)
            hidden = question != "value" or known or bool(variable.parents)
            if hidden and {"ready": computable, "stated": known}.get(moment, True):
                truth = {
                    "necessary": x in causes[instance.asked],
                    "computable": computable,
                    "known": known,
                    "value": instance.values[x],
                }
                possible.setdefault(int(truth[question]), []).append(cut)
        for answer, where in possible.items():
            asked.append(Item(_asked(made.tokens[: stream.choice(where)], (x,), tokenizer), answer))
    return asked


def _cuts(made: Layout, moment: str) -> list[tuple[int, frozenset[str]]]:
    """Where the text may be cut at this moment (how many tokens stay), and which variables the chain has stated."""
    if moment == "definitions":
        return [(made.positions("query")[0], frozenset())]
    if moment == "question":
        return [(made.prompt_length, frozenset())]
    stated = made.stated()
    return [
        (place.end + 1, frozenset(name for name, first in stated.items() if first.end <= place.end))
        for place in made.places
    ]


def _asked(tokens: tuple[int, ...], names: Sequence[str], tokenizer: Tokenizer) -> tuple[int, ...]:
    return (*tokens, *(token for name in names for token in tokenizer.encode(name)))


def linear_rows(
    model: Any,
    probes: Sequence[Probe],
    *,
    seed: int = 0,
    batch: int = 64,
    progress: Callable[[int], None] | None = None,
) -> list[Row]:
    """How well each depth of the residual stream answers, one row a (question, moment, depth).

    Columns: question, moment, component, layer, trivial ("embedding" at depth 0, else ""), accuracy, low, high, count,
    total (of test items), chance, shuffled (the accuracy of classifiers fitted to shuffled labels, on average),
    untrained (the accuracy on a model with fresh weights; None where its shape cannot be made anew), classes, fitted
    (items).

    Args:
        seed: of the shuffled labels and the fresh weights. progress: called with the number of items just read.

    Raises:
        BadInput: the model lacks a hook point, or a text is longer than its positions.
    """
    fresh = untrained(model, seed) if isinstance(model, HookedModel) else None
    rows: list[Row] = []
    for probe in probes:
        data = (*probe.fitted, *probe.tested)
        texts = [item.tokens for item in data]
        labels = torch.tensor([probe.answers.index(item.answer) for item in data])
        fitted, tested = labels[: len(probe.fitted)], labels[len(probe.fitted) :]
        shuffled = _shuffled(fitted, Stream("probes", "shuffled", seed, probe.question, probe.moment))
        features = _read(model, texts, batch)
        control = None if fresh is None else _read(fresh, texts, batch)
        for depth, (component, layer) in enumerate(depths(model.cfg.n_layers)):
            rows.append(
                {
                    "question": probe.question,
                    "moment": probe.moment,
                    "component": component,
                    "layer": layer,
                    "trivial": "" if depth else "embedding",
                    **share(_right(features[depth], fitted, tested), len(tested)),
                    "chance": 1 / len(probe.answers),
                    "shuffled": sum(_right(features[depth], order, tested) for order in shuffled)
                    / (SHUFFLES * len(tested)),
                    "untrained": None if control is None else _right(control[depth], fitted, tested) / len(tested),
                    "classes": len(probe.answers),
                    "fitted": len(fitted),
                }
            )
        if progress is not None:
            progress(len(texts))
    return rows


def _shuffled(labels: Int[Tensor, "item"], stream: Stream) -> list[Int[Tensor, "item"]]:
    orders = [list(range(len(labels))) for _ in range(SHUFFLES)]
    for order in orders:
        stream.shuffle(order)
    return [labels[order] for order in orders]


def _right(features: Float[Tensor, "item d_model"], fitted: Int[Tensor, "fit"], tested: Int[Tensor, "test"]) -> int:
    """How many of the last items the classifier fitted to the first ones gets right."""
    return int((fit(features[: len(fitted)], fitted).predict(features[len(fitted) :]) == tested).sum())


def _read(model: Any, rows: Sequence[Sequence[int]], batch: int) -> Float[Tensor, "depth item d_model"]:
    """The residual stream at the last token of each row, at each depth."""
    hooks = [hook_name(*site) for site in depths(model.cfg.n_layers)]
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    found: Tensor = torch.empty(len(hooks), len(rows), model.cfg.d_model)
    for first in range(0, len(rows), batch):
        chosen = order[first : first + batch]
        part = capture(model, [rows[i] for i in chosen], hooks, batch=batch)
        ends = (part.lengths - 1).tolist()
        for depth, hook in enumerate(hooks):
            found[depth, chosen] = part.at(hook, range(len(chosen)), ends).float()
    return found


@dataclass(frozen=True)
class Classifier:
    """Multinomial logistic regression on standardised features: logits = W (x - mean) / deviation + b."""

    mean: Float[Tensor, "d_model"]
    deviation: Float[Tensor, "d_model"]
    weight: Float[Tensor, "label d_model"]
    bias: Float[Tensor, "label"]

    def predict(self, features: Float[Tensor, "item d_model"]) -> Int[Tensor, "item"]:
        """The likeliest label of each item."""
        return _logits(self.weight, self.bias, (features.double() - self.mean) / self.deviation).argmax(-1)


def _logits(weight: Tensor, bias: Tensor, features: Tensor) -> Float[Tensor, "item label"]:
    return features @ weight.T + bias


def fit(features: Float[Tensor, "item d_model"], labels: Int[Tensor, "item"], *, l2: float = L2) -> Classifier:
    """The classifier of labels 0 .. n-1 that minimises cross-entropy, averaged within each label and then over labels,
    + l2/2 |W|^2. Convex, so nothing is drawn; in float64, by L-BFGS. Every label occurs.
    """
    features = features.double()
    mean, deviation = features.mean(0), features.std(0, correction=0)
    # What is the same in every item tells nothing, and is divided by 1.
    deviation = torch.where(deviation > 1e-9, deviation, 1.0)
    scaled = (features - mean) / deviation
    sizes = labels.bincount()
    weight = torch.zeros(len(sizes), features.shape[1], dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(len(sizes), dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([weight, bias], max_iter=ITERATIONS, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimiser.zero_grad()
        value = (
            F.cross_entropy(_logits(weight, bias, scaled), labels, 1 / sizes.double()) + l2 / 2 * weight.square().sum()
        )
        value.backward()
        return value

    optimiser.step(loss)
    return Classifier(mean, deviation, weight.detach(), bias.detach())
