"""CEL as Kubernetes' admission control evaluates it, in a killable worker."""
