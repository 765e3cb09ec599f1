"""What of a repository is deployed: the roots to render, found from its files."""
