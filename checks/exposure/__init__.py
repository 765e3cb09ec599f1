"""What of a cloud anybody can reach: buckets, ports and databases, by the provider."""
