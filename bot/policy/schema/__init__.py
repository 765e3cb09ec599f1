"""Objects against the JSON Schemas of their kinds: Kubernetes' own, and those of the repository's
CustomResourceDefinitions."""

from __future__ import annotations

from checks.severity import SeverityByTier

# How hard a finding is where the config does not say: the API server will refuse the object, which
# in production nobody wants to learn from it.
DEFAULT_SEVERITY: SeverityByTier = {"experiment": "warn", "staging": "warn", "production": "fail"}
