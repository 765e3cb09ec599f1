"""Kyverno's policies."""

from bot.policy.kyverno.engine import KyvernoEngine

__all__ = ["KyvernoEngine"]
