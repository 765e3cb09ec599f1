"""Whose cost it is, what may be spent, and what it puts into the air."""
