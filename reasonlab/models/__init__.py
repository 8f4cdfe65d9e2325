"""Models: one readable file per architecture, each a HookedRootModule saved in Hugging Face's format."""

from reasonlab.models.folder import LoadedModel, load, save
from reasonlab.models.hooked import HookedModel
from reasonlab.models.qwen3 import Qwen3, Qwen3Config
from reasonlab.models.registry import ARCHITECTURES, create
from reasonlab.models.tokenizer import Tokenizer

__all__ = [
    "ARCHITECTURES",
    "HookedModel",
    "LoadedModel",
    "Qwen3",
    "Qwen3Config",
    "Tokenizer",
    "create",
    "load",
    "save",
]
