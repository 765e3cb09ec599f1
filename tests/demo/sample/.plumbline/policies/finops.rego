package kubernetes.admission

deny[msg] {
  input.request.kind.kind == "Deployment"
  not input.request.object.metadata.labels["finops.apexlogic.com/cost-center"]
  msg := "Deployment must have a 'finops.apexlogic.com/cost-center' label for FinOps attribution."
}

deny[msg] {
  input.request.kind.kind == "Deployment"
  container := input.request.object.spec.template.spec.containers[_]
  gpu_memory := container.resources.limits["nvidia.com/gpu-memory"]
  to_number(gpu_memory) > 16
  msg := sprintf("GPU memory limit for container '%s' exceeds 16GB. Consider optimising model or requesting smaller GPU.", [container.name])
}
