"""A byte-latent transformer, from scratch: bytes in, bytes out, most of the work done once a patch of bytes. After
Pagnoni et al., Byte Latent Transformer, arXiv 2412.09871; causal, which tests show.

    H_{t+1}  = entropy of byte t+1 given bytes 0 to t, by a small model (see entropy)
    patches  = byte t+1 begins a patch iff H_{t+1} > threshold (see patches)

    x        = E[byte]                                           one residual stream, at bytes
    encoder    x = Block_l(x)                                    windowed attention        l < patch_layer
    patches    x = x + Attention(RMSNorm(x))                     each byte sees its own patch only   l = patch_layer
               z_j = W_up RMSNorm(x at the last byte of patch j)
               z = Blocks(z)                                     causal attention over all patches before
               x_t = x_t + W_down RMSNorm(z_{c(t)})              c(t): the last patch that is complete at byte t
    decoder    x = Block_l(x)                                    windowed attention        l > patch_layer
    logits   = RMSNorm(x) W_U

c(t) is t's own patch where byte t is its last, and else the one before; a learned vector stands in for the latent where
there is none. So byte t+1 is predicted from bytes 0 to t, the first byte of a patch with the latent of all before it.

Everything at bytes is one stack of `blocks`; the patch transformer stands where block `patch_layer` would have its MLP,
`blocks.{patch_layer}.mlp`, with blocks of its own. So what is written to the stream still sums up to it, and logit
lens and patching work as ever.

Unlike the paper: the last byte of a patch asks the patch's bytes (there a maximum over them does); a latent is read by
addition (there by attention over a few parts of it); the entropy model learns at the same time (there before); there
are no hashed n-grams. transformers has no counterpart: its `blt` is another model.
"""

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from transformer_lens.hook_points import HookPoint

from reasonlab.language.errors import BadInput
from reasonlab.models.attention import Context, KeyValueCache
from reasonlab.models.config import ModelConfig
from reasonlab.models.decoder import Block, Decoder
from reasonlab.models.entropy import EntropyModel, entropy
from reasonlab.models.hooked import RMSNorm, tap
from reasonlab.models.mlp import MLP
from reasonlab.models.patches import PatchContext, Patches, PromptKeys, StepContext, StepKeys
from reasonlab.models.qwen3 import Attention
from reasonlab.models.rotary import RotaryTables


@dataclass(frozen=True)
class ByteLatentConfig(ModelConfig):
    """The shape of a byte-latent transformer. All attention has heads of d_head.

    Attributes:
        d_model, n_layers, n_heads, n_kv_heads, d_mlp: at bytes; the layers are encoder, patch layer and decoder.
        patch_layer: the number of the layer that holds the patch transformer; those before it are the encoder.
        window: how many bytes a byte sees, its own among them.
        d_patch, n_patch_layers, d_patch_mlp: of the patch transformer; it has d_patch / d_head heads.
        d_entropy, n_entropy_layers: of the entropy model; it has d_entropy / d_head heads.
        patch_size: mean bytes a patch, which training sets the threshold for.
    """

    MODEL_TYPE: ClassVar[str] = "byte_latent"
    ARCHITECTURE: ClassVar[str] = "ReasonLabByteLatent"
    OWN: ClassVar[tuple[str, ...]] = (
        "patch_layer", "window", "d_patch", "n_patch_layers", "d_patch_mlp", "d_entropy", "n_entropy_layers",
        "patch_size",
    )  # fmt: skip
    HF_NAMES: ClassVar[dict[str, str]] = {
        **ModelConfig.HF_NAMES,
        "d_mlp": "intermediate_size",
        **{name: name for name in OWN},
    }
    PRESETS: ClassVar[dict[str, dict[str, Any]]] = {
        "tiny": {"d_model": 64, "n_layers": 4, "n_heads": 2, "n_kv_heads": 2, "d_head": 32, "d_mlp": 160,
                 "patch_layer": 1, "window": 32, "d_patch": 128, "n_patch_layers": 2, "d_patch_mlp": 192,
                 "d_entropy": 32},  # 0.5M
        "small": {"d_model": 160, "n_layers": 4, "n_heads": 5, "n_kv_heads": 5, "d_head": 32, "d_mlp": 320,
                  "patch_layer": 1, "window": 32, "d_patch": 256, "n_patch_layers": 4, "d_patch_mlp": 320,
                  "d_entropy": 64},  # 3.1M
        "base": {"d_model": 320, "n_layers": 6, "n_heads": 5, "n_kv_heads": 5, "d_head": 64, "d_mlp": 640,
                 "patch_layer": 2, "window": 64, "d_patch": 512, "n_patch_layers": 6, "d_patch_mlp": 896,
                 "d_entropy": 128},  # 20.8M
    }  # fmt: skip
    MAY_BE_ZERO: ClassVar[frozenset[str]] = frozenset({"patch_layer"})

    d_mlp: int = 160
    patch_layer: int = 1
    window: int = 32
    d_patch: int = 128
    n_patch_layers: int = 2
    d_patch_mlp: int = 192
    d_entropy: int = 32
    n_entropy_layers: int = 1
    patch_size: float = 4.0

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("d_patch", "d_entropy"):
            if getattr(self, name) % self.d_head:
                raise BadInput(f"{name} = {getattr(self, name)}", f"a multiple of d_head = {self.d_head}",
                               "change either")  # fmt: skip
        if self.patch_layer >= self.n_layers:
            raise BadInput(f"patch_layer = {self.patch_layer}", f"less than n_layers = {self.n_layers}",
                           "change either")  # fmt: skip
        if self.patch_size <= 1:
            raise BadInput(f"patch_size = {self.patch_size}", "more than 1 byte", "try 4")

    def stack(self, width: int) -> "ByteLatentConfig":
        """The shape of attention over a stream of another width."""
        return replace(self, d_model=width, n_heads=width // self.d_head, n_kv_heads=width // self.d_head)


class LocalAttention(Attention):
    """Grouped-query attention with normalised queries and keys, over a window of bytes."""

    def __init__(self, config: ByteLatentConfig, layer: int) -> None:
        super().__init__(config, layer)
        self.window = config.window


class PatchAttention(LocalAttention):
    """Local attention within patches."""

    def forward(
        self, resid: Float[Tensor, "batch pos d_model"], ln: RMSNorm, context: Context
    ) -> Float[Tensor, "batch pos d_model"]:
        assert isinstance(context, PatchContext)
        return super().forward(resid, ln, context.own)


class PatchTransformer(nn.Module):
    """From the stream at the last bytes of patches to what each byte reads of the last complete patch.

    While decoding from a cache it works in the rows whose patch has just ended, and only there: its points then hold
    [ended 1 ...], and do not fire at all where no patch ends. With patches of unlike number in a batch, the places
    after a row's last complete patch hold numbers that nothing reads.
    """

    def __init__(self, config: ByteLatentConfig, rotary: RotaryTables) -> None:
        super().__init__()
        shape = config.stack(config.d_patch)
        self.rotary = rotary  # the model's
        self.up_proj = nn.Linear(config.d_model, config.d_patch, bias=False)
        self.blocks = nn.ModuleList(
            Block(config.d_patch, config.rms_eps, Attention(shape, layer), MLP(config.d_patch, config.d_patch_mlp))
            for layer in range(config.n_patch_layers)
        )
        self.ln_final = RMSNorm(config.d_patch, config.rms_eps)
        self.down_proj = nn.Linear(config.d_patch, config.d_model, bias=False)
        self.start = nn.Parameter(torch.zeros(config.d_patch))
        self.hook_patch_latent = HookPoint()  # [batch patch d_patch]

    def forward(
        self, x: Float[Tensor, "batch pos d_model"], context: PatchContext
    ) -> Float[Tensor, "batch pos d_model"]:
        cache: Any = context.cache
        if cache is not None and "patch_read" in cache.state:
            return self.step(x, context.patches, cache.state)
        patches = context.patches
        length = max(1, int(patches.complete.max()))
        last = patches.ends.byte().argsort(descending=True, stable=True)[:, :length, None]
        keys = None if cache is None else PromptKeys(cache.state, x.device)
        z = self.latents(x.gather(1, last.expand(-1, -1, x.shape[-1])), Context(self.rotary, length, None, keys))
        z = torch.cat((self.start.to(z.dtype).expand(len(z), 1, -1), z), 1)
        read = self.down_proj(z).gather(1, patches.complete[:, :, None].expand(-1, -1, x.shape[-1]))
        if cache is not None:
            cache.state["patch_read"] = cache.last(read)
        return read

    def step(
        self, x: Float[Tensor, "batch 1 d_model"], patches: Patches, state: dict[str, Tensor]
    ) -> Float[Tensor, "batch 1 d_model"]:
        """One more byte of each row."""
        rows = patches.ends[:, 0].nonzero()[:, 0]
        if len(rows):
            # A row that ran out of positions may still be there; its patches are numbered no further.
            slots = (patches.complete[rows] - 1).clamp(max=len(self.rotary.cos) - 1)
            z = self.latents(x[rows], StepContext(self.rotary, 1, None, StepKeys(state, rows, slots)))
            state["patch_read"][rows] = self.down_proj(z)[:, 0]
        return state["patch_read"][:, None]

    def latents(
        self, x: Float[Tensor, "batch patch d_model"], context: Context
    ) -> Float[Tensor, "batch patch d_patch"]:
        z = self.up_proj(x)
        for block in self.blocks:
            z = block(z, context)
        return tap(self.hook_patch_latent, self.ln_final(z))


class PatchBlock(Block):
    """A block with the patch transformer for its MLP."""

    def feed(self, x: Float[Tensor, "batch pos d_model"], context: Context) -> Float[Tensor, "batch pos d_model"]:
        return self.mlp(x, context)


class ByteLatent(Decoder):
    """The model."""

    Config: ClassVar[type[ModelConfig]] = ByteLatentConfig
    BYTES_ONLY = True

    def __init__(self, config: ByteLatentConfig, seed: int = 0) -> None:
        super().__init__()
        rotary = RotaryTables(config.d_head, config.rope_theta, config.max_positions)
        small, first = config.stack(config.d_entropy), config.n_entropy_layers
        # A cache numbers the layers of both in the order in which they work.
        self.entropy = EntropyModel(
            config.vocab_size, config.d_entropy, config.rms_eps,
            [
                Block(config.d_entropy, config.rms_eps, LocalAttention(small, layer),
                      MLP(config.d_entropy, 2 * config.d_entropy))
                for layer in range(first)
            ],
            config.patch_size,
        )  # fmt: skip
        blocks = [
            PatchBlock(config.d_model, config.rms_eps, PatchAttention(config, first + layer),
                       PatchTransformer(config, rotary))
            if layer == config.patch_layer
            else Block(config.d_model, config.rms_eps, LocalAttention(config, first + layer),
                       MLP(config.d_model, config.d_mlp))
            for layer in range(config.n_layers)
        ]  # fmt: skip
        self.assemble(config, seed, rotary, blocks, d_mlp=config.d_mlp)

    def context(
        self, tokens: Int[Tensor, "batch pos"], positions: Int[Tensor, "#batch pos"] | None, cache: KeyValueCache | None
    ) -> PatchContext:
        context = PatchContext(self.rotary, tokens.shape[1], positions, cache)
        return context.cut(self.entropy.boundaries(tokens, context), self.rotary)

    def further_loss(
        self,
        tokens: Int[Tensor, "batch pos"],
        hidden: Float[Tensor, "batch pos d_model"],
        wanted: Bool[Tensor, "batch pos"],
    ) -> Float[Tensor, ""]:
        """The entropy model's own loss, in nats, on all bytes up to the last one wanted: prompts have patches, too."""
        logits = self.entropy(tokens, super().context(tokens, None, None))
        real = wanted.flip(1).cummax(1).values.flip(1)[:, :-1]
        logits = logits[:, :-1][real]
        self.entropy.observe(entropy(logits.detach()))
        return F.cross_entropy(logits, tokens[:, 1:][real])

    def after_step(self) -> None:
        self.entropy.follow()

    def load_metrics(self) -> dict[str, float]:
        """`patch_size`: mean bytes a patch."""
        size = self.entropy.take_patch_size()
        return {} if size is None else {"patch_size": size}

    def windows(self) -> list[int | None]:
        return [self.config.window] * self.config.n_entropy_layers + super().windows()
