"""Datasets and landmarks from elsewhere, brought into the catalog."""
