"""What `cameo evaluate` prints: figures a line each, tables for groups and differences."""

from __future__ import annotations

from typing import Any

import typer

from reid_core.cli.output import plain, table, write_json

DRAWN = {"det", "histogram", "cmc", "notes"}  # for scripts and plots
LISTED = {"conditions", "against", "differences", "changed"}


def show(done: object, json: str | None, notes: list[str] | None = None) -> None:
    """Print a report for people, or write it as JSON."""
    report = plain(done)
    report["notes"] = [*report.get("notes", ()), *(notes or ())]
    if json:
        write_json(report, json)
        return
    for key, value in report.items():
        if key not in DRAWN | LISTED:
            _line(key, value)
    for condition in report.get("conditions", ()):
        _condition(condition)
    if report.get("against"):
        _compared(report)
    for note in report["notes"]:
        typer.echo(f"note: {note}")


def _line(key: str, value: Any) -> None:
    if key in ("tar", "fnir"):
        for rate, share in value.items():
            low, high = share["low"], share["high"]
            name = f"{key.upper()} @ {rate}"
            typer.echo(f"{name:<16}{share['value']:.4f}  ({low:.4f} to {high:.4f})")
    elif key == "intervals":
        for figure, (low, high) in value.items():
            typer.echo(f"{figure + ' 95 %':<16}{low} to {high}")
    elif key == "recall_at":
        for k, share in value.items():
            typer.echo(f"{'recall @ ' + k:<16}{share}")
    else:
        typer.echo(f"{key:<16}{value}")


def _condition(condition: dict[str, Any]) -> None:
    typer.echo(f"\nby {condition['by']} at {condition['threshold']:.4f}: {condition['how']}")
    rows = [
        (g["name"], g["people"], g["genuine"], g["impostors"], _share(g["fmr"]), _share(g["fnmr"]))
        for g in condition["groups"]
    ]
    typer.echo(table(rows, ("group", "people", "genuine", "impostors", "FMR", "FNMR")))
    times = [f"{k.upper()} {v:g}-fold" for k, v in condition["spread"].items() if v]
    if times:
        typer.echo(f"highest over lowest: {', '.join(times)}")
    for warning in condition["warnings"]:
        typer.echo(f"warning: {warning}")


def _share(value: dict[str, float] | None) -> str:
    if value is None:
        return "-"
    return f"{value['value']:.2g} ({value['low']:.2g} to {value['high']:.2g})"


def _compared(report: dict[str, Any]) -> None:
    first, second = report["model"], report["against"]["model"]
    typer.echo(f"\n{second} against {first}, on the same pictures:")
    rows = [
        (
            d["figure"],
            f"{d['first']:.4f}",
            f"{d['second']:.4f}",
            f"{d['difference']:+.4f} ({d['low']:+.4f} to {d['high']:+.4f})",
            d["verdict"],
        )
        for d in report["differences"]
    ]
    typer.echo(table(rows, ("figure", first, second, "difference", f"{second} is")))
    changed = report["changed"]
    typer.echo(
        f"turned: {changed['now_right']} now right, {changed['now_wrong']} now wrong "
        f"({changed['rule']})"
    )
