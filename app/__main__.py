"""`python -m app`: says honestly that there is no window yet."""

from __future__ import annotations

import sys


def main() -> int:
    """Explain what to use instead; exit status 2."""
    sys.stderr.write(
        "The window is not part of this version of Cameo. "
        "On the command line: cameo enroll, cameo index, cameo search (see cameo --help).\n"
    )
    return 2


if __name__ == "__main__":
    sys.exit(main())
