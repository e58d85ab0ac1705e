"""Measuring: verification, retrieval, detection, tracking. Pure functions on arrays."""
