"""`reasonlab train`: train a model from scratch in a run folder, or go on with a run that was stopped."""

from __future__ import annotations

import math
import sys
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reasonlab.commands.model import recipe_of
from reasonlab.commands.output import emit_json, emit_table, progress
from reasonlab.commands.runs import check_name, find_run
from reasonlab.language.errors import BadInput
from reasonlab.runs import Run, default_root, sole_writer
from reasonlab.runs.tensors import check_tensors

if TYPE_CHECKING:
    import torch

    from reasonlab.models import HookedModel, Tokenizer
    from reasonlab.recipes import Recipe
    from reasonlab.training.distributed import World


@dataclass(frozen=True)
class Options:
    """Train a model from scratch; Ctrl-C keeps everything, and --resume goes on from there."""

    family: str = "arithmetic"
    """The task family: arithmetic, deduction, or an installed one (docs/extend.md)."""
    difficulty: str = ""
    """Its settings, such as "variables=3-8,modulus=10"; `reasonlab problems --help` lists them."""
    form: str = "plan"
    """The form of the gold chains: plan, needs, direct, or in arithmetic expand; see `reasonlab problems`."""
    also: tuple[str, ...] = ()
    """A second family, FAMILY[:FORM[:DIFFICULTY]]: half of the problems are of it."""
    tokenizer: str = "words"
    """words, a value a token, or bytes (any text, 2.5 to 5 times as long; probes need words)."""
    problems: int = 60_000
    """How many different training problems; the loop passes over them as often as its steps ask."""
    steps: int = 3000
    """Optimiser steps."""
    minutes: float | None = None
    """A budget of wall time for the steps and the looks between them: fewer steps are taken where they do not fit.
    Making the problems before (--problems) and the last look (--evaluate-problems) come on top."""
    batch_size: int = 32
    """Sequences a step."""
    architecture: str = "qwen3"
    """What to train: qwen3, qwen3_moe, gpt_oss, llama4_text, deepseek_v3, or byte_latent (of bytes only)."""
    preset: str | None = None
    """Its shape: tiny, small or base (about 0.5, 3, 20 million parameters); by default tiny, or for qwen3 as below."""
    layers: int | None = None
    """Transformer layers of a qwen3 without a preset; by default 4."""
    width: int | None = None
    """Width of its residual stream, in heads of 32; by default 128."""
    mlp: int | None = None
    """Width of its MLP; by default 192."""
    matrices: str = "muon"
    """Who trains the matrices of the blocks: muon, or adamw for AdamW everywhere (try --adam-lr 0.002)."""
    muon_lr: float = 0.02
    """Peak learning rate of Muon (the matrices)."""
    adam_lr: float = 0.003
    """Peak learning rate of AdamW (the rest)."""
    gain_lr: float = 0.024
    """Peak learning rate of the gains of query and key norms."""
    decay: float = 0.5
    """The share of the steps, at the end, in which the learning rates fall to zero."""
    balance: float = 0.001
    """Coefficient of the loss that keeps experts evenly busy, where an architecture has experts; 0 for none."""
    sequence_balance: bool = False
    """Whether that loss counts the imbalance within each text, where an architecture may (deepseek_v3)."""
    predict: int = 0
    """Modules that each predict one token further, in training only, where an architecture may (deepseek_v3)."""
    further: float = 0.3
    """Coefficient of their loss; in byte_latent, of the entropy model's."""
    curriculum: int = 0
    """Steps at the start in which the problems grow from the smallest size to all."""
    precision: str = "auto"
    """auto, fp32, medium or bf16; auto takes the fastest whose gradient passes an error probe."""
    evaluate_every: int = 500
    """Steps between two looks at verified accuracy; 0 for only the last."""
    evaluate_problems: int = 128
    """Validation problems a look."""
    checkpoint_every: int = 250
    """Steps between two checkpoints."""
    seed: int = 0
    """Names the problems, the weights at the start and the batches' order."""
    split: bool = False
    """Whether each of torchrun's processes holds a part of the weights only (FSDP2); by default all of them (DDP)."""
    device: str = "auto"
    """auto, cpu or cuda."""
    name: str | None = None
    """The run's name (a to z, 0 to 9, hyphens); by default the family's."""
    root: Path = field(default_factory=default_root)
    """Folder of the runs; $REASONLAB_RUNS changes the default."""
    start: str | None = None
    """Begin from the weights of this run or shipped model, not from fresh ones: to go on with other problems."""
    resume: str | None = None
    """A stopped run to go on with: its name or folder. Its own configuration holds; the options above do not."""
    sink: str = "none"
    """Where metrics go besides the run's folder: tensorboard, trackio or wandb; none of them by default."""
    json: bool = False
    """Print one JSON document."""


def run(options: Options) -> int:
    """Train, and print the run's folder and its last scores.

    Under torchrun, one process writes the run and the others compute beside it.
    """
    from reasonlab.recipes import device_named
    from reasonlab.training.distributed import local, world

    _check(options)
    device = local(device_named(options.device))  # refused before anything is made
    with world(device) as here:
        if options.split and here.size == 1:
            raise BadInput("--split with one process", "several, that torchrun starts",
                           "leave it out, or start with `torchrun --nproc-per-node 2 -m reasonlab.cli`")  # fmt: skip
        return _lead(options, device, here) if here.first else _follow(options, device, here)


def _lead(options: Options, device: torch.device, here: World) -> int:
    """The process that makes the run, or finds it, and writes it."""
    from reasonlab.recipes import BYTE_POSITIONS, Recipe, check_recipe, part_from_text
    from reasonlab.training.loop import TrainConfig
    from reasonlab.training.sinks import check_sink

    check_sink(options.sink)
    if options.resume is not None:
        place = find_run(options.resume, options.root)
        for newest in sorted(place.path.glob("checkpoints/step-*/state.json"))[-1:]:
            check_tensors(newest.parent, f"delete {newest.parent} to go on from the one before it")
        recipe = recipe_of(place)
    else:
        recipe = Recipe(
            family=options.family, difficulty=options.difficulty, form=options.form,
            also=[asdict(part_from_text(text)) for text in options.also], problems=options.problems,
            architecture=options.architecture, tokenizer=options.tokenizer,
            model={
                **_shape(options), **_for_training(options),
                **({"max_positions": BYTE_POSITIONS} if options.tokenizer == "bytes" else {}),
            },
            train=TrainConfig(
                steps=options.steps, batch_size=options.batch_size, matrices=options.matrices, muon_lr=options.muon_lr,
                adam_lr=options.adam_lr, gain_lr=options.gain_lr, decay=options.decay, balance=options.balance,
                further=options.further, curriculum=options.curriculum, seed=options.seed, precision=options.precision,
                split=options.split, evaluate_every=options.evaluate_every,
                checkpoint_every=options.checkpoint_every,
                seconds=None if options.minutes is None else 60 * options.minutes,
            ),
            seed=options.seed, start=options.start or "",
        )  # fmt: skip
        check_recipe(recipe)
        _begin(recipe, options.root)  # refused before anything is made
        place = Run.create(
            options.root, options.name or "-".join(part.family for part in recipe.parts), kind="train",
            family=options.family,
            config={"recipe": asdict(recipe)}, command=["reasonlab", "train", *sys.argv[2:]],
            seeds={"seed": options.seed},
        )  # fmt: skip
    if recipe.train.seconds is not None:
        print(
            f"the {recipe.train.seconds / 60:g} minutes begin when {recipe.problems} problems are made; "
            f"a last look at {options.evaluate_problems} problems comes after them",
            file=sys.stderr,
        )  # fmt: skip
    with sole_writer(place), place:
        row = train_in(
            place, recipe, device=device, looks=options.evaluate_problems, root=options.root,
            sink=options.sink, here=here,
        )  # fmt: skip
    if options.json:
        emit_json({"run": place.path.name, "path": str(place.path), **row})
    else:
        emit_table(f"{'stopped' if row['stopped'] else 'trained'}: {place.path}", [row])
    return 130 if row["stopped"] else 0


def _follow(options: Options, device: torch.device, here: World) -> int:
    """A process that torchrun started beside the first: it trains on its share of each batch and writes nothing."""
    from reasonlab import recipes

    told = here.tell()
    recipe = recipes.recipe_from_json(told["recipe"])
    model, tokenizer = _begin(recipe, options.root)
    corpus = recipes.make_corpus(recipe, tokenizer)
    result = recipes.fit(recipe, model.to(device), tokenizer, corpus, Path(told["run"]), device=device, here=here)
    return 130 if result.stopped else 0


def _check(options: Options) -> None:
    """Refuses what cannot be trained before anything is made."""
    if options.name is not None:
        check_name(options.name)
    for name in ("problems", "steps", "batch_size", "layers", "mlp"):
        given = getattr(options, name)
        if given is not None and given < 1:
            raise BadInput(f"--{name.replace('_', '-')} is {getattr(options, name)}", "at least 1", "give more")
    for name in ("evaluate_every", "evaluate_problems", "checkpoint_every", "curriculum", "predict"):
        if getattr(options, name) < 0:
            raise BadInput(
                f"--{name.replace('_', '-')} is {getattr(options, name)}", "0 or more", "leave it out with 0"
            )
    for name in ("muon_lr", "adam_lr", "gain_lr"):
        if not 0 < getattr(options, name) < 100:
            raise BadInput(f"--{name.replace('_', '-')} is {getattr(options, name)}", "a positive number", "try 0.003")
    if not 0 < options.decay <= 1:
        raise BadInput(f"--decay is {options.decay}", "a share above 0, at most 1", "try 0.5")
    if options.minutes is not None and not 0 < options.minutes < math.inf:
        raise BadInput(f"--minutes is {options.minutes}", "more than 0", "leave it out for no budget")
    for name, usual in (("balance", 0.001), ("further", 0.3)):
        if not 0 <= getattr(options, name) < math.inf:
            raise BadInput(f"--{name} is {getattr(options, name)}", "0 or more", f"try {usual}")
    if options.width is not None and (options.width < 32 or options.width % 32):
        raise BadInput(f"--width is {options.width}", "a multiple of 32 (heads are 32 wide)", "try 128")


def _shape(options: Options) -> dict[str, Any]:
    """The fields of the model's config: a preset's, or a qwen3's by --layers, --width and --mlp."""
    from reasonlab.recipes import MODEL, preset_fields

    given = {name: getattr(options, name) for name in ("layers", "width", "mlp") if getattr(options, name) is not None}
    if options.preset is None and options.architecture == "qwen3":
        heads = given.get("width", MODEL["d_model"]) // MODEL["d_head"]
        return {
            **MODEL, "d_model": heads * MODEL["d_head"], "n_heads": heads, "n_kv_heads": heads,
            "n_layers": given.get("layers", MODEL["n_layers"]), "d_mlp": given.get("mlp", MODEL["d_mlp"]),
        }  # fmt: skip
    preset = options.preset or "tiny"
    shape = preset_fields(options.architecture, preset)
    if given:
        raise BadInput(
            f"--{next(iter(given))} with the preset {preset} of {options.architecture}",
            "one of the two: a preset has its shape", "leave one out; without a preset, qwen3 takes these",
        )  # fmt: skip
    return shape


def _for_training(options: Options) -> dict[str, Any]:
    """The fields of the model's config that change how it is trained and nothing that it computes."""
    from reasonlab.models.registry import architecture

    known = {item.name for item in fields(architecture(options.architecture).Config)}
    asked = {
        "n_predict": ("predict", options.predict),
        "sequence_balance": ("sequence_balance", options.sequence_balance),
    }
    for name, (option, value) in asked.items():
        if value and name not in known:
            raise BadInput(
                f"--{option.replace('_', '-')} with {options.architecture}", "an architecture that can, deepseek_v3",
                "leave it out",
            )  # fmt: skip
    return {name: value for name, (_, value) in asked.items() if value}


def _begin(recipe: Recipe, root: Path) -> tuple[HookedModel, Tokenizer]:
    """The model as training begins: fresh, or with the weights of another run."""
    from reasonlab.commands.model import find_model
    from reasonlab.recipes import begin_from, make_model

    model, tokenizer = make_model(recipe)
    if recipe.start:
        begin_from(model, tokenizer, find_model(recipe.start, root).path / "model")
    return model, tokenizer


def train_in(
    place: Run,
    recipe: Recipe,
    *,
    device: torch.device,
    looks: int,
    root: Path | None = None,
    sink: str = "none",
    here: World | None = None,
) -> dict[str, Any]:
    """Trains in a run folder with progress on stderr; saves the model there. Returns the last row of metrics."""
    from reasonlab import evaluate, models, recipes
    from reasonlab.tasks import parse_difficulty, problems
    from reasonlab.training import sinks
    from reasonlab.training.distributed import ALONE

    here = here or ALONE
    model, tokenizer = _begin(recipe, root or place.path.parent)
    model.to(device)
    with progress("problems", recipe.problems) as bar:
        made = 0

        def tick(done: int, total: int) -> None:
            nonlocal made
            bar.advance(done - made)
            made = done

        corpus = recipes.make_corpus(recipe, tokenizer, tick)
    settled, measured = recipes.settle(recipe, model, corpus, tokenizer.pad_id, device)
    if settled is not recipe:
        recipe = settled
        place.update(config={"recipe": asdict(recipe)}, facts={**measured, "device": device.type})
    looked_at = -(-looks // len(recipe.parts))  # of each part
    validation = [
        problem
        for part in recipe.parts
        for problem in problems(
            part.family, parse_difficulty(part.family, part.difficulty), "validation", recipe.seed, looked_at
        )
    ]

    def look(step: int) -> dict[str, Any]:
        if not validation:
            return {}

        def shown(done: int, total: int) -> None:
            bar.advance(0, look=f"{done}/{total}")

        written = evaluate.write_chains(model, tokenizer, validation, progress=shown)
        judged = [evaluate.judge(problem, text, ended) for problem, (text, ended) in zip(validation, written)]
        scores = evaluate.score(judged)
        row = {"proved": scores.proved.value, "answer_right": scores.answer_right.value}
        if recipe.also:
            for part in recipe.parts:
                mine = [item for item in judged if item.problem.family == part.family]
                row[f"proved_{part.family}"] = evaluate.score(mine).proved.value
        return row

    here.tell({"recipe": asdict(recipe), "run": str(place.path)})
    last: dict[str, Any] = {}
    with sinks.sink(sink, place.path, asdict(recipe)) as also, progress("training", recipe.train.steps) as bar:
        at = 0

        def watch(now: recipes.Progress) -> None:
            nonlocal at, last
            bar.resize(now.steps)  # a time budget may have taken steps off
            facts = {"loss": now.loss} | ({"proved": now.row["proved"]} if "proved" in now.row else {})
            bar.advance(now.step - at, **facts)
            at, last = now.step, {name: last[name] for name in ("proved", "answer_right") if name in last} | now.row

        def log(row: dict[str, Any]) -> None:
            if not tokenizer.words:
                row["bits_per_byte"] = row["loss"] / math.log(2)
            place.log(row)
            also(row)

        result = recipes.fit(
            recipe, model, tokenizer, corpus, place.path,
            device=device, log=log, watch=watch, evaluate=look, here=here,
        )  # fmt: skip
    models.save(model, tokenizer, place.path / "model")
    if result.stopped:
        place.update(status="interrupted")
        again = f"reasonlab {place.record.kind} --resume {place.path.name}"  # a demo goes on as a demo
        print(f"stopped at step {result.step}; go on with: {again}", file=sys.stderr)
    return {**last, "stopped": result.stopped}
