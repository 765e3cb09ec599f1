resource "aws_s3_bucket" "exports" {
  bucket = "shop-exports"
  acl    = "public-read"
}

resource "aws_security_group" "admin" {
  ingress {
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_db_instance" "orders" {
  engine              = "postgres"
  publicly_accessible = true
}

resource "google_compute_firewall" "all" {
  network       = "default"
  source_ranges = ["0.0.0.0/0"]
  allow { protocol = "all" }
}
