"""Benchmarks: each holds one claim about speed against a peer measured in the same run."""
