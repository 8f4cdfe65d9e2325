"""The decoder that the four token architectures share: embed, blocks, final norm, unembed; and their fresh weights.

x_0   = E[token]
x_mid = x_l + Attention(RMSNorm(x_l))        x_{l+1} = x_mid + MLP(RMSNorm(x_mid))
logits = RMSNorm(x_L) W_U
"""

import math
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from transformer_lens.hook_points import HookPoint

from reasonlab.language.errors import BadInput
from reasonlab.models.attention import Context, KeyValueCache
from reasonlab.models.experts import Router
from reasonlab.models.hooked import HookedModel, RMSNorm, Unembed, is_hooked, tap
from reasonlab.models.rotary import RotaryTables


class Block(nn.Module):
    """One layer: attention, then MLP, each added to the residual stream."""

    hook_out_is_single_residual_stream = True  # TransformerLens' logit lens asks

    def __init__(self, d_model: int, eps: float, attn: nn.Module, mlp: nn.Module) -> None:
        super().__init__()
        self.ln1, self.attn = RMSNorm(d_model, eps), attn
        self.ln2, self.mlp = RMSNorm(d_model, eps), mlp
        # All [batch pos d_model].
        self.hook_resid_pre, self.hook_resid_mid, self.hook_resid_post = HookPoint(), HookPoint(), HookPoint()
        self.hook_attn_out, self.hook_mlp_in, self.hook_mlp_out = HookPoint(), HookPoint(), HookPoint()

    def forward(
        self, resid: Float[Tensor, "batch pos d_model"], context: Context
    ) -> Float[Tensor, "batch pos d_model"]:
        resid = tap(self.hook_resid_pre, resid)
        resid = tap(self.hook_resid_mid, resid + tap(self.hook_attn_out, self.attn(resid, self.ln1, context)))
        # A hook may write in place: the MLP's input is then a copy, so that the stream itself stays as it is.
        mlp_in = self.hook_mlp_in(resid.clone()) if is_hooked(self.hook_mlp_in) else resid
        mlp_out = self.feed(self.ln2(mlp_in), context)
        return tap(self.hook_resid_post, resid + tap(self.hook_mlp_out, mlp_out))

    def feed(self, x: Float[Tensor, "batch pos d_model"], context: Context) -> Float[Tensor, "batch pos d_model"]:
        """What the MLP makes of its normalised input."""
        return self.mlp(x)


class Decoder(HookedModel):
    """Base of the token architectures. `forward` gives logits; `hidden` stops before the unembedding, for losses at
    chosen positions.

    A subclass's constructor calls `assemble` with what is its own. The config has vocab_size, d_model, n_layers,
    n_heads, max_positions, rms_eps, tie_embeddings, init_std.
    """

    rotary: RotaryTables

    def assemble(self, config: Any, seed: int, rotary: RotaryTables, blocks: list[Block], **cfg: Any) -> None:
        """Everything around the blocks, fresh weights, hook names. `cfg`: more fields for TransformerLens' tools."""
        self.config = config
        self.cfg = self._make_cfg(
            **{
                "n_layers": config.n_layers,
                "n_heads": config.n_heads,
                "n_key_value_heads": config.n_kv_heads,
                "d_head": config.d_head,
                "rotary_base": config.rope_theta,
                "model_name": config.MODEL_TYPE,
                "d_model": config.d_model,
                "d_vocab": config.vocab_size,
                "d_vocab_out": config.vocab_size,
                "n_ctx": config.max_positions,
                "eps": config.rms_eps,
                "act_fn": "silu",
                "device": torch.device("cpu"),
                "dtype": torch.float32,
                **cfg,
            }
        )
        self.embed = nn.Embedding(config.vocab_size, config.d_model)
        self.hook_embed = HookPoint()  # [batch pos d_model]
        self.rotary = rotary
        self.blocks = nn.ModuleList(blocks)
        self.ln_final = RMSNorm(config.d_model, config.rms_eps)
        self.unembed = Unembed(config.d_model, config.vocab_size, bias=False)
        if config.tie_embeddings:
            self.unembed.weight = self.embed.weight
        self.initialise(seed)
        self.setup()

    @torch.no_grad()
    def initialise(self, seed: int) -> None:
        """Fresh weights: normal with deviation init_std, those that write to the residual stream divided by
        sqrt(2 n_layers), so that its variance does not grow with depth (GPT-2); norm weights one, other vectors 0."""
        generator = torch.Generator().manual_seed(seed)
        for name, parameter in self.named_parameters():
            if parameter.ndim == 1:
                parameter.fill_(1.0 if name.endswith(".weight") else 0.0)
            elif name.endswith("_bias"):  # of experts, one row each
                parameter.zero_()
            else:
                writes = name.endswith(("o_proj.weight", "down_proj.weight", "down_proj"))
                std = self.config.init_std / math.sqrt(2 * self.config.n_layers) if writes else self.config.init_std
                parameter.normal_(0.0, std, generator=generator)

    def hidden(
        self,
        tokens: Int[Tensor, "batch pos"],
        *,
        positions: Int[Tensor, "#batch pos"] | None = None,
        cache: KeyValueCache | None = None,
    ) -> Float[Tensor, "batch pos d_model"]:
        """The residual stream after the final norm: `unembed` of it is the logits.

        Rows may be padded on the right: attention is causal, so no real position sees the padding.

        Args:
            positions: of the tokens, from 0; 0, 1, 2 ... (or on from the cache) if None.
            cache: keys and values of earlier tokens; these tokens are appended to it.

        Raises:
            BadInput: more positions than the model has.
        """
        if positions is None and cache is None and tokens.shape[1] > self.config.max_positions:
            raise BadInput(
                f"{tokens.shape[1]} tokens in a row",
                f"at most max_positions = {self.config.max_positions}",
                "shorten the text, or train with a larger max_positions",
            )
        context = self.context(tokens, positions, cache)
        resid = tap(self.hook_embed, self.embed(tokens))
        for block in self.blocks:
            resid = block(resid, context)
        return self.ln_final(resid)

    def context(
        self, tokens: Int[Tensor, "batch pos"], positions: Int[Tensor, "#batch pos"] | None, cache: KeyValueCache | None
    ) -> Context:
        """What all layers share in one pass."""
        return Context(self.rotary, tokens.shape[1], positions, cache)

    def forward(
        self,
        tokens: Int[Tensor, "batch pos"],
        *,
        positions: Int[Tensor, "#batch pos"] | None = None,
        cache: KeyValueCache | None = None,
        logits_at: Int[Tensor, "batch chosen"] | None = None,
    ) -> Float[Tensor, "batch chosen vocab"]:
        """Next-token logits, at every position or only at the columns `logits_at` of each row. Else as `hidden`."""
        h = self.hidden(tokens, positions=positions, cache=cache)
        if logits_at is not None:
            h = h.gather(1, logits_at[:, :, None].expand(-1, -1, h.shape[-1]))
        return self.unembed(h)

    def routers(self) -> list[Router]:
        return [module for module in self.modules() if isinstance(module, Router)]

    def after_step(self) -> None:
        for router in self.routers():
            router.rebalance()

    def auxiliary_loss(self) -> Float[Tensor, ""]:
        """The sum of the routers' imbalances, one a layer; each is given once."""
        parts = [router.take_imbalance() for router in self.routers()]
        return sum((part for part in parts if part is not None), super().auxiliary_loss())

    def load_metrics(self) -> dict[str, float]:
        """`expert_load`: the busiest expert's tokens over the mean expert's, averaged over the layers with experts."""
        shares = [router.largest_share() for router in self.routers()]
        return {"expert_load": sum(shares) / len(shares)} if shares else {}

    def windows(self) -> list[int | None]:
        """For each layer, how many keys back a query looks at most; None for all. A cache keeps no more."""
        blocks: Any = self.blocks
        return [block.attn.window or block.attn.chunk for block in blocks]

    @staticmethod
    def hf_name(name: str) -> str:
        """The Hugging Face name of one of our parameters."""
        if name == "unembed.weight":
            return "lm_head.weight"
        for ours, theirs in (
            ("embed.", "embed_tokens."),
            ("ln_final.", "norm."),
            ("blocks.", "layers."),
            (".ln1.", ".input_layernorm."),
            (".ln2.", ".post_attention_layernorm."),
            (".attn.", ".self_attn."),
        ):
            name = name.replace(ours, theirs)
        return f"model.{name}"
