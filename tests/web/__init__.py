"""The pages behind details_url."""
