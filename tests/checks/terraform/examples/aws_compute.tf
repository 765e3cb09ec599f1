provider "aws" {
  region = "us-east-1"
}

resource "aws_instance" "t3" {
  ami           = "ami-0abc"
  instance_type = "t3.medium"
}

resource "aws_instance" "t3_bursting" {
  ami           = "ami-0abc"
  instance_type = "t3.medium"
}

resource "aws_instance" "t2" {
  ami           = "ami-0abc"
  instance_type = "t2.medium"
}

resource "aws_instance" "t2_bursting" {
  ami           = "ami-0abc"
  instance_type = "t2.medium"
  credit_specification {
    cpu_credits = "unlimited"
  }
}

resource "aws_instance" "some_hours" {
  ami           = "ami-0abc"
  instance_type = "t3.medium"
}

resource "aws_instance" "on_a_host" {
  ami           = "ami-0abc"
  instance_type = "m5.large"
  tenancy       = "host"
  host_id       = "h-0abc"
  root_block_device {
    volume_size = 50
  }
}

resource "aws_launch_template" "basic" {
  name          = "basic"
  instance_type = "t2.medium"
  block_device_mappings {
    device_name = "/dev/xvda"
    ebs {
      volume_size = 10
    }
  }
  block_device_mappings {
    device_name = "/dev/xvdf"
    ebs {
      volume_size = 20
      volume_type = "io1"
      iops        = 200
    }
  }
}

resource "aws_autoscaling_group" "basic" {
  min_size         = 1
  desired_capacity = 2
  max_size         = 3
  launch_template {
    name = "basic"
  }
}

resource "aws_autoscaling_group" "empty_at_least" {
  min_size         = 0
  desired_capacity = 1
  max_size         = 3
  launch_template {
    name = "basic"
  }
}

resource "aws_launch_template" "one_disk" {
  name          = "one-disk"
  instance_type = "t2.medium"
  block_device_mappings {
    device_name = "/dev/xvda"
    ebs {
      volume_size = 10
    }
  }
}

resource "aws_autoscaling_group" "by_usage" {
  min_size = 1
  max_size = 10
  launch_template {
    name = "one-disk"
  }
}

resource "aws_launch_template" "bursting" {
  name          = "bursting"
  instance_type = "t3.large"
}

resource "aws_autoscaling_group" "bursting" {
  min_size         = 1
  desired_capacity = 2
  max_size         = 3
  launch_template {
    name = "bursting"
  }
}

resource "aws_launch_template" "mixed" {
  name          = "mixed"
  instance_type = "t2.micro"
}

resource "aws_autoscaling_group" "mixed" {
  min_size         = 1
  desired_capacity = 3
  max_size         = 5
  mixed_instances_policy {
    launch_template {
      launch_template_specification {
        launch_template_name = "mixed"
      }
      override {
        instance_type = "t2.large"
      }
      override {
        instance_type = "t2.xlarge"
      }
    }
  }
}

resource "aws_launch_configuration" "basic" {
  name              = "lc"
  image_id          = "ami-0abc"
  instance_type     = "t2.medium"
  enable_monitoring = true
  root_block_device {
    volume_size = 10
  }
  ebs_block_device {
    device_name = "/dev/xvdf"
    volume_size = 10
  }
  ebs_block_device {
    device_name = "/dev/xvdg"
    volume_type = "gp3"
    volume_size = 10
  }
}

resource "aws_autoscaling_group" "by_configuration" {
  min_size             = 1
  desired_capacity     = 2
  max_size             = 3
  launch_configuration = "lc"
}
