provider "azurerm" {
  features {}
}

resource "azurerm_linux_virtual_machine" "premium" {
  name     = "premium"
  location = "eastus"
  size     = "Standard_F2"
  os_disk {
    caching              = "ReadWrite"
    storage_account_type = "Premium_LRS"
  }
}

resource "azurerm_linux_virtual_machine" "lower_case" {
  name     = "lower-case"
  location = "eastus"
  size     = "standard_b1s"
  os_disk {
    caching              = "ReadWrite"
    storage_account_type = "Standard_LRS"
  }
}

resource "azurerm_linux_virtual_machine" "some_hours" {
  name     = "some-hours"
  location = "eastus"
  size     = "Standard_B1s"
  os_disk {
    caching              = "ReadWrite"
    storage_account_type = "Standard_LRS"
  }
}

resource "azurerm_virtual_machine" "a100" {
  name     = "a100"
  location = "eastus"
  vm_size  = "Standard_NC96ads_A100_v4"
  storage_os_disk {
    name              = "os"
    create_option     = "FromImage"
    managed_disk_type = "Standard_LRS"
  }
}

resource "azurerm_virtual_machine" "h100" {
  name     = "h100"
  location = "eastus"
  vm_size  = "Standard_ND96isr_H100_v5"
  storage_os_disk {
    name              = "os"
    create_option     = "FromImage"
    managed_disk_type = "Standard_LRS"
  }
}

resource "azurerm_windows_virtual_machine" "own_licence" {
  name         = "own-licence"
  location     = "eastus"
  size         = "Standard_D2_v4"
  license_type = "Windows_Server"
  os_disk {
    caching              = "ReadWrite"
    storage_account_type = "StandardSSD_LRS"
    disk_size_gb         = 1000
  }
}

resource "azurerm_windows_virtual_machine" "bought_licence" {
  name     = "bought-licence"
  location = "eastus"
  size     = "Standard_F2"
  os_disk {
    caching              = "ReadWrite"
    storage_account_type = "Premium_LRS"
  }
}

resource "azurerm_kubernetes_cluster" "paid" {
  name     = "paid"
  location = "eastus"
  sku_tier = "Standard"
  default_node_pool {
    name            = "default"
    vm_size         = "Standard_D2_v2"
    node_count      = 5
    os_disk_size_gb = 32
  }
}

resource "azurerm_kubernetes_cluster" "scaled" {
  name     = "scaled"
  location = "eastus"
  sku_tier = "Standard"
  default_node_pool {
    name                 = "default"
    vm_size              = "Standard_DS2_v2"
    auto_scaling_enabled = true
    min_count            = 3
    max_count            = 5
  }
}

resource "azurerm_kubernetes_cluster" "free" {
  name     = "free"
  location = "eastus"
  default_node_pool {
    name       = "default"
    vm_size    = "Standard_D2_v2"
    node_count = 1
  }
}

resource "azurerm_kubernetes_cluster_node_pool" "ephemeral" {
  name         = "ephemeral"
  location     = "eastus"
  vm_size      = "Standard_DS2_v2"
  node_count   = 2
  os_disk_type = "Ephemeral"
}

resource "azurerm_kubernetes_cluster_node_pool" "plain" {
  name     = "plain"
  location = "eastus"
  vm_size  = "Standard_DS2_v2"
}

resource "azurerm_kubernetes_cluster_node_pool" "no_premium" {
  name     = "no-premium"
  location = "eastus"
  vm_size  = "Standard_D2_v3"
}

resource "azurerm_managed_disk" "premium" {
  name                 = "premium"
  location             = "eastus"
  storage_account_type = "Premium_LRS"
  disk_size_gb         = 30
}

resource "azurerm_managed_disk" "standard" {
  name                 = "standard"
  location             = "eastus"
  storage_account_type = "Standard_LRS"
  disk_size_gb         = 4
}

resource "azurerm_managed_disk" "ultra" {
  name                 = "ultra"
  location             = "eastus"
  storage_account_type = "UltraSSD_LRS"
  disk_size_gb         = 2048
  disk_iops_read_write = 4000
  disk_mbps_read_write = 20
}

resource "azurerm_public_ip" "regional" {
  name              = "regional"
  location          = "eastus"
  allocation_method = "Static"
}

resource "azurerm_public_ip" "global" {
  name              = "global"
  location          = "eastus"
  allocation_method = "Static"
  sku_tier          = "Global"
}

resource "azurerm_lb" "standard" {
  name     = "standard"
  location = "eastus"
  sku      = "Standard"
}

resource "azurerm_lb_rule" "web" {
  name     = "web"
  location = "eastus"
  protocol = "Tcp"
}

resource "azurerm_nat_gateway" "used" {
  name     = "used"
  location = "westeurope"
}

resource "azurerm_postgresql_flexible_server" "general" {
  name       = "general"
  location   = "westus"
  sku_name   = "GP_Standard_D4s_v3"
  storage_mb = 32768
}

resource "azurerm_postgresql_flexible_server" "memory" {
  name       = "memory"
  location   = "westus"
  sku_name   = "MO_Standard_E4s_v3"
  storage_mb = 65536
}

resource "azurerm_postgresql_flexible_server" "two" {
  name       = "two"
  location   = "westus"
  sku_name   = "GP_Standard_D2ads_v5"
  storage_mb = 32768
  high_availability {
    mode = "ZoneRedundant"
  }
}

resource "azurerm_mysql_flexible_server" "general" {
  name     = "general"
  location = "westus"
  sku_name = "GP_Standard_D2ads_v5"
}

resource "azurerm_mysql_flexible_server" "burstable" {
  name     = "burstable"
  location = "westus"
  sku_name = "B_Standard_B1ms"
  storage {
    size_gb = 30
  }
}

resource "azurerm_mssql_database" "premium" {
  name        = "premium"
  location    = "eastus"
  server_id   = "server"
  sku_name    = "P6"
  max_size_gb = 500
}

resource "azurerm_mssql_database" "general" {
  name        = "general"
  location    = "eastus"
  server_id   = "server"
  sku_name    = "GP_Gen5_4"
  max_size_gb = 5
}

resource "azurerm_mssql_database" "critical" {
  name        = "critical"
  location    = "eastus"
  server_id   = "server"
  sku_name    = "BC_Gen5_8"
  max_size_gb = 10
}

resource "azurerm_mssql_database" "hyperscale" {
  name         = "hyperscale"
  location     = "eastus"
  server_id    = "server"
  sku_name     = "HS_Gen5_2"
  license_type = "LicenseIncluded"
  max_size_gb  = 100
}
