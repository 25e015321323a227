"""The words of the domain, the catalog, and the files beside it."""

__version__ = "0.1.0"
