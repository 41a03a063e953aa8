"""Exports that were brought as files: tables of any usual form, and WordPress' own WXR."""
