"""Gatekeeper's ConstraintTemplates and constraints, as its webhook judges by them."""

from bot.policy.gatekeeper.engine import GatekeeperEngine

__all__ = ["GatekeeperEngine"]
