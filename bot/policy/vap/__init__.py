"""Kubernetes' ValidatingAdmissionPolicies."""

from __future__ import annotations

from bot.policy.vap.engine import VapEngine

__all__ = ["VapEngine"]
