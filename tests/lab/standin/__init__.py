"""Stand-ins for the programs of a Kubernetes cluster that no registry we reach can give us."""
