"""Objects against the JSON Schemas of their kinds: Kubernetes' own, and those of the repository's
CustomResourceDefinitions."""
