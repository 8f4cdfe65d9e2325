"""Models: one readable file per architecture, each a HookedRootModule saved in Hugging Face's format."""

from reasonlab.models.byte_tokenizer import ByteTokenizer
from reasonlab.models.folder import LoadedModel, load, save
from reasonlab.models.hooked import HookedModel
from reasonlab.models.qwen3 import Qwen3, Qwen3Config
from reasonlab.models.registry import ARCHITECTURES, create
from reasonlab.models.tokenizer import Tokenizer
from reasonlab.models.tokenizers_on_disk import load_tokenizer

__all__ = [
    "ARCHITECTURES",
    "ByteTokenizer",
    "HookedModel",
    "LoadedModel",
    "Qwen3",
    "Qwen3Config",
    "Tokenizer",
    "create",
    "load",
    "load_tokenizer",
    "save",
]
