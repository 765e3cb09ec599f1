"""Secrets that stand where everybody who reads the repository can read them."""
