"""What a root needs of other places: fetched only from hosts that a maintainer allows, outside of
any worker, pinned, bounded and kept on disk."""
