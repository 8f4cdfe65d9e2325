"""Chains that are right, and the same with one thing changed: a theory a file, and in each an oracle for the harm done.

The oracles share no code with the verifiers: every small world, Z3 on the terms as they stand, a simulation.
"""
