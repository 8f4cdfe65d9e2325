"""What the configs of all token architectures share: fields, presets, and Hugging Face's config.json both ways."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Self

from reasonlab.language.errors import BadInput, quote


@dataclass(frozen=True)
class ModelConfig:
    """The shape of a model. A subclass adds its own fields, PRESETS, and what it has beyond HF_NAMES in config.json.

    Attributes:
        n_kv_heads: key/value heads, each shared by n_heads / n_kv_heads queries.
        rope_theta: the base of the rotary angles.
        max_positions: the longest text.
        init_std: the standard deviation of fresh weights (see `Decoder.initialise`).
    """

    MODEL_TYPE: ClassVar[str]
    ARCHITECTURE: ClassVar[str]
    PRESETS: ClassVar[dict[str, dict[str, Any]]]
    HF_NAMES: ClassVar[dict[str, str]] = {
        "vocab_size": "vocab_size",
        "d_model": "hidden_size",
        "n_layers": "num_hidden_layers",
        "n_heads": "num_attention_heads",
        "n_kv_heads": "num_key_value_heads",
        "d_head": "head_dim",
        "rms_eps": "rms_norm_eps",
        "tie_embeddings": "tie_word_embeddings",
        "max_positions": "max_position_embeddings",
    }
    HF_ALIASES: ClassVar[dict[str, str]] = {"num_experts": "num_local_experts"}
    """Other names of the same fields, which some versions of transformers write."""
    MAY_BE_ZERO: ClassVar[frozenset[str]] = frozenset()

    vocab_size: int
    d_model: int = 128
    n_layers: int = 4
    n_heads: int = 4
    n_kv_heads: int = 4
    d_head: int = 32
    rope_theta: float = 10_000.0
    rms_eps: float = 1e-6
    tie_embeddings: bool = False
    max_positions: int = 1024
    init_std: float = 0.02

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, bool) or item.type not in (int, float, "int", "float"):
                continue
            if not isinstance(value, (int, float)):
                raise TypeError(f"{item.name} = {value!r}")
            if not value > 0 and not (value == 0 and item.name in self.MAY_BE_ZERO):
                raise BadInput(f"{item.name} = {value}", "a positive number", f"change {item.name} in the config")
        if self.n_heads % self.n_kv_heads:
            raise BadInput(f"n_kv_heads = {self.n_kv_heads}", f"a divisor of n_heads = {self.n_heads}", "change either")
        if self.d_head % 2:
            raise BadInput(f"d_head = {self.d_head}", "an even number (RoPE turns pairs)", "change d_head")

    @classmethod
    def preset(cls, name: str, vocab_size: int, **changes: Any) -> Self:
        """One of PRESETS ("tiny", "small", "base": about 0.5M, 3M, 20M parameters), with any field changed.

        Raises:
            BadInput: there is no such preset.
        """
        if name not in cls.PRESETS:
            raise BadInput(
                f"the preset {quote(name)}", f"one of {', '.join(cls.PRESETS)}", "choose one, or give the shape"
            )
        return replace(cls(vocab_size, **cls.PRESETS[name]), **changes)

    def to_hf(self) -> dict[str, Any]:
        """The content of Hugging Face's config.json."""
        return {
            "architectures": [self.ARCHITECTURE],
            "model_type": self.MODEL_TYPE,
            **{theirs: getattr(self, ours) for ours, theirs in self.HF_NAMES.items()},
            "rope_parameters": self.rope_to_hf(),
            "initializer_range": self.init_std,
            "use_cache": True,
            **self.more_to_hf(),
        }

    def rope_to_hf(self) -> dict[str, Any]:
        return {"rope_type": "default", "rope_theta": self.rope_theta}

    def more_to_hf(self) -> dict[str, Any]:
        """What the architecture's config.json has beyond HF_NAMES."""
        return {}

    @classmethod
    def from_hf(cls, content: dict[str, Any]) -> Self:
        """The config of a Hugging Face folder.

        Raises:
            BadInput: a needed field is missing, or the file asks for what is not implemented here.
        """
        rope = content.get("rope_parameters") or content.get("rope_scaling") or {}
        try:
            for name, (value, allowed) in cls.restrictions(content, rope).items():
                if value != allowed:
                    raise BadInput(
                        f"config.json sets {name} = {quote(value)}",
                        f"{name} = {quote(allowed)}, the only one that {cls.MODEL_TYPE} has here",
                        "load this model with transformers and TransformerLens' bridge",
                    )
            aliases = {ours: content[theirs] for ours, theirs in cls.HF_ALIASES.items() if theirs in content}
            common = {ours: {**aliases, **content}[theirs] for ours, theirs in cls.HF_NAMES.items()}
            common["rms_eps"] = float(common["rms_eps"])
            theta = rope.get("rope_theta")
            return cls(
                **common,
                rope_theta=float(content["rope_theta"] if theta is None else theta),
                init_std=content.get("initializer_range", 0.02),
                **cls.more_from_hf(content, rope),
            )
        except KeyError as error:
            raise BadInput(
                f"config.json has no {error}", f"every field of a {cls.MODEL_TYPE} config", "write it again"
            ) from error

    @classmethod
    def restrictions(cls, content: dict[str, Any], rope: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
        """What only has one value here: name -> (the file's, ours). By default plain silu, no biases, default RoPE."""
        return {
            "hidden_act": (content.get("hidden_act", "silu"), "silu"),
            "attention_bias": (content.get("attention_bias", False), False),
            "rope_type": (rope.get("rope_type", "default"), "default"),
        }

    @classmethod
    def more_from_hf(cls, content: dict[str, Any], rope: dict[str, Any]) -> dict[str, Any]:
        """The inverse of `more_to_hf` and `rope_to_hf`: arguments of the config. Raises KeyError if one is missing."""
        return {}


@dataclass(frozen=True)
class MixtureConfig(ModelConfig):
    """A model with experts.

    Attributes:
        d_expert: an expert's width.
        n_active: experts a token goes to.
    """

    d_expert: int = 48
    n_experts: int = 8
    n_active: int = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.n_active > self.n_experts:
            raise BadInput(f"n_active = {self.n_active}", f"at most n_experts = {self.n_experts}", "change either")
