"""Which pods network policies select, of Kubernetes and of the network plugins that have their
own."""
