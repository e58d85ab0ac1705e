"""What is kept on disk: people, footage, vectors and pictures. See docs/formats.md."""

from reid_core.library.store import Library

__all__ = ["Library"]
