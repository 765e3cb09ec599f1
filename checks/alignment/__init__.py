"""What AI workloads are, what they carry as evidence, and how they are compared."""
