"""Cameo's core: find people in pictures and video, and learn to tell them apart."""

__version__ = "0.1.0"
