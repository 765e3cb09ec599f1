"""The Pod Security Standards of Kubernetes, control by control and version by version."""
