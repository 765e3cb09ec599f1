"""Which nodes a pod lands on, and what its share of one costs."""
