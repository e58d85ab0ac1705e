"""`python -m app`: open the window, or say what it lacks."""

from __future__ import annotations

import sys

from app.system import why_no_window


def main(arguments: list[str]) -> int:
    """The exit status: 2 when there can be no window here."""
    if reason := why_no_window():
        sys.stderr.write(reason + "\n")
        return 2
    from app import bootstrap  # imports Qt, which needs what was just looked for

    return bootstrap.main(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
