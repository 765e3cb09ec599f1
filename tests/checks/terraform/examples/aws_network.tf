provider "aws" {
  region = "us-east-1"
}

resource "aws_nat_gateway" "idle" {
  subnet_id = "subnet-1"
}

resource "aws_nat_gateway" "used" {
  subnet_id = "subnet-1"
}

resource "aws_lb" "application" {
  name = "application"
}

resource "aws_alb" "application_used" {
  name               = "used"
  load_balancer_type = "application"
}

resource "aws_lb" "network_used" {
  name               = "network"
  load_balancer_type = "network"
}

resource "aws_elb" "classic_used" {
  name = "classic"
  listener {
    instance_port     = 80
    instance_protocol = "http"
    lb_port           = 80
    lb_protocol       = "http"
  }
}

resource "aws_eip" "unattached" {
  domain = "vpc"
}
