"""From a program to the weights of a transformer that computes it exactly, and the edges of which it consists.

The compiler knows what every component reads and writes, because it put it there: ground truth for methods that look
for circuits (Lindner et al. 2023, 'Tracr', arXiv 2301.05062). Around the program stand components that do something and
matter to nothing: distractors, heads and neurons that read every variable and each other by random weights and write to
axes that neither the program nor the unembedding reads.

The invariant: an edge is true if and only if what it carries differs between inputs and the outputs depend on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float, Int
from torch import Tensor

from reasonlab.compiled.edges import Edge
from reasonlab.compiled.layout import BOS_AXIS, Layout, Variable, encode, lay_out
from reasonlab.compiled.programs import Program
from reasonlab.compiled.rasp import Aggregate, Indices, InverseWidth, Map, SequenceMap, SOp, Tokens, Value
from reasonlab.compiled.transformer import CompiledTransformer, Shape
from reasonlab.compiled.weights import HeadWeights, Neuron, Reading, head_weights, neurons
from reasonlab.language.errors import BadInput, quote
from reasonlab.models.graph import LOGITS, Graph

BOS = 0
"""BOS's token id; the vocabulary's follow."""
SPARE_HEADS, SPARE_NEURONS, D_JUNK = 2, 8, 8


@dataclass(frozen=True, eq=False)
class CompiledProgram:
    """A program, the model that computes it, and what of the model does so.

    Attributes:
        edges: the true ones, under resample ablation (`Program.ablation`).
        variables: what the program computes, in the order in which the model does.
    """

    program: Program
    model: CompiledTransformer
    edges: frozenset[Edge]
    variables: tuple[Variable, ...]

    meaningful: ClassVar[slice] = slice(1, None)
    """The positions whose outputs mean something: all but BOS's."""

    @property
    def graph(self) -> Graph:
        """Every edge of the model, true or not."""
        return Graph(self.model.shape.n_layers, self.model.shape.n_heads, self.model.shape.n_heads)

    def roles(self) -> dict[str, list[str]]:
        """The variables that a node writes, by node; a node that is missing here does not matter."""
        return {
            writer: [variable.op.name for variable in self.variables if variable.writer == writer]
            for writer in dict.fromkeys(variable.writer for variable in self.variables)
        }

    def unread_points(self) -> set[str]:
        """The hook points that matter to nothing: within attention or an MLP that computes no variable."""
        parts = {
            "attn.hook_": ("q_input", "k_input", "v_input", "q", "k", "v", "attn_scores", "pattern", "z"),
            "": ("hook_mlp_in", "mlp.hook_pre", "mlp.hook_post"),
        }
        attentive = {variable.layer for variable in self.variables if variable.head is not None}
        thinking = {variable.layer for variable in self.variables if variable.head is None}
        return {
            f"blocks.{layer}.{prefix}{name}"
            for layer in range(self.model.shape.n_layers)
            for (prefix, names), live in zip(parts.items(), (attentive, thinking))
            if layer not in live
            for name in names
        }

    def tokens(self, inputs: Sequence[Sequence[str]]) -> Int[Tensor, "batch pos"]:
        """Token ids of inputs of one length, BOS first: what the model takes.

        Raises:
            BadInput: the lengths differ, or a token is not in the vocabulary.
        """
        if len({len(tokens) for tokens in inputs}) != 1:
            raise BadInput("inputs of different lengths", "equal lengths", "run them one at a time")
        ids = {token: 1 + i for i, token in enumerate(self.program.vocabulary)}
        for token in {token for tokens in inputs for token in tokens} - ids.keys():
            raise BadInput(f"the token {quote(token)}", f"one of {quote(list(ids))}", "choose another")
        rows = [[BOS, *(ids[token] for token in tokens)] for tokens in inputs]
        return torch.tensor(rows, device=self.model.device)

    def sample(self, n: int, seed: int) -> Int[Tensor, "batch pos"]:
        """Token ids of `program.sample(n, seed)`; all of one length."""
        return self.tokens(self.program.sample(n, seed))

    def expected(self, tokens: Int[Tensor, "batch pos"]) -> Float[Tensor, "batch pos out"]:
        """What the program says that the model's outputs are: categories one-hot, a number as itself; nan at BOS.

        Raises:
            BadInput: BOS does not stand at the first position and nowhere else.
        """
        if (tokens[:, 0] != BOS).any() or (tokens[:, 1:] == BOS).any():
            raise BadInput(
                "tokens with BOS elsewhere", "BOS first, and only there", "make them by tokens() or sample()"
            )
        vocabulary, output = self.program.vocabulary, self.program.output
        found = torch.full((*tokens.shape, self.model.shape.d_vocab_out), torch.nan)
        for row, ids in zip(found, tokens.tolist()):
            values = self.program([vocabulary[i - 1] for i in ids[1:]])
            row[self.meaningful] = torch.tensor([encode(output, value) for value in values])
        return found.to(tokens.device)

    def decode(self, outputs: Float[Tensor, "batch pos out"]) -> list[list[Value]]:
        """The values that the model's outputs stand for, without BOS's position."""
        if self.program.output.numerical:
            return outputs[:, self.meaningful, 0].tolist()
        values = self.program.output.values
        return [[values[i] for i in row] for row in outputs[:, self.meaningful].argmax(-1).tolist()]


def compile_program(
    program: Program, *, distractors: bool = True, sharpness: float = 100.0, seed: int = 0
) -> CompiledProgram:
    """The program as a transformer.

    Args:
        distractors: whether the heads and neurons that compute no variable compute something else, that nothing reads;
            otherwise their weights are zero. At least two heads of every layer are such, and eight neurons.
        sharpness: by how much a selected key outscores one that is not; by half as much a default. Where it is small,
            attention is soft, and the model only nearly computes the program.
        seed: of the distractors' weights, and of which heads they are.

    Raises:
        BadInput: the program has an operation that has no exact weights here: a selector or a map of two numbers, say.
    """
    layout = lay_out(program.output, spare_heads=SPARE_HEADS, d_junk=D_JUNK, seed=seed)
    heads = {
        (variable.layer, variable.head): head_weights(op, layout, sharpness)
        for op, variable in layout.variables.items()
        if isinstance(op, Aggregate | InverseWidth) and variable.head is not None
    }
    units: dict[int, list[Neuron]] = {layer: [] for layer in range(layout.n_layers)}
    for op, variable in layout.variables.items():
        if isinstance(op, Map | SequenceMap):
            units[variable.layer] += neurons(op, layout)
    model = CompiledTransformer(_shape(program, layout, list(heads.values()), units))
    with torch.no_grad():
        if distractors:
            _distract(model, layout.junk, torch.Generator().manual_seed(seed))
        _embed(model, program, layout)
        for (layer, head), weights in heads.items():
            _set_head(model, layer, head, weights)
        for layer, made in units.items():
            _set_neurons(model, layer, made)
        axes = list(layout.variables[program.output].axes)
        model.unembed.weight[range(len(axes)), axes] = 1.0
    return CompiledProgram(program, model, _true_edges(program.output, layout), tuple(layout.variables.values()))


def _shape(program: Program, layout: Layout, heads: list[HeadWeights], units: dict[int, list[Neuron]]) -> Shape:
    return Shape(
        n_layers=layout.n_layers,
        n_heads=layout.n_heads,
        d_model=layout.d_model,
        d_head=max(max(len(weights.q.bias), len(weights.v.bias)) for weights in heads),
        d_mlp=SPARE_NEURONS + max(len(made) for made in units.values()),
        d_vocab=1 + len(program.vocabulary),
        d_vocab_out=len(layout.variables[program.output].axes),
        n_ctx=1 + program.length,
        causal=program.causal,
    )


def _distract(model: CompiledTransformer, junk: range, generator: torch.Generator) -> None:
    """Random weights everywhere in the layers, that write to `junk`; what the program needs is set over them."""
    shape = model.shape

    def random_(parameter: Tensor, scale: float) -> None:
        parameter.copy_(scale * torch.randn(parameter.shape, generator=generator))

    for block in map(model.layer, range(shape.n_layers)):
        random_(block.attn.W_Q, shape.d_head**-0.25)
        random_(block.attn.W_K, shape.d_head**-0.25)
        random_(block.attn.W_V, 1.0)
        random_(block.mlp.W_in, 1.0)
        random_(block.mlp.b_in, 1.0)
        random_(block.attn.W_O[:, :, junk.start : junk.stop], shape.d_head**-0.5)
        random_(block.mlp.W_out[:, junk.start : junk.stop], shape.d_mlp**-0.5)


def _embed(model: CompiledTransformer, program: Program, layout: Layout) -> None:
    """Tokens at their ids, positions from the first after BOS; BOS has its axis alone."""
    model.embed.weight[BOS, BOS_AXIS] = 1.0
    for op, variable in layout.variables.items():
        if isinstance(op, Tokens):
            for i, axis in enumerate(variable.axes):
                model.embed.weight[1 + i, axis] = 1.0
        elif isinstance(op, Indices):
            for i, axis in enumerate(variable.axes):
                model.pos_embed.weight[1 + i, axis] = 1.0


def _set_head(model: CompiledTransformer, layer: int, head: int, weights: HeadWeights) -> None:
    attention = model.layer(layer).attn

    def place(weight: Tensor, bias: Tensor, reading: Reading) -> None:
        size = len(reading.bias)
        weight.zero_()
        weight[:, :size] = reading.weight
        bias[:size] = reading.bias

    place(attention.W_Q[head], attention.b_Q[head], weights.q)
    place(attention.W_K[head], attention.b_K[head], weights.k)
    place(attention.W_V[head], attention.b_V[head], weights.v)
    attention.W_O[head].zero_()
    attention.W_O[head, : len(weights.out)] = weights.out


def _set_neurons(model: CompiledTransformer, layer: int, made: list[Neuron]) -> None:
    mlp = model.layer(layer).mlp
    for i, neuron in enumerate(made):
        mlp.W_in[:, i], mlp.b_in[i], mlp.W_out[i] = neuron.reads, neuron.bias, neuron.writes


def _true_edges(output: SOp, layout: Layout) -> frozenset[Edge]:
    """From whoever writes what a variable is computed from to the reader that computes it."""
    found = {Edge(layout.variables[output].writer, LOGITS)} if output.varies else set()
    for op, variable in layout.variables.items():
        for reader, operand in _reads(op, variable):
            if operand.varies:
                found.add(Edge(layout.variables[operand].writer, reader))
    return frozenset(found)


def _reads(op: SOp, variable: Variable) -> list[tuple[str, SOp]]:
    """What is read for a variable, each with its reader."""
    if not isinstance(op, Aggregate | InverseWidth):
        return [(variable.writer, operand) for operand in op.operands]
    selector, found = op.selector, []
    if selector.reads_queries:
        found.append((f"{variable.writer} q", selector.queries))
    if selector.reads_keys:
        found.append((f"{variable.writer} k", selector.keys))
    if isinstance(op, Aggregate):
        found.append((f"{variable.writer} v", op.operand))
    return found
