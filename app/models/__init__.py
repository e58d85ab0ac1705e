"""Item models: thin adapters from frozen rows to Qt. QtCore only."""
