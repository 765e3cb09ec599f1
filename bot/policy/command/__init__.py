"""`plumbline policy`: test, lint, explain, new and matrix, for those who write policies."""
