"""`python -m app`: open the window."""

from __future__ import annotations

import sys

from app.bootstrap import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
