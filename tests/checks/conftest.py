"""Property tests must not fail because the machine was busy."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("checks", deadline=None)
settings.load_profile("checks")
