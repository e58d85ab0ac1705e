"""Whether this computer can open a window at all, said before Qt gives up without a word."""

from __future__ import annotations

import ctypes
import os
import sys

NEEDED = {  # shared libraries that Qt's X11 plug-in loads, with the packages of Debian and Ubuntu
    "libglib-2.0.so.0": "libglib2.0-0",
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libfontconfig.so.1": "libfontconfig1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
}


def why_no_window() -> str:
    """A sentence on what is missing; "" when a window can be opened."""
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM"):
        return ""
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return (
            "There is no screen here (neither DISPLAY nor WAYLAND_DISPLAY is set). Run cameo app "
            "on a desktop; without one, use the command line: cameo --help."
        )
    if missing := missing_packages():
        return (
            "Qt needs system libraries that are not installed. On Debian or Ubuntu: "
            f"sudo apt-get install {' '.join(missing)}"
        )
    return ""


def missing_packages() -> list[str]:
    """The packages of Debian and Ubuntu whose libraries cannot be loaded."""
    return [package for name, package in NEEDED.items() if not _loads(name)]


def _loads(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


if __name__ == "__main__":  # for scripts that set a computer up
    sys.stdout.write(" ".join(missing_packages()))
