provider "aws" {
  region = "us-east-1"
}

resource "aws_ebs_volume" "io1" {
  availability_zone = "us-east-1a"
  type              = "io1"
  size              = 30
  iops              = 300
}

resource "aws_ebs_volume" "io2" {
  availability_zone = "us-east-1a"
  type              = "io2"
  size              = 30
  iops              = 300
}

resource "aws_ebs_volume" "gp3" {
  availability_zone = "us-east-1a"
  type              = "gp3"
  size              = 40
  iops              = 4000
  throughput        = 130
}

resource "aws_ebs_volume" "st1" {
  availability_zone = "us-east-1a"
  type              = "st1"
  size              = 40
}

resource "aws_ebs_volume" "unsaid" {
  availability_zone = "us-east-1a"
  size              = 10
}

resource "aws_db_instance" "mysql" {
  engine            = "mysql"
  instance_class    = "db.t3.large"
  allocated_storage = 20
}

resource "aws_db_instance" "mysql_two_zones" {
  engine            = "mysql"
  instance_class    = "db.t3.large"
  multi_az          = true
  allocated_storage = 30
}

resource "aws_db_instance" "mysql_iops" {
  engine            = "mysql"
  instance_class    = "db.t3.large"
  storage_type      = "io1"
  allocated_storage = 100
  iops              = 1200
}

resource "aws_db_instance" "mysql_few_iops" {
  engine            = "mysql"
  instance_class    = "db.t3.large"
  storage_type      = "io1"
  allocated_storage = 100
  iops              = 500
}

resource "aws_db_instance" "sqlserver" {
  engine            = "sqlserver-se"
  license_model     = "license-included"
  instance_class    = "db.m5.xlarge"
  allocated_storage = 20
}

resource "aws_db_instance" "gp3_two_zones" {
  engine            = "mysql"
  instance_class    = "db.t4g.small"
  multi_az          = true
  storage_type      = "gp3"
  allocated_storage = 400
  iops              = 14000
}

resource "aws_db_instance" "postgres_12" {
  engine            = "postgres"
  engine_version    = "12"
  instance_class    = "db.t3.large"
  allocated_storage = 20
}

resource "aws_db_instance" "mysql_57" {
  engine            = "mysql"
  engine_version    = "5.7.44"
  instance_class    = "db.t3.large"
  allocated_storage = 20
}

resource "aws_rds_cluster_instance" "mysql" {
  cluster_identifier = "data"
  engine             = "aurora-mysql"
  instance_class     = "db.r4.large"
}

resource "aws_rds_cluster_instance" "postgres_15" {
  cluster_identifier = "data"
  engine             = "aurora-postgresql"
  engine_version     = "15"
  instance_class     = "db.t3.large"
}

resource "aws_rds_cluster_instance" "serverless" {
  cluster_identifier = "data"
  engine             = "aurora-postgresql"
  instance_class     = "db.serverless"
}

resource "aws_elasticache_cluster" "redis" {
  cluster_id      = "redis"
  engine          = "redis"
  node_type       = "cache.m6g.12xlarge"
  num_cache_nodes = 1
}

resource "aws_elasticache_cluster" "redis_kept" {
  cluster_id               = "redis"
  engine                   = "redis"
  node_type                = "cache.m6g.12xlarge"
  num_cache_nodes          = 1
  snapshot_retention_limit = 2
}

resource "aws_elasticache_cluster" "memcached" {
  cluster_id      = "memcached"
  engine          = "memcached"
  node_type       = "cache.m4.large"
  num_cache_nodes = 2
}

resource "aws_elasticache_replication_group" "sharded" {
  replication_group_id    = "sharded"
  description             = "4 shards of 1 + 3"
  node_type               = "cache.m4.large"
  num_node_groups         = 4
  replicas_per_node_group = 3
}

resource "aws_elasticache_replication_group" "whole" {
  replication_group_id = "whole"
  description          = "1 + 2"
  node_type            = "cache.r5.4xlarge"
  num_cache_clusters   = 3
}

resource "aws_cloudwatch_log_group" "logs" {
  name = "logs"
}

resource "aws_lambda_function" "large" {
  function_name = "large"
  role          = "arn:aws:iam::123456789012:role/f"
  memory_size   = 512
}

resource "aws_lambda_function" "arm" {
  function_name = "arm"
  role          = "arn:aws:iam::123456789012:role/f"
  architectures = ["arm64"]
  memory_size   = 512
}

resource "aws_lambda_function" "past_the_first_tier" {
  function_name = "many"
  role          = "arn:aws:iam::123456789012:role/f"
  memory_size   = 1024
}
