"""A simulated Anthropic API on loopback."""
