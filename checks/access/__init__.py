"""Who may do what in a cluster: roles and their bindings, as RBAC reads them."""
