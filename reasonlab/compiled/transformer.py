"""The transformer that programs are compiled to: attention and ReLU MLPs that add to a residual stream, and no norm.

    x += sum_h softmax_j((x_i W_Q + b_Q)(x_j W_K + b_K)^T) (x_j W_V + b_V) W_O        x += relu(x W_in + b_in) W_out

No layer norm, since it would divide by what other components wrote (as in Tracr, Lindner et al. 2023, arXiv
2301.05062); no scale on the scores and no bias on what is written: the residual stream is the sum of what `embed`,
`pos_embed`, the heads and the MLPs write, and of nothing else. Hook points carry TransformerLens' canonical names and
meanings. A head's reading of the residual stream for queries, keys and values is separate (`hook_{q,k,v}_input`), as is
the MLP's (`hook_mlp_in`): hooks get a copy. The computation is the same, bit by bit, hooked or not.
"""
# ruff: noqa: N802  (W_U and the like are TransformerLens' names)

from dataclasses import asdict, dataclass
from types import SimpleNamespace

import torch
from einops import einsum, repeat
from jaxtyping import Float, Int
from torch import Tensor, nn
from transformer_lens.hook_points import HookPoint

from reasonlab.language.errors import BadInput
from reasonlab.models.hooked import HookedSurface, Unembed, is_hooked, tap


@dataclass(frozen=True)
class Shape:
    """The sizes of a compiled transformer; d_vocab_out is the number of outputs at a position."""

    n_layers: int
    n_heads: int
    d_model: int
    d_head: int
    d_mlp: int
    d_vocab: int
    d_vocab_out: int
    n_ctx: int
    causal: bool


def _zeros(*sizes: int) -> nn.Parameter:
    return nn.Parameter(torch.zeros(sizes))


class Attention(nn.Module):
    """Attention heads without a scale, each with its own copy of the residual stream where a hook wants one."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        heads, d_model, d_head = shape.n_heads, shape.d_model, shape.d_head
        self.causal = shape.causal
        self.W_Q, self.b_Q = _zeros(heads, d_model, d_head), _zeros(heads, d_head)
        self.W_K, self.b_K = _zeros(heads, d_model, d_head), _zeros(heads, d_head)
        self.W_V, self.b_V = _zeros(heads, d_model, d_head), _zeros(heads, d_head)
        self.W_O = _zeros(heads, d_head, d_model)
        self.hook_q_input = HookPoint()  # [batch pos head d_model]
        self.hook_k_input = HookPoint()  # [batch pos head d_model]
        self.hook_v_input = HookPoint()  # [batch pos head d_model]
        self.hook_q = HookPoint()  # [batch pos head d_head]
        self.hook_k = HookPoint()  # [batch pos head d_head]
        self.hook_v = HookPoint()  # [batch pos head d_head]
        self.hook_attn_scores = HookPoint()  # [batch head pos key], masked with -inf
        self.hook_pattern = HookPoint()  # [batch head pos key]
        self.hook_z = HookPoint()  # [batch pos head d_head]
        self.hook_result = HookPoint()  # [batch pos head d_model]

    def forward(self, resid: Float[Tensor, "batch pos d_model"]) -> Float[Tensor, "batch pos d_model"]:
        q = tap(self.hook_q, self._read(resid, self.hook_q_input, self.W_Q, self.b_Q))
        k = tap(self.hook_k, self._read(resid, self.hook_k_input, self.W_K, self.b_K))
        v = tap(self.hook_v, self._read(resid, self.hook_v_input, self.W_V, self.b_V))
        scores = einsum(q, k, "batch pos head d_head, batch key head d_head -> batch head pos key")
        if self.causal:
            later = torch.ones_like(scores, dtype=torch.bool).triu(1)
            scores = scores.masked_fill(later, -torch.inf)
        pattern = tap(self.hook_pattern, tap(self.hook_attn_scores, scores).softmax(-1))
        z = tap(self.hook_z, einsum(pattern, v, "batch head pos key, batch key head d -> batch pos head d"))
        result = einsum(z, self.W_O, "batch pos head d_head, head d_head d_model -> batch pos head d_model")
        return tap(self.hook_result, result).sum(2)

    def _read(
        self,
        resid: Float[Tensor, "batch pos d_model"],
        point: HookPoint,
        weight: Float[Tensor, "head d_model d_head"],
        bias: Float[Tensor, "head d_head"],
    ) -> Float[Tensor, "batch pos head d_head"]:
        copies = repeat(resid, "batch pos d_model -> batch pos head d_model", head=len(weight))
        if is_hooked(point):
            copies = point(copies.clone())  # a hook may write in place
        return einsum(copies, weight, "batch pos head d_model, head d_model d_head -> batch pos head d_head") + bias


class MLP(nn.Module):
    """relu(x W_in + b_in) W_out."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.W_in, self.b_in = _zeros(shape.d_model, shape.d_mlp), _zeros(shape.d_mlp)
        self.W_out = _zeros(shape.d_mlp, shape.d_model)
        self.hook_pre = HookPoint()  # [batch pos d_mlp]
        self.hook_post = HookPoint()  # [batch pos d_mlp]

    def forward(self, x: Float[Tensor, "batch pos d_model"]) -> Float[Tensor, "batch pos d_model"]:
        return tap(self.hook_post, tap(self.hook_pre, x @ self.W_in + self.b_in).relu()) @ self.W_out


class Block(nn.Module):
    """Attention, then the MLP; each adds to the residual stream."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.attn, self.mlp = Attention(shape), MLP(shape)
        self.hook_resid_pre = HookPoint()  # [batch pos d_model], and so the others
        self.hook_attn_out = HookPoint()
        self.hook_resid_mid = HookPoint()
        self.hook_mlp_in = HookPoint()
        self.hook_mlp_out = HookPoint()
        self.hook_resid_post = HookPoint()

    def forward(self, resid: Float[Tensor, "batch pos d_model"]) -> Float[Tensor, "batch pos d_model"]:
        resid = tap(self.hook_resid_pre, resid)
        resid = tap(self.hook_resid_mid, resid + tap(self.hook_attn_out, self.attn(resid)))
        read = self.hook_mlp_in(resid.clone()) if is_hooked(self.hook_mlp_in) else resid
        return tap(self.hook_resid_post, resid + tap(self.hook_mlp_out, self.mlp(read)))


class CompiledTransformer(HookedSurface):
    """The model, its weights zero: the compiler fills them in.

    Attributes:
        shape: its sizes. cfg: what TransformerLens' tools read.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.embed = nn.Embedding(shape.d_vocab, shape.d_model)
        self.pos_embed = nn.Embedding(shape.n_ctx, shape.d_model)
        self.hook_embed = HookPoint()  # [batch pos d_model]
        self.hook_pos_embed = HookPoint()  # [batch pos d_model]
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.n_layers))
        self.unembed = Unembed(shape.d_model, shape.d_vocab_out, bias=False)
        for module in (self.embed, self.pos_embed, self.unembed):
            nn.init.zeros_(module.weight)
        self.cfg = SimpleNamespace(
            **{name: size for name, size in asdict(shape).items() if name != "causal"},
            model_name="compiled",
            attention_dir="causal" if shape.causal else "bidirectional",
            act_fn="relu",
            normalization_type=None,
            final_rms=False,
            attn_only=False,
            gated_mlp=False,
            parallel_attn_mlp=False,
            positional_embedding_type="standard",
            use_attn_scale=False,
            use_attn_result=True,
            use_split_qkv_input=True,
            use_hook_mlp_in=True,
            use_attn_in=False,
            default_prepend_bos=False,
            device=self.device,
            dtype=self.dtype,
        )
        self.setup()
        self.eval()  # TransformerLens' tools refuse a model in training; this one never trains

    def forward(self, tokens: Int[Tensor, "batch pos"]) -> Float[Tensor, "batch pos out"]:
        """The outputs at every position, the first of which is BOS's and means nothing.

        Raises:
            BadInput: more tokens than positions.
        """
        if tokens.shape[1] > self.shape.n_ctx:
            raise BadInput(f"{tokens.shape[1]} tokens with BOS", f"at most {self.shape.n_ctx}", "take shorter inputs")
        positions = torch.arange(tokens.shape[1], device=tokens.device)
        placed = repeat(self.pos_embed(positions), "pos d_model -> batch pos d_model", batch=len(tokens))
        if is_hooked(self.hook_pos_embed):
            placed = self.hook_pos_embed(placed.clone())
        resid = tap(self.hook_embed, self.embed(tokens)) + placed
        for block in self.blocks:
            resid = block(resid)
        return self.unembed(resid)

    def layer(self, layer: int) -> Block:
        """The block of a layer."""
        block = self.blocks[layer]
        assert isinstance(block, Block)
        return block

    @property
    def W_pos(self) -> Float[Tensor, "pos d_model"]:
        return self.pos_embed.weight
