"""Webhooks: bytes and headers in, a Delivery out. Handlers translate, they never decide."""
