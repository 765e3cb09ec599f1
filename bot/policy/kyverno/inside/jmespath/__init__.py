"""JMESPath as Kyverno speaks it."""
