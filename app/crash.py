"""A bug that escapes: log it, and show a report that can be copied and says nothing personal."""

from __future__ import annotations

import logging
import platform
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from reid_core import __version__

log = logging.getLogger(__name__)
Show = Callable[[str], None]


def report_of(kind: type[BaseException], trace: TracebackType | None) -> str:
    """What happened: the error's type and the places in the code.

    No message (it may hold a name or a path), no values, no paths beyond the module's own.
    """
    lines = [f"Cameo {__version__}, Python {platform.python_version()}, {platform.system()}"]
    for frame in traceback.extract_tb(trace):
        lines.append(f"  {_module(frame.filename)}:{frame.lineno} in {frame.name}")
    return "\n".join([*lines, kind.__name__])


def install(show: Show) -> None:
    """From now on a bug in any thread is logged and handed to `show` as a report."""

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        report = report_of(kind, trace)
        log.error("a bug:\n%s", report)
        show(report)

    def in_thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            hook(args.exc_type, args.exc_value, args.exc_traceback)

    sys.excepthook = hook
    threading.excepthook = in_thread


def _module(filename: str) -> str:
    """The file's path from its package on: nothing of whose computer it is."""
    parts = Path(filename).parts
    for root in ("app", "reid_core", "site-packages"):
        if root in parts:
            return "/".join(parts[len(parts) - 1 - parts[::-1].index(root) :])
    return Path(filename).name
