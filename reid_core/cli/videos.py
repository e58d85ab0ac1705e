"""cameo videos."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reid_core.cli.output import Bar, JsonOption, clock, table, write_json
from reid_core.cli.state import One, models_for, open_library

if TYPE_CHECKING:
    from reid_core.actions.check_index import Looked

app = typer.Typer(no_args_is_help=True, help="What is indexed: list, show, check, remove, relink.")


@app.command("list")
def list_(context: typer.Context, json: JsonOption = None) -> None:
    """Every indexed video. Example: cameo videos list"""
    from reid_core.library import footage

    with open_library(context) as library, library.read() as connection:
        rows = footage.list_videos(connection)
    if json:
        write_json([_record(v) for v in rows], json)
    elif not rows:
        typer.echo("No video is indexed yet. Begin with: cameo index VIDEO")
    else:
        typer.echo(
            table(
                [(v.name, clock(v.duration_s or 0), _state(v), v.faces, v.bodies) for v in rows],
                ("video", "length", "state", "faces", "bodies"),
            )
        )


@app.command()
def show(context: typer.Context, name: str, json: JsonOption = None) -> None:
    """One video. Example: cameo videos show holiday.mp4"""
    from reid_core.library import footage

    with open_library(context) as library, library.read() as connection:
        video = footage.find_video(connection, name)
        video = next(v for v in footage.list_videos(connection) if v.id == video.id)
    if json:
        write_json(_record(video), json)
        return
    for key, value in _record(video).items():
        typer.echo(f"{key:16} {value}")


@app.command()
def check(context: typer.Context, kind: One | None = None, json: JsonOption = None) -> None:
    """Whether search finds what is there. Example: cameo videos check"""
    from reid_core.actions import check_index
    from reid_core.types import Kind

    kinds = (Kind(kind),) if kind else tuple(Kind)
    with open_library(context, create=False) as library:
        bar = Bar("checking")
        found = check_index.check(library, models_for(context, library), kinds, progress=bar.tell)
        bar.clear()
    if json:
        write_json(found, json)
        return
    for one in found:
        typer.echo(_looked(one))
    if not found:
        typer.echo("Nothing is indexed yet that could be searched. Begin with: cameo index VIDEO")


@app.command()
def remove(
    context: typer.Context,
    name: str,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Take a video out of the library; the file stays.

    Example: cameo videos remove old.mp4 --yes
    """
    from reid_core.actions import videos
    from reid_core.library import footage

    with open_library(context) as library:
        with library.read() as connection:
            video = footage.find_video(connection, name)
        if not yes:
            typer.confirm(f"Remove the index of {video.name}?", abort=True)
        videos.remove(library, video.id, progress=Bar(video.name).tell)


@app.command()
def relink(context: typer.Context, name: str, path: Path) -> None:
    """Say where a moved video is now. Example: cameo videos relink holiday.mp4 /new/holiday.mp4"""
    from reid_core.actions import videos
    from reid_core.library import footage

    with open_library(context) as library:
        with library.read() as connection:
            video = footage.find_video(connection, name)
        videos.relink(library, video.id, path)


def _looked(one: Looked) -> str:
    """What was found of an index, in a sentence or three."""
    manner = one.manner
    lines = [
        f"{one.vectors} {one.kind} tracklets, searched {manner.sort}ly in {one.search_ms:.1f} ms: "
        f"finds {one.recall:.1%} of the 20 nearest, asked for {one.asked} of them."
    ]
    if manner.given_up is not None:
        lines.append(
            f"An approximate index would have found {manner.given_up:.1%}: it was given up."
        )
    if one.was_bad:
        lines.append("The index was not right. It was made anew.")
    return "\n".join(lines)


def _state(video: object) -> str:
    from reid_core.library.footage import Video

    assert isinstance(video, Video)
    if video.state == "indexing" and video.duration_s:
        return f"{video.indexed_until_s / video.duration_s:.0%} indexed"
    return video.state


def _record(video: object) -> dict[str, object]:
    from reid_core.cli.output import plain
    from reid_core.library.ids import format_id

    record = dict(plain(video))
    return {**record, "id": format_id(record["id"])}
