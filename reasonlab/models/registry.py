"""The architectures, by the `model_type` that Hugging Face's config.json names them with."""

from typing import Any

from reasonlab.language.errors import BadInput, quote
from reasonlab.models.byte_latent import ByteLatent
from reasonlab.models.deepseek_v3 import DeepseekV3
from reasonlab.models.gpt_oss import GptOss
from reasonlab.models.hooked import HookedModel
from reasonlab.models.llama4 import Llama4
from reasonlab.models.qwen3 import Qwen3
from reasonlab.models.qwen3_moe import Qwen3Moe

# Each gives: Config (preset, to_hf, from_hf), a constructor (config, seed), hf_weights.
ARCHITECTURES: dict[str, Any] = {
    kind.Config.MODEL_TYPE: kind for kind in (Qwen3, Qwen3Moe, GptOss, Llama4, DeepseekV3, ByteLatent)
}


def architecture(name: str) -> Any:
    """The class of one architecture.

    Raises:
        BadInput: it is not one of ARCHITECTURES.
    """
    if name not in ARCHITECTURES:
        raise BadInput(f"the architecture {quote(name)}", f"one of {', '.join(ARCHITECTURES)}", "choose one of these")
    return ARCHITECTURES[name]


def create(name: str, config: Any, seed: int = 0) -> HookedModel:
    """A freshly initialised model, in evaluation mode, on the CPU. The same seed gives the same weights.

    Raises:
        BadInput: the architecture is unknown.
    """
    return architecture(name)(config, seed).eval()
