"""Kyverno's policies. The engine is in `engine`; the worker imports none of what is beside it."""
