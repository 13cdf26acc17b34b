"""The version, which the package, files that it writes and caches are marked with."""

__version__ = "0.1.0"
