"""Callwell, the system of record for video calls."""

__version__ = "0.1.0"
