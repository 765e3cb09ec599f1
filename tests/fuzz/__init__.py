"""Policies and manifests that nobody would write, judged by the real engines in their workers."""
