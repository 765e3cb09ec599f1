variable "inference_nodes" {
  type    = number
  default = 2
}

provider "aws" {
  region = "us-east-1"
}

resource "aws_instance" "batch_scorer" {
  count         = var.inference_nodes
  ami           = "ami-0abcdef1234567890"
  instance_type = "m6i.2xlarge"

  root_block_device {
    volume_type = "gp3"
    volume_size = 100
  }

  tags = {
    "cost-center" = "customer-insights"
    "team"        = "batch"
    "tier"        = "production"
  }
}
