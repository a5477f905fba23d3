"""The stand-in kubelet: reads the real files, dials the real endpoints, fails with the real messages."""

from .main import main

__all__ = ["main"]
