"""Models of other makers: a Hugging Face model under TransformerLens' bridge, which has the hook names of ours.

It takes forward passes with hooks, so attention, patching and interchange with the words held work on it; it has no
cache of ours, so nothing that goes on writing under an intervention does.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformer_lens.model_bridge.sources import build_bridge_from_module
from transformers import AutoModelForCausalLM, PreTrainedModel

from reasonlab.language.errors import BadInput
from reasonlab.models.tokenizer import TOKENIZER_FILE, Tokenizer
from reasonlab.models.tokenizers_on_disk import load_tokenizer


def bridge(model: PreTrainedModel, device: str | torch.device = "cpu") -> Any:
    """A transformers model as a `TransformerBridge` on a device, in evaluation mode.

    Raises:
        BadInput: TransformerLens knows no such architecture.
    """
    kind = type(model).__name__
    # Moved before it is wrapped: the bridge's own `to` prints a line to standard output.
    moved: Any = nn.Module.to(model, device)
    try:
        return build_bridge_from_module(moved.eval(), kind, hf_config=model.config).eval()
    except (ValueError, KeyError, NotImplementedError) as error:
        raise BadInput(f"TransformerLens' bridge takes no {kind} ({error})", "an architecture that it knows",
                       "see TransformerLens' list of supported models") from error  # fmt: skip


def load_bridged(folder: str | Path, device: str | torch.device = "cpu") -> tuple[Any, Tokenizer | None]:
    """The bridged model of a Hugging Face folder, in float32, and its tokenizer where it is one of our words.

    Raises:
        BadInput: transformers cannot load it, or TransformerLens cannot wrap it.
    """
    folder = Path(folder)
    try:
        model = AutoModelForCausalLM.from_pretrained(folder, local_files_only=True, dtype=torch.float32)
    except (OSError, ValueError, KeyError) as error:
        first = str(error).strip().splitlines()[0]
        raise BadInput(f"transformers cannot load {folder} ({first})", "a folder with config.json and safetensors",
                       "save it with save_pretrained") from error  # fmt: skip
    words = load_tokenizer(folder) if (folder / TOKENIZER_FILE).is_file() else None
    return bridge(model, device), words
