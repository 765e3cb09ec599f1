"""What rendering one chart may use."""

from __future__ import annotations

# The library alone takes 70 MiB; a large chart renders in a second.
SECONDS = 30.0
MEMORY_BYTES = 1024 * 1024 * 1024
OUTPUT_BYTES = 16 * 1024 * 1024
# The worker's exit code when it has ended itself.
OUT_OF_TIME = 75
# A worker that nobody asks anything for so long ends itself.
IDLE_SECONDS = 30.0
