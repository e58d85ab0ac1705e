"""What the user chose: one frozen value, kept as JSON beside the library's default place."""

from __future__ import annotations

import base64
import json
import logging
import os
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import platformdirs

from reid_core.files import write_atomically

log = logging.getLogger(__name__)

THEMES = ("system", "light", "dark")
LANGUAGES = ("system", "en", "de")


@dataclass(frozen=True, slots=True)
class Settings:
    """Each field with its unit and range; use `dataclasses.replace` to change one."""

    library: str = ""  # folder, "" for the platform's place
    models: str = ""  # folder, "" for the platform's place
    per_second: float = 5.0  # pictures looked at per second of video, 0.1 to 100
    faces: bool = True  # look for faces when indexing
    bodies: bool = True  # look for whole people when indexing
    threads: int = 2  # inside one network call, 1 to 64
    provider: str = ""  # of ONNX Runtime, "" for the best there is
    theme: str = "system"  # one of THEMES
    language: str = "system"  # one of LANGUAGES
    cameras: tuple[str, ...] = ()  # "camera:0", rtsp://…, as the user added them
    record_live: bool = False  # whether what a camera sees goes into the library
    retention_days: int = 0  # events older than this are erased at start, 0 keeps them
    accepted_licences: tuple[str, ...] = ()  # terms without commercial use that were agreed to
    seen_welcome: bool = False
    last_page: str = "people"
    window: dict[str, str] = field(default_factory=dict)  # geometry and splitters, base64

    def __post_init__(self) -> None:
        if not 0.1 <= self.per_second <= 100:
            raise ValueError(f"per_second is {self.per_second}, expected 0.1 to 100")
        if not 1 <= self.threads <= 64:
            raise ValueError(f"threads is {self.threads}, expected 1 to 64")
        if self.theme not in THEMES:
            raise ValueError(f"theme is {self.theme!r}, expected one of {', '.join(THEMES)}")
        if self.language not in LANGUAGES:
            raise ValueError(f"language is {self.language!r}, expected {', '.join(LANGUAGES)}")
        if not 0 <= self.retention_days <= 36500:
            raise ValueError(f"retention_days is {self.retention_days}, expected 0 to 36500")


def settings_path() -> Path:
    """Where settings are kept; CAMEO_SETTINGS overrides it."""
    given = os.environ.get("CAMEO_SETTINGS")
    return (
        Path(given) if given else Path(platformdirs.user_config_path("cameo", False)) / "app.json"
    )


def load_settings(path: Path) -> Settings:
    """What the file says; fields that are missing, unknown or senseless get their default."""
    try:
        raw = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return Settings()
    result = Settings()
    for one in fields(Settings):
        if isinstance(raw, dict) and one.name in raw:
            result = _with(result, one.name, raw[one.name])
    return result


def save_settings(settings: Settings, path: Path) -> None:
    """Atomic; a folder that cannot be written is logged, not fatal."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, json.dumps(asdict(settings), indent=1).encode("utf-8"))
    except OSError as error:
        log.warning("settings not saved: %s", error.strerror)


def form_of(settings: Settings, name: str) -> bytes:
    """What a widget kept of its form under a name; nothing where that is nonsense."""
    try:
        return base64.b64decode(settings.window.get(name, ""), validate=True)
    except ValueError:
        return b""


def library_folder(settings: Settings, given: Path | None = None) -> Path:
    """The library's folder: as given, as in CAMEO_LIBRARY, as set, or the platform's."""
    return _folder(given, "CAMEO_LIBRARY", settings.library, "library")


def models_folder(settings: Settings, given: Path | None = None) -> Path:
    """The models' folder: as given, as in CAMEO_MODELS, as set, or the platform's."""
    return _folder(given, "CAMEO_MODELS", settings.models, "models")


def _folder(given: Path | None, variable: str, chosen: str, name: str) -> Path:
    if given is not None:
        return given
    if os.environ.get(variable):
        return Path(os.environ[variable])
    return Path(chosen) if chosen else Path(platformdirs.user_data_path("cameo", False)) / name


def _with(settings: Settings, name: str, value: Any) -> Settings:
    wanted = type(getattr(settings, name))
    if wanted is tuple and isinstance(value, list):
        value = tuple(v for v in value if isinstance(v, str))
    if wanted is dict and isinstance(value, dict):
        value = {k: v for k, v in value.items() if isinstance(v, str)}
    if isinstance(value, str) and not value.isprintable():  # no folder's name holds a zero byte
        return settings
    if wanted is float and isinstance(value, int):
        value = float(value)
    if type(value) is not wanted:
        return settings
    try:
        return replace(settings, **{name: value})
    except ValueError:
        return settings
