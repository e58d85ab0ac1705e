"""What a training run is told: a TOML file, with single values changed on the command line.

Each table of the file is one of the frozen classes below; a key that none of them has is an error
that names the nearest one. `[network]`, `[loss]`, `[sampler]` and `[augment]` hand what they do
not know to the part of that name, which checks it.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any, get_type_hints

from reid_core.errors import TrainingError
from reid_core.learn.data.readers import FORMS
from reid_core.learn.hints import is_number, unknown
from reid_core.learn.schedule import KINDS

MAX_BYTES = 1_000_000
SEEDS = 1 << 63
LIMITS: dict[str, tuple[float, float]] = {  # least and most
    **{"data.height": (1, 8192), "data.width": (1, 8192), "data.held_out": (0, 1e9)},
    **{"data.workers": (0, 1024), "data.cache_mb": (0, 1e9)},
    **{"network.dim": (0, 65536), "network.dropout": (0, 1), "network.freeze": (0, 10_000)},
    **{"sampler.batch": (2, 1e6), "loss.sample": (0, 1)},
    **{"optim.lr": (0, 1e6), "optim.loss_lr": (0, 1e6), "optim.weight_decay": (0, 1e6)},
    **{"optim.momentum": (0, 1), "optim.ema": (0, 1 - 1e-9), "optim.clip": (0, 1e9)},
    **{"optim.epochs": (0, 1e6), "optim.warmup": (0, 1e9), "optim.accumulate": (1, 1e6)},
    **{"run.seed": (0, SEEDS - 1), "run.patience": (0, 1e9), "run.log_every": (1, 1e9)},
    **{"run.evaluate_every": (0, 1e9), "run.save_every": (0, 1e9)},
}
METRICS = ("mAP", "rank1", "rank5", "mINP", "recall@1")
CHOICES: dict[str, tuple[str, ...]] = {
    "data.form": FORMS,
    "optim.name": ("adamw", "adam", "sgd"),
    "optim.schedule": KINDS,
    "optim.amp": ("off", "bf16", "fp16"),
    "run.metric": METRICS,
}
OPEN = ("network", "loss", "sampler", "augment")  # what they do not know is an option
Options = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Data:
    """Which pictures.

    train: a folder, a CSV file, or several, each a data set of its own. val: the same, or "" to
    hold identities of `train` out. form: how they are laid out, or "auto".
    """

    train: str | list[str] = ""
    val: str | list[str] = ""
    form: str = "auto"
    held_out: float = 0.1  # share of identities, below 1; or their number
    split_seed: int = 0  # who is held out; apart from run.seed, so that runs can be compared
    height: int = 128  # px
    width: int = 64  # px
    workers: int = 2  # processes that decode; 0: the training process itself
    cache_mb: int = 1024  # MiB of decoded pictures kept in memory
    mean: list[float] = field(default_factory=lambda: [123.675, 116.28, 103.53])  # RGB, 0 to 255
    std: list[float] = field(default_factory=lambda: [58.395, 57.12, 57.375])


@dataclass(frozen=True, slots=True)
class Network:
    """The network: a backbone's name, and what stands behind it; see `network.make_network`."""

    name: str = "osnet-x0.25"
    dim: int = 512  # 0: the backbone's channels, without a layer
    pool: str = "average"
    neck: bool = True
    dropout: float = 0.0
    weights: str = ""  # a checkpoint or export to begin with
    freeze: int = 0  # how many of the first stages do not learn
    options: Options = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Loss:
    """One loss by name, or `parts`: a table of weighted ones, [loss.parts.NAME] weight = 1.

    A name that is given behind a file takes the place of the file's parts.
    """

    name: str = "arc-face"
    parts: dict[str, Options] = field(default_factory=dict)
    sharded: bool = False  # class centres shared out among the processes (Partial FC)
    sample: float = 1.0  # with `sharded`: the share of class centres that take part in a step
    options: Options = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sampler:
    """How batches are drawn. batch: over all processes."""

    name: str = "pk"
    batch: int = 64
    options: Options = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Augment:
    """How pictures are changed; every key is an option of `augment.make`."""

    options: Options = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Optim:
    """How the weights move."""

    name: str = "adamw"  # adamw, adam or sgd
    lr: float = 1e-3  # of the network
    loss_lr: float = 0.0  # of the losses' own weights; 0: as the network
    weight_decay: float = 5e-4
    momentum: float = 0.9  # sgd
    epochs: float = 20.0
    schedule: str = "cosine"  # cosine, step or constant
    warmup: int = 200  # steps
    milestones: list[float] = field(default_factory=lambda: [0.5, 0.75])  # step: shares of the run
    clip: float = 5.0  # the gradient's longest length; 0: any
    accumulate: int = 1  # batches a step
    ema: float = 0.0  # how much of the running mean of the weights stays each step; 0: none
    amp: str = "off"  # bf16 or fp16
    channels_last: bool = True
    compile: bool = False
    sync_bn: bool = False  # batch statistics over all processes


@dataclass(frozen=True, slots=True)
class Run:
    """Where and how often."""

    folder: str = "runs/run"
    seed: int = 0
    device: str = "auto"
    evaluate_every: float = 1.0  # epochs
    metric: str = "mAP"  # what "best" goes by; see METRICS
    patience: int = 0  # evaluations without a better one before it stops; 0: never
    save_every: float = 1.0  # epochs
    log_every: int = 20  # steps
    tensorboard: bool = True


@dataclass(frozen=True, slots=True)
class Config:
    """All of it."""

    data: Data = field(default_factory=Data)
    network: Network = field(default_factory=Network)
    loss: Loss = field(default_factory=Loss)
    sampler: Sampler = field(default_factory=Sampler)
    augment: Augment = field(default_factory=Augment)
    optim: Optim = field(default_factory=Optim)
    run: Run = field(default_factory=Run)


def load(path: Path, changes: Iterable[str] = ()) -> Config:
    """The config of a file with `table.key=value` changes. Raises TrainingError in a sentence."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise TrainingError(f"{path} is too large for a configuration.")
        tables = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise TrainingError(f"{path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TrainingError(f"{path} is no TOML file: {error}.") from error
    for change in changes:
        _apply(tables, change)
    return from_tables(tables, where=str(path))


def from_tables(tables: Mapping[str, Any], *, where: str = "the configuration") -> Config:
    """A config from nested plain data. Raises TrainingError naming the key."""
    kinds = get_type_hints(Config)
    made: dict[str, Any] = {}
    for name, table in tables.items():
        if name not in kinds:
            raise TrainingError(f"{where}: {unknown('table', name, kinds)}")
        if not isinstance(table, Mapping):
            raise TrainingError(f"{where}: {name} is a table, not {table!r}.")
        made[name] = _table(kinds[name], dict(table), name=name, where=where)
    return Config(**made)


def _table(kind: type[Any], given: dict[str, Any], *, name: str, where: str) -> object:
    known: dict[str, Field[Any]] = {f.name: f for f in fields(kind)}
    hints = get_type_hints(kind)
    values: dict[str, Any] = {}
    options = given.pop("options", {}) if name in OPEN else {}
    if not isinstance(options, Mapping):
        raise TrainingError(f"{where}: {name}.options is {options!r}, expected a table.")
    options = dict(options)
    for key, value in given.items():
        if key in known and key != "options":
            values[key] = _within(
                _checked(value, hints[key], f"{where}: {name}.{key}"), f"{name}.{key}", where
            )
        elif name in OPEN:
            options[key] = value
        else:
            there = [k for k in known if k != "options"]
            raise TrainingError(f"{where}: {unknown(f'key of [{name}]', key, there)}")
    if options:
        values["options"] = options
    return kind(**values)


def _checked(value: Any, wanted: Any, what: str) -> Any:
    """The value, whole numbers as floats where those are wanted. Raises TrainingError."""
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if wanted == list[float]:
        if isinstance(value, list) and all(map(is_number, value)):
            return [float(v) for v in value]
        raise TrainingError(f"{what} is {value!r}, expected a list of numbers.")
    if wanted == str | list[str]:
        many = value if isinstance(value, list) else [value]
        if all(isinstance(v, str) for v in many):
            return value
        raise TrainingError(f"{what} is {value!r}, expected a path or a list of paths.")
    plain = wanted if isinstance(wanted, type) and wanted in (bool, int, float, str) else dict
    if not isinstance(value, plain) or (isinstance(value, bool) and plain is not bool):
        names = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}
        raise TrainingError(f"{what} is {value!r}, expected {names.get(plain, 'a table')}.")
    return value


def _within(value: Any, key: str, where: str) -> Any:
    """The value. Raises TrainingError where nothing could come of it."""
    least, most = LIMITS.get(key, (-math.inf, math.inf))
    wanted = ""
    if isinstance(value, int | float) and not least <= value <= most:
        wanted = f"{least:g} to {most:g}"
    if key == "data.mean" and len(value) != 3:
        wanted = "three numbers, of red, green and blue"
    if key == "data.std" and (len(value) != 3 or min(value) <= 0):
        wanted = "three numbers above 0, of red, green and blue"
    if key == "loss.parts" and not all(isinstance(part, dict) for part in value.values()):
        wanted = "a table of tables, like [loss.parts.triplet]"
    if key == "run.folder" and not value.strip():
        wanted = "a folder"
    if key in CHOICES and value not in CHOICES[key]:
        *others, last = CHOICES[key]
        wanted = f"{', '.join(others)} or {last}"
    if wanted:
        raise TrainingError(f"{where}: {key} is {value!r}, expected {wanted}.")
    return value


def _apply(tables: dict[str, Any], change: str) -> None:
    """Put one `table.key=value` in; the value is TOML, or else text."""
    path, equals, text = change.partition("=")
    *parents, key = path.strip().split(".")
    if not equals or not parents or not all([*parents, key]):
        raise TrainingError(f"{change!r} is not of the form table.key=value, like optim.lr=1e-3.")
    if path.strip() == "loss.name" and isinstance(tables.get("loss"), dict):
        tables["loss"].pop("parts", None)
    for parent in parents:
        tables = tables.setdefault(parent, {})
        if not isinstance(tables, dict):
            raise TrainingError(f"{change!r}: {parent} is no table.")
    try:
        tables[key] = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        tables[key] = text


def to_toml(config: Config) -> str:
    """The whole config, defaults included, as a file that `load` reads back."""
    lines: list[str] = []
    for part in fields(config):
        lines.append(f"[{part.name}]")
        table = getattr(config, part.name)
        nested: list[tuple[str, Options]] = []
        for one in fields(table):
            value = getattr(table, one.name)
            if one.name == "options":
                lines += [f"{_key(k)} = {_toml(v)}" for k, v in value.items()]
            elif one.name == "parts":
                nested += list(value.items())
            elif value != "" or one.default is not MISSING:
                lines.append(f"{one.name} = {_toml(value)}")
        for name, options in nested:
            lines += ["", f"[{part.name}.parts.{_key(name)}]"]
            lines += [f"{_key(k)} = {_toml(v)}" for k, v in options.items()]
        lines.append("")
    return "\n".join(lines)


def _key(name: str) -> str:
    return name if name.replace("-", "").replace("_", "").isalnum() else _toml(name)


def _toml(value: Any) -> str:
    """A value in TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(v) for v in value) + "]"
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(k)} = {_toml(v)}" for k, v in value.items()) + " }"
    text = str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{text}"'
