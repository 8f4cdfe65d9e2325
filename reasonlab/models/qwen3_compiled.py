"""One decoding step of Qwen3 in one call of compiled code (`kernels.cpp`, qwen3_step): all layers, a few rows at once.

The weights are float32 in panels, whatever the model's precision: a row of few numbers meets each weight once, so its
conversion would cost as much as its use. The cache keeps the model's precision. The twin without a compiler is
`qwen3_step.PackedStep`, the slow one `Qwen3.forward` (tests).
"""

import ctypes
from typing import TYPE_CHECKING, Protocol

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from reasonlab.models import native
from reasonlab.models.kernels import HALF
from reasonlab.models.qwen3_step import pack

if TYPE_CHECKING:
    from reasonlab.models.qwen3 import Qwen3


# Keys and values of the rows decoded together: what a core may hope to keep of a cache that it shares with others.
CACHE_BYTES = 5_000_000
MOST_ROWS = 120


class RoomyCache(Protocol):
    """A cache that gives room away, for the compiled step to write into."""

    def reserve(
        self, layer: int, new: int
    ) -> tuple[Float[Tensor, "batch kv key d_k"], Float[Tensor, "batch kv key d_v"]]:
        """What the next `new` queries may look at; its last `new` slots are the caller's to fill."""


class Layer(ctypes.Structure):
    _fields_ = [(name, ctypes.c_void_p) for name in ("qkv", "out", "gate_up", "down", "gains", "k", "v")]


class Step(ctypes.Structure):
    _fields_ = [
        *((name, ctypes.c_int64) for name in ("rows", "layers", "d_model", "heads", "kv", "d_head", "d_mlp", "vocab")),
        *((name, ctypes.c_int64) for name in ("slots", "k_batch", "k_head", "k_d", "v_batch", "v_head", "v_slot")),
        ("layer", ctypes.POINTER(Layer)),
        *((name, ctypes.c_void_p) for name in ("embed", "unembed", "cos", "sin", "tokens", "positions", "logits")),
        ("eps", ctypes.c_float),
        *((name, ctypes.c_int32) for name in ("positions_differ", "half", "threads")),
    ]


def panels(matrix: Float[Tensor, "size columns"], width: int) -> Float[Tensor, "panel size width"]:
    """Columns in groups of `width`, the last filled up with zeros."""
    padded = F.pad(matrix.float(), (0, -matrix.shape[1] % width))
    return padded.unflatten(1, (-1, width)).transpose(0, 1).contiguous()


class CompiledStep:
    """The model as it was when this was made: later changes to its weights do not reach it. On a CPU only."""

    def __init__(self, model: "Qwen3", library: ctypes.CDLL) -> None:
        self.library, self.config, config = library, model.config, model.config
        self.bytes = model.embed.weight.element_size()
        layers, unembed = pack(model, torch.float32)
        width, self.block = native.panel_width(library), native.row_block(library)
        self.weights = [
            [*(panels(matrix, width) for matrix in layer[:4]), layer.gains.contiguous()] for layer in layers
        ]
        self.around = {
            "embed": model.embed.weight.detach().float().contiguous(), "unembed": panels(unembed, width),
            "cos": model.rotary.cos.float().contiguous(), "sin": model.rotary.sin.float().contiguous(),
        }  # fmt: skip
        self.layers = (Layer * config.n_layers)()
        for layer, weights in zip(self.layers, self.weights, strict=True):
            for name, tensor in zip(("qkv", "out", "gate_up", "down", "gains"), weights, strict=True):
                setattr(layer, name, tensor.data_ptr())
        self.step = Step(
            layers=config.n_layers, d_model=config.d_model, heads=config.n_heads, kv=config.n_kv_heads,
            d_head=config.d_head, d_mlp=config.d_mlp, vocab=config.vocab_size, layer=self.layers, eps=config.rms_eps,
            **{name: tensor.data_ptr() for name, tensor in self.around.items()},
        )  # fmt: skip

    def tile(self, slots: int) -> int:
        """How many rows of so many slots to decode together: whole blocks of the products, at least one."""
        config = self.config
        bytes_a_row = 2 * config.n_layers * config.n_kv_heads * config.d_head * slots * self.bytes
        return min(MOST_ROWS, max(1, CACHE_BYTES // (bytes_a_row * self.block)) * self.block)

    def __call__(
        self, tokens: Int[Tensor, "batch"], positions: Int[Tensor, "#batch 1"], cache: RoomyCache
    ) -> Float[Tensor, "batch vocab"]:
        """The logits after one more token a row, in float32; the token is appended to the cache."""
        step, tokens, positions = self.step, tokens.contiguous(), positions.contiguous()
        logits = torch.empty(len(tokens), self.config.vocab_size)
        for index, layer in enumerate(self.layers):
            keys, values = cache.reserve(index, 1)
            layer.k, layer.v = keys.data_ptr(), values.data_ptr()
        step.rows, step.slots, step.half = len(tokens), keys.shape[2], HALF[keys.dtype]
        step.k_batch, step.k_head, _, step.k_d = keys.stride()
        step.v_batch, step.v_head, step.v_slot, _ = values.stride()
        step.tokens, step.positions, step.logits = tokens.data_ptr(), positions.data_ptr(), logits.data_ptr()
        step.positions_differ, step.threads = len(positions) > 1, torch.get_num_threads()
        self.library.reasonlab_qwen3_step(ctypes.byref(step))
        return logits
