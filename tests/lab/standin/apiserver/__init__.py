"""The stand-in API server: serves what `kubectl get --raw` and the stand-in kubelet need, over mutual TLS."""

from .main import main

__all__ = ["main"]
