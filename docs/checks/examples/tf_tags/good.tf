provider "aws" {
  region = "eu-west-1"
  default_tags {
    tags = { CostCenter = "4711" }
  }
}

resource "aws_db_instance" "orders" {
  engine         = "postgres"
  instance_class = "db.m6g.large"
  tags           = { team = "shop" }
}
