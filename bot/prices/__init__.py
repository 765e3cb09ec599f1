"""Prices: the shipped sheets, a repository's own, and what is worked out of both for a place."""
