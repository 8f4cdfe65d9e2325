"""Stands in for verifiers 0.4."""
