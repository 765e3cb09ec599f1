"""A repository's own policies: read from its base branch, compiled by the engine that each kind
needs, and asked about every object."""
