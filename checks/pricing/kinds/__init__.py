"""One rule for each kind of object that has a price."""
