"""Hand-compiled transformers: programs as exact weights, whose circuits are known, to judge circuit discovery by."""

from reasonlab.compiled.compiler import CompiledProgram, compile_program
from reasonlab.compiled.edges import Edge
from reasonlab.compiled.programs import PROGRAMS, Program
from reasonlab.compiled.transformer import CompiledTransformer

__all__ = [
    "PROGRAMS",
    "CompiledProgram",
    "CompiledTransformer",
    "Edge",
    "Program",
    "compile_program",
]
