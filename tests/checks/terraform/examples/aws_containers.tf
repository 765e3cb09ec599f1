provider "aws" {
  region = "us-east-1"
}

resource "aws_eks_cluster" "plain" {
  name     = "plain"
  role_arn = "arn:aws:iam::123456789012:role/eks"
  vpc_config {
    subnet_ids = ["subnet-1"]
  }
}

resource "aws_eks_cluster" "old" {
  for_each = toset(["1.24", "1.28", "1.29"])
  name     = "old"
  version  = each.key
  role_arn = "arn:aws:iam::123456789012:role/eks"
  vpc_config {
    subnet_ids = ["subnet-1"]
  }
}

resource "aws_eks_node_group" "plain" {
  cluster_name  = "plain"
  node_role_arn = "arn:aws:iam::123456789012:role/node"
  subnet_ids    = ["subnet-1"]
  scaling_config {
    min_size     = 1
    desired_size = 1
    max_size     = 1
  }
}

resource "aws_eks_node_group" "larger_disk" {
  cluster_name   = "plain"
  node_role_arn  = "arn:aws:iam::123456789012:role/node"
  subnet_ids     = ["subnet-1"]
  instance_types = ["t2.medium"]
  disk_size      = 30
  scaling_config {
    min_size     = 1
    desired_size = 1
    max_size     = 1
  }
}

resource "aws_eks_node_group" "by_usage" {
  cluster_name   = "plain"
  node_role_arn  = "arn:aws:iam::123456789012:role/node"
  subnet_ids     = ["subnet-1"]
  instance_types = ["t3.medium"]
  scaling_config {
    min_size     = 1
    desired_size = 3
    max_size     = 9
  }
}

resource "aws_launch_template" "nodes" {
  name          = "nodes"
  instance_type = "m5.xlarge"
  block_device_mappings {
    device_name = "/dev/xvda"
    ebs {
      volume_size = 20
    }
  }
}

resource "aws_eks_node_group" "template" {
  cluster_name  = "plain"
  node_role_arn = "arn:aws:iam::123456789012:role/node"
  subnet_ids    = ["subnet-1"]
  launch_template {
    name    = "nodes"
    version = "1"
  }
  scaling_config {
    min_size     = 1
    desired_size = 3
    max_size     = 3
  }
}

resource "aws_launch_template" "large" {
  name          = "large"
  instance_type = "m5.large"
  block_device_mappings {
    device_name = "/dev/xvda"
    ebs {
      volume_size = 100
      volume_type = "gp3"
    }
  }
}

resource "aws_eks_node_group" "template_gp3" {
  cluster_name  = "plain"
  node_role_arn = "arn:aws:iam::123456789012:role/node"
  subnet_ids    = ["subnet-1"]
  launch_template {
    name    = "large"
    version = "1"
  }
  scaling_config {
    min_size     = 3
    desired_size = 3
    max_size     = 3
  }
}

resource "aws_eks_fargate_profile" "pods" {
  cluster_name           = "plain"
  fargate_profile_name   = "pods"
  pod_execution_role_arn = "arn:aws:iam::123456789012:role/pods"
  selector {
    namespace = "web"
  }
}

resource "aws_ecs_task_definition" "small" {
  family                   = "small"
  requires_compatibilities = ["FARGATE"]
  cpu                      = "1 vCPU"
  memory                   = "2 GB"
  container_definitions    = "[]"
}

resource "aws_ecs_service" "one" {
  name            = "one"
  launch_type     = "FARGATE"
  task_definition = "small"
  desired_count   = 1
}

resource "aws_ecs_service" "five" {
  name            = "five"
  launch_type     = "FARGATE"
  task_definition = "small:3"
  desired_count   = 5
}
