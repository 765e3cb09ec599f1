"""From trees to snapshots: each renderer turns files at a commit into Kubernetes objects."""
