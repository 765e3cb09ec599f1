"""Rightsizing: what workloads use, what they should ask for, and the pull request that says so."""
