"""Terraform resources as rules over single attributes read them."""
