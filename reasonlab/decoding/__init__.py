"""Decoding: generation in tiles with a static key/value cache, and sampling by a stream per row."""

from reasonlab.decoding.generate import Generation, Step, generate
from reasonlab.decoding.sampling import Sampling

__all__ = ["Generation", "Sampling", "Step", "generate"]
