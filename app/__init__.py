"""Cameo's window. Not in this version yet; see `app/__main__.py`."""
