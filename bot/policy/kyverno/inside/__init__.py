"""What runs in the worker alone: nothing here reads files, the clock or the environment."""
