"""Losses: by class (`classes`, `centres`), by pair (`pairs` on a `matrix`), and their `combine`."""
