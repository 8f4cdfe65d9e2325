"""A model on disk: a Hugging Face folder, under Hugging Face's parameter names, that `transformers`, TransformerLens'
bridge and serving engines load as it is; and back.

Files: config.json, model.safetensors, and the tokenizer's two. Each is written to a temporary name and renamed, the
config last, so a reader never sees half a file. Nothing is pickled.
"""

import json
import os
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from reasonlab.language.errors import BadInput, quote
from reasonlab.models.hooked import HookedModel
from reasonlab.models.registry import architecture
from reasonlab.models.tokenizer import TOKENIZER_FILE, Tokenizer
from reasonlab.models.tokenizers_on_disk import load_tokenizer

# Tensors that keep their dtype whatever the model's is, as in transformers.
EXACT = ("e_score_correction_bias",)
REMEDY = "point to a folder that reasonlab or transformers wrote"


class LoadedModel(NamedTuple):
    """A model and its tokenizer; the tokenizer is None where the folder holds none."""

    model: HookedModel
    tokenizer: Tokenizer | None


def save(model: HookedModel, tokenizer: Tokenizer | None, folder: str | Path, dtype: torch.dtype | None = None) -> None:
    """Write the model (in `dtype`, or as it is) and its tokenizer to `folder`, made if need be.

    Raises:
        BadInput: the tokenizer has more words than the model has embeddings.
    """
    folder = Path(folder)
    _check_vocabulary(model, tokenizer)
    folder.mkdir(parents=True, exist_ok=True)
    dtype = dtype or model.dtype
    weights = {
        name: tensor.to("cpu", tensor.dtype if name.endswith(EXACT) else dtype).contiguous()
        for name, tensor in model.hf_weights().items()
    }
    content = {**model.config.to_hf(), "dtype": str(dtype).removeprefix("torch.")}
    if tokenizer is not None:
        tokenizer.save(folder)
        content |= {f"{t}_token_id": getattr(tokenizer, f"{t}_id") for t in ("pad", "bos", "eos")}
    temporary = folder / f".weights.{os.getpid()}"
    save_file(weights, temporary, metadata={"format": "pt"})
    temporary.replace(folder / "model.safetensors")
    temporary = folder / f".config.{os.getpid()}"
    temporary.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    temporary.replace(folder / "config.json")


def load(folder: str | Path, device: str | torch.device = "cpu", dtype: torch.dtype | None = None) -> LoadedModel:
    """The model of a folder, in evaluation mode, in the stored dtype or in `dtype`; its tokenizer is attached to it.

    Raises:
        BadInput: a file is missing or cut short, the architecture is unknown, or weights and config do not match.
    """
    folder = Path(folder)
    content = _read_config(folder)
    kind = architecture(content.get("model_type", ""))
    try:
        model = kind(kind.Config.from_hf(content))
    except TypeError as error:
        raise BadInput(
            f"{folder / 'config.json'} has a value of the wrong kind ({error})", "numbers", REMEDY
        ) from error
    weights = _read_weights(folder)
    _check_weights(model, weights, folder)
    stored = weights[model.hf_name("embed.weight")].dtype
    model.to(dtype or stored)
    with torch.no_grad():
        for name, tensor in model.hf_weights().items():
            tensor.copy_(weights[name])
    tokenizer = load_tokenizer(folder) if (folder / TOKENIZER_FILE).exists() else None
    _check_vocabulary(model, tokenizer)
    model.tokenizer = tokenizer
    return LoadedModel(model.to(device).eval(), tokenizer)


def model_type(folder: str | Path) -> str:
    """What a folder's config.json says that its model is. Raises BadInput where it cannot be read."""
    return str(_read_config(Path(folder)).get("model_type", ""))


def _read_config(folder: Path) -> dict:
    path = folder / "config.json"
    if not path.is_file():
        raise BadInput(f"there is no {path}", "a model folder with config.json", REMEDY)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise BadInput(f"{path} is not JSON ({error})", "a whole config.json", REMEDY) from error
    if not isinstance(content, dict):
        raise BadInput(f"{path} holds {quote(content)}", "a JSON object", REMEDY)
    return content


def _read_weights(folder: Path) -> dict[str, torch.Tensor]:
    """All `*.safetensors` together: large models come in shards."""
    weights: dict[str, torch.Tensor] = {}
    for path in sorted(folder.glob("*.safetensors")):
        try:
            weights |= load_file(path)
        except (SafetensorError, OSError) as error:
            raise BadInput(f"{path} cannot be read ({error})", "a whole safetensors file", "copy it again") from error
    if not weights:
        raise BadInput(f"there are no weights in {folder}", "model.safetensors", REMEDY)
    return weights


def _check_weights(model: HookedModel, weights: dict[str, torch.Tensor], folder: Path) -> None:
    """Exactly the tensors that the config implies; a tied lm_head.weight may be there all the same."""
    wanted = {name: tuple(tensor.shape) for name, tensor in model.hf_weights().items()}
    allowed = set(wanted) | {model.hf_name("unembed.weight")}
    wrong = [f"{name} is missing" for name in wanted if name not in weights]
    wrong += [f"{name} is not part of this architecture" for name in weights if name not in allowed]
    wrong += [
        f"{name} has shape {list(weights[name].shape)} and the config implies {list(shape)}"
        for name, shape in wanted.items()
        if name in weights and tuple(weights[name].shape) != shape
    ]
    if wrong:
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        raise BadInput(f"in {folder}, {wrong[0]}{more}", "weights that match config.json", REMEDY)


def _check_vocabulary(model: HookedModel, tokenizer: Tokenizer | None) -> None:
    embeddings = model.embed.num_embeddings
    if tokenizer is not None and tokenizer.vocab_size > embeddings:
        raise BadInput(
            f"the tokenizer has {tokenizer.vocab_size} words and the model {embeddings} embeddings",
            "no more words than embeddings",
            "use the tokenizer that the model was trained with",
        )
