"""Consent: who may be written to, and how somebody says that it is enough."""
