"""Landmarks in, glosses out."""
