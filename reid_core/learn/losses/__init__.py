"""Losses by class (`classes`, `centres`), by pair (`by_pair`: `pairs` on a `matrix`), and sums.

`named` makes any of them from its name in a config.
"""
