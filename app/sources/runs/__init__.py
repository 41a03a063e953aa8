"""Sync runs: begun, claimed, carried on, ended."""
