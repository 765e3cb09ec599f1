"""Our labels: how they are called, and where people put them."""
