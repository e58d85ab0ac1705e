"""The schema's history, run by Alembic from `library/store.py`."""
