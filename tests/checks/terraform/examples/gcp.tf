provider "google" {
  region = "us-central1"
}

resource "google_container_cluster" "zonal" {
  name               = "zonal"
  location           = "us-central1-a"
  initial_node_count = 3
  node_config {
    disk_type = "pd-standard"
  }
}

resource "google_container_cluster" "regional" {
  name               = "regional"
  location           = "us-central1"
  initial_node_count = 3
  node_config {
    disk_type = "pd-standard"
  }
}

resource "google_container_cluster" "two_zones" {
  name               = "two-zones"
  location           = "us-central1"
  node_locations     = ["us-central1-a", "us-central1-b"]
  initial_node_count = 3
  node_config {
    disk_type = "pd-standard"
  }
}

resource "google_container_cluster" "default_disk" {
  name               = "default-disk"
  location           = "us-central1-a"
  initial_node_count = 3
}

resource "google_container_cluster" "autopilot" {
  name             = "autopilot"
  location         = "us-central1"
  enable_autopilot = true
}

resource "google_container_node_pool" "zonal" {
  name       = "zonal"
  cluster    = "zonal"
  location   = "us-central1-a"
  node_count = 4
  node_config {
    disk_type = "pd-standard"
  }
}

resource "google_container_node_pool" "two_zones" {
  name           = "two-zones"
  cluster        = "two-zones"
  location       = "us-central1"
  node_locations = ["us-central1-a", "us-central1-b"]
  node_count     = 2
  node_config {
    disk_type = "pd-standard"
  }
}

resource "google_container_node_pool" "gpus" {
  name       = "gpus"
  cluster    = "zonal"
  location   = "us-central1-a"
  node_count = 3
  node_config {
    machine_type    = "n1-standard-16"
    disk_type       = "pd-ssd"
    disk_size_gb    = 120
    local_ssd_count = 1
    guest_accelerator = [{ type = "nvidia-tesla-k80", count = 4 }]
  }
}

resource "google_compute_disk" "standard" {
  name = "standard"
  zone = "us-central1-a"
}

resource "google_compute_disk" "ssd" {
  name = "ssd"
  zone = "us-central1-a"
  type = "pd-ssd"
}

resource "google_compute_disk" "hyperdisk" {
  name             = "hyperdisk"
  zone             = "us-central1-a"
  type             = "hyperdisk-extreme"
  size             = 128
  provisioned_iops = 20000
}

resource "google_compute_router_nat" "few" {
  name   = "few"
  router = "r"
  region = "us-central1"
}

resource "google_compute_router_nat" "many" {
  name   = "many"
  router = "r"
  region = "us-central1"
}

resource "google_compute_forwarding_rule" "used" {
  name   = "used"
  region = "us-central1"
}

resource "google_compute_address" "static" {
  name   = "static"
  region = "us-central1"
}

resource "google_compute_instance" "l4" {
  name         = "l4"
  zone         = "us-central1-a"
  machine_type = "g2-standard-4"
  boot_disk {
    initialize_params {
      size = 10
      type = "pd-standard"
    }
  }
  guest_accelerator {
    type  = "nvidia-l4"
    count = 1
  }
}

resource "google_compute_instance" "custom" {
  name         = "custom"
  zone         = "us-central1-a"
  machine_type = "custom-6-20480"
  boot_disk {
    initialize_params {
      size = 10
    }
  }
}

resource "google_sql_database_instance" "custom" {
  region           = "us-central1"
  database_version = "POSTGRES_15"
  settings {
    tier = "db-custom-64-245760"
  }
}

resource "google_sql_database_instance" "highmem" {
  region           = "us-central1"
  database_version = "POSTGRES_15"
  settings {
    tier              = "db-highmem-16"
    availability_type = "REGIONAL"
  }
}

resource "google_sql_database_instance" "mysql" {
  region           = "us-central1"
  database_version = "MYSQL_8_0"
  settings {
    tier              = "db-n1-standard-16"
    availability_type = "REGIONAL"
  }
}

resource "google_sql_database_instance" "sqlserver" {
  region           = "us-central1"
  database_version = "SQLSERVER_2019_WEB"
  settings {
    tier = "db-custom-64-245760"
  }
}
