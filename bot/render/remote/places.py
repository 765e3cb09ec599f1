"""Where what was fetched is, beside the repository's files on disk."""

from __future__ import annotations

# What stands below is of no file of the repository: a place in it is told as the place that asks
# for it.
FETCHED = ".plumbline-fetched"
# Says where the charts are that a chart depends on: {chart's folder: {name: {folder | error}}}.
CHARTS = f"{FETCHED}/charts.json"
