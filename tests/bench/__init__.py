"""Figures beside their baselines, taken in the same run. Nothing here is asserted."""
