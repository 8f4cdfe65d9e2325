"""What every architecture here shares: hook points that cost nothing unused, and the surface TransformerLens reads.

Hook points carry TransformerLens' canonical names and meanings (its HookedTransformer and TransformerBridge), so that
its tools (`ActivationCache`, `logit_lens`, attribution and activation patching, interchange) take these models.
"""
# ruff: noqa: N802  (W_U and the like are TransformerLens' names)

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, ClassVar

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from transformer_lens import ActivationCache
from transformer_lens.hook_points import HookPoint
from transformer_lens.HookedRootModule import HookedRootModule

from reasonlab.language.errors import BadInput
from reasonlab.models.fused import RMSNormFunction
from reasonlab.models.kernels import rms_norm


def is_hooked(*points: HookPoint) -> bool:
    """Whether any hook, forward or backward, sits on any of these points."""
    return any(p._forward_hooks or p._backward_hooks or p._forward_pre_hooks or p._backward_pre_hooks for p in points)


def tap(point: HookPoint, x: Tensor) -> Tensor:
    """`point(x)`, without the cost of a module call when nothing is hooked: identity then, like the point itself."""
    if point._forward_hooks or point._backward_hooks or point._forward_pre_hooks or point._backward_pre_hooks:
        return point(x)
    return x


def autocast_dtype(x: Tensor) -> torch.dtype:
    """What the products that read x will cast it to: casting once, as it is made, saves casting at every reader."""
    kind = x.device.type
    return torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else x.dtype


class RMSNorm(nn.Module):
    """y = x / scale * weight, scale = sqrt(mean(x^2) + eps), in float32 (Zhang & Sennrich, arXiv 1910.07467)."""

    def __init__(self, size: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.eps = eps
        self.hook_scale = HookPoint()  # [... 1]
        self.hook_normalized = HookPoint()  # [... size], before the weight

    def forward(self, x: Float[Tensor, "*rest size"]) -> Float[Tensor, "*rest size"]:
        if is_hooked(self.hook_scale, self.hook_normalized):
            return self.explicit(x)
        if not torch.is_grad_enabled():
            return rms_norm(x, self.weight, self.eps, autocast_dtype(x))[0]
        return RMSNormFunction.apply(x, self.weight, self.eps, autocast_dtype(x))[0]

    def explicit(self, x: Float[Tensor, "*rest size"]) -> Float[Tensor, "*rest size"]:
        """`forward`, written out, with its hook points."""
        x32 = x.float()
        scale = tap(self.hook_scale, (x32.square().mean(-1, keepdim=True) + self.eps).sqrt())
        return tap(self.hook_normalized, x32 / scale).to(x.dtype) * self.weight


class Unembed(nn.Linear):
    """logits = h W_U. A Linear whose weight is [vocab, d_model], as Hugging Face's lm_head."""


class HookedSurface(HookedRootModule):
    """What TransformerLens' tools read of any model: `cfg`, `run_with_cache`, the weights at both ends.

    A subclass sets `cfg`, `embed` and `unembed`, then calls `setup()`.
    """

    cfg: SimpleNamespace
    embed: nn.Embedding
    unembed: Unembed

    @property
    def device(self) -> torch.device:
        return self.embed.weight.device

    @property
    def dtype(self) -> torch.dtype:
        return self.embed.weight.dtype

    def _apply(self, fn, recurse: bool = True):
        """Every move and cast of a module goes through here: `cfg` follows."""
        module = super()._apply(fn, recurse)
        self.cfg.device, self.cfg.dtype = self.device, self.dtype
        return module

    @property
    def W_E(self) -> Float[Tensor, "vocab d_model"]:
        return self.embed.weight

    @property
    def W_U(self) -> Float[Tensor, "d_model vocab"]:
        return self.unembed.weight.T

    @property
    def b_U(self) -> Float[Tensor, "vocab"]:
        return self.unembed.weight.new_zeros(self.unembed.out_features)

    def run_with_cache(
        self, *args: Any, names_filter: Any = None, return_cache_object: bool = True, **kwargs: Any
    ) -> tuple[Any, Any]:
        """As HookedRootModule's, with the cache as an `ActivationCache` (a plain dict if `return_cache_object=False`).

        Without `names_filter` everything is cached but `hook_{q,k,v}_input`: they repeat `hook_resid_pre` once per
        head, and turn what the first norm computes into per-head values as well. Name them to have them.
        """
        if names_filter is None:
            names_filter = [name for name in self.hook_dict if not name.endswith("_input")]
        out, cache = super().run_with_cache(*args, names_filter=names_filter, **kwargs)
        if not return_cache_object:
            return out, cache
        return out, ActivationCache(cache, self, has_batch_dim=not kwargs.get("remove_batch_dim", False))

    def set_use_attn_result(self, on: bool) -> None:
        """TransformerLens' tools switch these points on and off; here a hook is the switch."""

    set_use_split_qkv_input = set_use_hook_mlp_in = set_use_attn_in = set_use_attn_result


class HookedModel(HookedSurface):
    """Base of the models: `cfg`, `run_with_cache`, the weights and the token helpers that TransformerLens' tools read.

    A subclass sets `config`, `embed`, `blocks`, `ln_final`, `unembed`, then calls `setup()`.
    """

    BYTES_ONLY: ClassVar[bool] = False
    """Whether it makes no sense with anything but bytes for tokens."""
    tokenizer: Any = None  # attached by `load`; only the text helpers below need it
    config: Any  # the architecture's own dataclass
    hidden: Callable[..., Tensor]
    windows: Callable[[], list[int | None]]
    hf_name: Callable[[str], str]
    blocks: nn.ModuleList
    ln_final: RMSNorm

    def _make_cfg(self, **fields: Any) -> SimpleNamespace:
        """The duck-typed `cfg`. The `use_*` flags are true for good: those points work whenever they are hooked."""
        return SimpleNamespace(
            normalization_type="RMS",
            final_rms=True,
            attn_only=False,
            gated_mlp=True,
            parallel_attn_mlp=False,
            positional_embedding_type="rotary",
            use_attn_result=True,
            use_split_qkv_input=True,
            use_hook_mlp_in=True,
            use_attn_in=False,
            default_prepend_bos=False,
            **fields,
        )

    def packed(self) -> Any:
        """The weights as they are now, packed for decoding one token a row without hooks: a callable of (tokens,
        positions, cache) that gives the logits. None where an architecture has none; `forward` says the same."""
        return None

    def auxiliary_loss(self) -> Float[Tensor, ""]:
        """What training adds to the loss, times a small coefficient, of the last forward pass; 0 if there is none."""
        return self.embed.weight.new_zeros(())

    def further_loss(
        self,
        tokens: Int[Tensor, "batch pos"],
        hidden: Float[Tensor, "batch pos d_model"],
        wanted: Bool[Tensor, "batch pos"],
    ) -> Float[Tensor, ""]:
        """A loss of predictions besides the next token's by `hidden`, in nats: of the tokens `wanted` from further
        off, or by a model within the model; 0 where an architecture has none."""
        return hidden.new_zeros(())

    def after_step(self) -> None:
        """Called in training after each step of the optimiser: for what is learned without a gradient."""

    def load_metrics(self) -> dict[str, float]:
        """How the work was spread since the last call, by metric's name; nothing where there are no experts."""
        return {}

    def hf_weights(self) -> dict[str, Tensor]:
        """Everything that is saved, under Hugging Face's names, as views of the weights: writing there changes them.

        A tied weight comes once, under the embedding's name.
        """
        own = {name for name, _ in self.named_parameters()} | {name for name, _ in self.named_buffers()}
        pieces: dict[str, Tensor] = {}
        for name, tensor in self.state_dict().items():
            if name in own:
                pieces |= self.hf_pieces(name, tensor)
        return pieces

    def hf_pieces(self, name: str, tensor: Tensor) -> dict[str, Tensor]:
        """One of our tensors as Hugging Face stores it, perhaps in several parts: views of it."""
        return {self.hf_name(name): tensor}

    def to_tokens(self, text: "str | list[str] | Tensor", prepend_bos: bool = False) -> Int[Tensor, "batch pos"]:
        """Token ids of one text or of several of equal length; a tensor passes through.

        Raises:
            BadInput: no tokenizer is attached, or the texts differ in length.
        """
        if isinstance(text, Tensor):
            return text if text.ndim == 2 else text[None]
        if self.tokenizer is None:
            raise BadInput("the model has no tokenizer", "token ids", "set model.tokenizer, or pass ids")
        bos = [self.tokenizer.bos_id] if prepend_bos else []
        rows = [bos + self.tokenizer.encode(t) for t in ([text] if isinstance(text, str) else text)]
        if len({len(row) for row in rows}) != 1:
            raise BadInput("texts of different lengths", "equal lengths", "run them one at a time")
        return torch.tensor(rows, device=self.device)

    def to_single_token(self, word: str) -> int:
        """The id of one word."""
        return int(self.to_tokens(word).squeeze())
