"""What Kubernetes objects cost a month. Pure arithmetic over manifests and unit prices."""
