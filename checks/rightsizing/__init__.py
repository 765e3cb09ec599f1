"""What requests should be, from what was used."""
