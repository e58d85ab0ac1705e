"""Cameo's window: views, over view-models, over the actions that the command line calls too."""
