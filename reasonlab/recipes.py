"""Recipes: the few choices that make a training run, and the composition of tasks, model and loop that carries it out.

A recipe is data, goes into run.json whole, and comes back from there when a run is resumed.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import torch

from reasonlab.language.errors import BadInput, quote
from reasonlab.models import ByteTokenizer, HookedModel, Tokenizer, create, load, native
from reasonlab.models.registry import architecture
from reasonlab.models.tokenizer import WORDS
from reasonlab.tasks import family, parse_difficulty
from reasonlab.training.batches import Batch, collate, order
from reasonlab.training.corpus import Corpus, build, join
from reasonlab.training.distributed import ALONE, World
from reasonlab.training.loop import Progress, TrainConfig, TrainResult, chain_loss, train
from reasonlab.training.precision import CHOICES, choose, choose_threads, precision, threads

MODEL = {"d_model": 128, "n_layers": 4, "n_heads": 4, "n_kv_heads": 4, "d_head": 32, "d_mlp": 192, "max_positions": 512}
BYTE_POSITIONS = 2_048  # a text has 2.5 to 5 times as many bytes as words


@dataclass(frozen=True)
class Part:
    """Problems of one family: a share of what a model is trained on."""

    family: str
    difficulty: str
    form: str


@dataclass(frozen=True)
class Recipe:
    """What to train on what.

    Attributes:
        family, difficulty, form: the problems (difficulty as text, see `tasks.parse_difficulty`) and the gold chains.
        also: further parts of the problems, as a `Part` each by field name; every part has an equal share.
        problems: how many different training problems; the loop passes over them as often as its steps ask.
        tokenizer: "words", a value a token, or "bytes".
        model: the architecture's config by field name, without the vocabulary's size.
        start: the run whose weights training begins from; empty for fresh ones.
    """

    family: str = "arithmetic"
    difficulty: str = ""
    form: str = "plan"
    also: list[dict[str, str]] = field(default_factory=list)
    problems: int = 60_000
    architecture: str = "qwen3"
    tokenizer: str = "words"
    model: dict[str, Any] = field(default_factory=lambda: dict(MODEL))
    train: TrainConfig = field(default_factory=TrainConfig)
    seed: int = 0
    start: str = ""

    @property
    def parts(self) -> tuple[Part, ...]:
        """What the problems are of, the first part first."""
        return Part(self.family, self.difficulty, self.form), *(Part(**part) for part in self.also)

    def part(self, name: str | None) -> Part:
        """The part of a family; the first if None. Raises BadInput if there is none."""
        found = [part for part in self.parts if name in (None, part.family)]
        if not found:
            names = ", ".join(part.family for part in self.parts)
            raise BadInput(f"the model was not trained on {quote(name)}", f"one of {names}", "choose one of these")
        return found[0]


def part_from_text(text: str) -> Part:
    """A part as an option says it: FAMILY, FAMILY:FORM or FAMILY:FORM:DIFFICULTY. Raises BadInput."""
    name, _, rest = text.partition(":")
    form, _, difficulty = rest.partition(":")
    part = Part(name, difficulty, form or family(name).forms[0])
    _check_part(part)
    return part


def recipe_from_json(settings: dict[str, Any]) -> Recipe:
    """The inverse of dataclasses.asdict. Raises BadInput for settings that are no recipe."""
    try:
        recipe = Recipe(**{**settings, "train": TrainConfig(**settings["train"])})
        for holder, defaults in ((recipe, Recipe()), (recipe.train, TrainConfig())):
            for item in fields(holder):
                value, default = getattr(holder, item.name), getattr(defaults, item.name)
                if not _fits(value, default):
                    raise TypeError(f"{item.name} = {value!r}")
        if not all(_fits(value, "") for part in recipe.parts for value in asdict(part).values()):
            raise TypeError(f"also = {recipe.also!r}")
    except (TypeError, KeyError) as error:
        raise BadInput(f"the configuration {quote(settings)} is no recipe ({error})", "the config of a training run",
                       "start a new run") from error  # fmt: skip
    return recipe


def _fits(value: object, default: object) -> bool:
    """Whether a value read from JSON is of the kind that the default is of."""
    if default is None:  # the budget of seconds
        return value is None or type(value) in (int, float)
    return type(value) in ((int, float) if isinstance(default, float) else (type(default),))


def preset_fields(name: str, preset: str) -> dict[str, Any]:
    """A `Recipe.model`: the preset of an architecture, with places for as many tokens as our own shape has.

    Raises:
        BadInput: there is no such architecture or preset.
    """
    kind = architecture(name).Config
    kind.preset(preset, vocab_size=1)
    return {**kind.PRESETS[preset], "max_positions": MODEL["max_positions"]}


def device_named(name: str) -> torch.device:
    """The device for a `--device` option: "auto" takes a GPU where there is one."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise BadInput(f"there is no device {quote(name)}", "auto, cpu or cuda", "try --device auto") from None
    if device.type == "cuda" and not torch.cuda.is_available():
        raise BadInput(
            f"--device {name}: torch finds no CUDA device", "auto or cpu here", "see `reasonlab doctor` for the reason"
        )
    try:
        torch.zeros(1, device=device).item()  # a device without storage ("meta") fails only when it is read
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise BadInput(f"the device {quote(name)} cannot be used", "auto, cpu or cuda", "try --device cpu") from error
    return device


def check_recipe(recipe: Recipe) -> None:
    """Raises BadInput for a family, a difficulty, a form, a tokenizer or a precision that there is not."""
    for part in recipe.parts:
        _check_part(part)
    names = [part.family for part in recipe.parts]
    if len(set(names)) < len(names):
        raise BadInput(f"the families {', '.join(names)}", "each family once", "leave one of them out")
    if recipe.problems < len(names):
        raise BadInput(f"{recipe.problems} problems of {len(names)} families", "at least one of each", "ask for more")
    if recipe.tokenizer not in ("words", "bytes"):
        raise BadInput(f"there is no tokenizer {quote(recipe.tokenizer)}", "words or bytes", "choose one of these")
    if recipe.tokenizer != "bytes" and architecture(recipe.architecture).BYTES_ONLY:
        raise BadInput(f"{recipe.architecture} on {recipe.tokenizer}", "bytes, which are all that it reads",
                       "add --tokenizer bytes")  # fmt: skip
    if recipe.train.matrices not in ("muon", "adamw"):
        raise BadInput(f"there is no optimizer {quote(recipe.train.matrices)}", "muon or adamw", "choose one of these")
    if recipe.train.precision not in ("auto", *CHOICES):
        raise BadInput(
            f"there is no precision {quote(recipe.train.precision)}", f"auto, {', '.join(CHOICES)}", "try auto"
        )


def _check_part(part: Part) -> None:
    parse_difficulty(part.family, part.difficulty)
    forms = family(part.family).forms
    if part.form not in forms:
        raise BadInput(
            f"{part.family} has no form {quote(part.form)}", f"one of {', '.join(forms)}", "choose one of these"
        )


def make_model(recipe: Recipe) -> tuple[HookedModel, Tokenizer]:
    """A fresh model and its tokenizer, a pure function of the recipe."""
    tokenizer = ByteTokenizer() if recipe.tokenizer == "bytes" else _words_of(recipe.parts)
    try:
        config = architecture(recipe.architecture).Config(vocab_size=tokenizer.vocab_size, **recipe.model)
    except TypeError as error:
        raise BadInput(f"the model {quote(recipe.model)} cannot be made ({error})", "numbers by their names",
                       "start a new run") from error  # fmt: skip
    return create(recipe.architecture, config, seed=recipe.seed), tokenizer


def _words_of(parts: tuple[Part, ...]) -> Tokenizer:
    """The words of all parts, each once, and what is a token in any of them."""
    words: dict[str, None] = {}
    for part in parts:
        words |= dict.fromkeys(family(part.family).vocabulary(parse_difficulty(part.family, part.difficulty)))
    joined = [family(part.family).pattern.removesuffix(rf"|{WORDS}") for part in parts]
    return Tokenizer.build(list(words), "|".join([*joined, WORDS]))


@torch.no_grad()
def begin_from(model: HookedModel, tokenizer: Tokenizer, folder: Path) -> None:
    """Puts the weights of a saved model into a fresh one. Raises BadInput if it is of another shape or vocabulary."""
    found, words = load(folder, dtype=torch.float32)
    mine, theirs = model.hf_weights(), found.hf_weights()  # without what is there for training only
    if words is None or words.vocabulary != tokenizer.vocabulary:
        raise BadInput(f"{folder.parent.name} has another vocabulary", "the family and modulus of the new run",
                       "start from a run on the same words")  # fmt: skip
    if {name: value.shape for name, value in mine.items()} != {name: value.shape for name, value in theirs.items()}:
        raise BadInput(f"{folder.parent.name} has another shape", "the same architecture, layers and widths",
                       "give --architecture, --preset, --layers, --width and --mlp as they are there")  # fmt: skip
    for name, value in theirs.items():
        mine[name].copy_(value)


def make_corpus(recipe: Recipe, tokenizer: Tokenizer, progress: Callable[[int, int], None] | None = None) -> Corpus:
    check_recipe(recipe)
    parts, made = [], 0

    def tick(done: int, total: int) -> None:
        if progress:
            progress(made + done, recipe.problems)

    for number, part in enumerate(recipe.parts):
        share = recipe.problems * (number + 1) // len(recipe.parts) - made
        parts.append(build(
            part.family, parse_difficulty(part.family, part.difficulty), recipe.seed, part.form, share, tokenizer,
            workers=min(4, os.cpu_count() or 1), progress=tick,
        ))  # fmt: skip
        made += share
    corpus = join(parts)
    longest = int(corpus.lengths.max())
    limit = recipe.model.get("max_positions", architecture(recipe.architecture).Config.max_positions)
    if longest > limit:
        raise BadInput(
            f"a text of {longest} {'tokens' if tokenizer.words else 'bytes'} among the problems",
            f"at most max_positions = {limit}", "choose smaller problems, or a model with more positions",
        )  # fmt: skip
    return corpus


def settle(
    recipe: Recipe, model: HookedModel, corpus: Corpus, pad_id: int, device: torch.device
) -> tuple[Recipe, dict[str, Any]]:
    """The recipe with the precision "auto" and the threads settled for this machine, and what was measured.

    They are settled once, at the start of a run, and recorded: a resumed run does not measure again.
    """
    if recipe.train.precision != "auto":
        return recipe, {}
    rows = order(corpus, recipe.train.seed, 0, recipe.train.batch_size)[0]
    batch = collate(corpus, rows, pad_id)
    batch = Batch(batch.tokens.to(device), batch.chain.to(device), batch.padding)
    name, measured = choose(model, lambda: chain_loss(model, batch), device)
    settled = replace(recipe.train, precision=name)
    if device.type == "cpu":

        def step() -> None:
            with precision(name, device):
                value = chain_loss(model, batch)
            value.backward()

        number, seconds = choose_threads(step)
        model.zero_grad(set_to_none=True)
        settled = replace(settled, threads=number)
        return replace(recipe, train=settled), {
            "precision_probe": measured, "threads_probe": seconds, "kernels": native.build().found,
        }  # fmt: skip
    return replace(recipe, train=settled), {"precision_probe": measured}


def fit(
    recipe: Recipe,
    model: HookedModel,
    tokenizer: Tokenizer,
    corpus: Corpus,
    run: Path,
    *,
    device: torch.device,
    log: Callable[[dict[str, Any]], None] | None = None,
    watch: Callable[[Progress], None] | None = None,
    evaluate: Callable[[int], dict[str, Any]] | None = None,
    here: World = ALONE,
) -> TrainResult:
    """Trains in a run's folder, with checkpoints; goes on from the newest checkpoint if there is one."""
    with threads(recipe.train.threads):
        return train(
            model, corpus, recipe.train, pad_id=tokenizer.pad_id, device=device,
            checkpoints=run / "checkpoints", log=log, watch=watch, evaluate=evaluate, here=here,
        )  # fmt: skip


DEMO = Recipe(
    family="arithmetic",
    difficulty="variables=3-6,modulus=10",
    form="expand",
    problems=60_000,
    model={**MODEL, "n_layers": 3},
    train=TrainConfig(
        steps=4000, batch_size=32, warmup=50, decay=0.5, curriculum=600, precision="auto",
        evaluate_every=500, checkpoint_every=500,
    ),
)  # fmt: skip
"""What `reasonlab demo` trains: its time budget decides how many of the steps are taken."""
