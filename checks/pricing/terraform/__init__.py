"""What Terraform resources cost: a rule for each type, over the prices of the place."""

from checks.pricing.terraform.price import price_terraform

__all__ = ["price_terraform"]
