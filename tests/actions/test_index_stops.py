"""Indexing that is stopped, overtaken or worked against, and videos taken out or moved."""

from __future__ import annotations

import shutil
import threading
from contextlib import closing
from pathlib import Path

import pytest

from reid_core import images
from reid_core.actions import videos
from reid_core.actions.demo import FILM, sample_photograph
from reid_core.actions.index import index
from reid_core.actions.loading import Models
from reid_core.errors import LibraryLocked, ModelMismatch, VideoNotFound
from reid_core.library import Library, footage, listing, models_used, people
from reid_core.models.store import ModelStore
from reid_core.types import Kind
from reid_core.video.file import FileSource
from reid_core.video.pipeline import Plan

FACES = (Kind.FACE,)
PLAN = Plan(segment_s=5.0)


class Enough(Exception):
    pass


@pytest.fixture(scope="module")
def models(model_store: ModelStore) -> Models:
    return Models(model_store)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    FILM.write(images.read_image(sample_photograph()), path)
    return path


@pytest.fixture
def film(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(original, tmp_path / "film.mp4"))


def only(library: Library) -> footage.Video:
    with library.read() as connection:
        (video,) = footage.list_videos(connection)
    return video


def stop_at(share: float):
    def progress(now: float, _: str) -> None:
        if now > share:
            raise Enough

    return progress


def test_a_progress_that_raises_ends_everything(
    library: Library, models: Models, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[FileSource] = []
    before = set(threading.enumerate())
    made = FileSource.__init__

    def note(self: FileSource, *args: object, **options: object) -> None:
        made(self, *args, **options)
        opened.append(self)

    monkeypatch.setattr(FileSource, "__init__", note)
    with pytest.raises(Enough) as caught:
        index(library, models, str(film), kinds=FACES, plan=PLAN, progress=stop_at(0.5))
    # while the error and all its frames still live
    assert caught.tb is not None
    assert set(threading.enumerate()) == before
    assert opened[-1]._clock.closed
    with library.indexing(only(library).content_hash):  # nobody holds it
        pass
    assert (only(library).state, only(library).indexed_until_s) == ("indexing", 5.0)
    done = index(library, models, str(film), kinds=FACES, plan=PLAN)
    assert done.state == "done"


def test_people_are_renamed_while_indexing_runs(
    library: Library, models: Models, film: Path
) -> None:
    library.wait_s = 0.0

    def progress(share: float, what: str) -> None:
        with Library.open(library.folder) as other, other.transaction("add") as tx:
            people.add_person(tx, f"At {share:.3f} {what}")

    index(library, models, str(film), per_second=1, kinds=FACES, plan=PLAN, progress=progress)
    with library.read() as connection:
        assert len(people.list_people(connection)) > 5
    assert only(library).faces > 0


def test_the_same_video_is_not_indexed_or_removed_meanwhile(
    library: Library, models: Models, film: Path
) -> None:
    told = []

    def progress(share: float, _: str) -> None:
        if share == 0 or told:
            return
        with Library.open(library.folder) as other:
            for work in (
                lambda: index(other, models, str(film), kinds=FACES),
                lambda: videos.remove(other, only(other).id),
            ):
                with pytest.raises(LibraryLocked, match="worked on by process") as caught:
                    work()
                told.append(caught)

    index(library, models, str(film), per_second=1, kinds=FACES, progress=progress)
    assert len(told) == 2


def test_a_video_that_is_gone_meanwhile_ends_the_work(
    library: Library, models: Models, film: Path
) -> None:
    def progress(share: float, _: str) -> None:
        if share > 0.5 and only_if(library):
            with library.transaction("remove") as tx:
                footage.remove_video(tx, only(library).id)

    before = set(threading.enumerate())
    with pytest.raises(VideoNotFound, match="removed while") as caught:
        index(library, models, str(film), per_second=1, kinds=FACES, progress=progress)
    assert caught.tb is not None
    assert set(threading.enumerate()) == before


def only_if(library: Library) -> bool:
    with library.read() as connection:
        return bool(footage.list_videos(connection))


def test_another_model_meanwhile_mixes_nothing(
    library: Library, models: Models, film: Path
) -> None:
    def progress(share: float, _: str) -> None:
        if share > 0.5:
            with library.transaction("use") as tx:
                models_used.use(tx, "face-embedder", "another")

    with pytest.raises(ModelMismatch, match="Index it again"):
        index(library, models, str(film), per_second=1, kinds=FACES, progress=progress)
    assert only(library).faces == 0


def test_a_live_source_ends_when_it_is_enough(
    library: Library, models: Models, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reid_core.actions.index.is_live", lambda _: True)
    seen: list[float] = []
    done = index(
        library,
        models,
        str(film),
        per_second=2,
        kinds=FACES,
        is_enough=lambda: len(seen) > 6,
        progress=lambda share, what: seen.append(share),
    )
    assert done.state == "done"
    assert done.faces > 0
    assert 2 < done.until_s < 6
    assert only(library).state == "done"


def test_a_removed_video_leaves_its_file_and_nothing_else(
    library: Library, models: Models, film: Path
) -> None:
    index(library, models, str(film), per_second=1, kinds=FACES)
    assert videos.make_poster(library, only(library).id)
    told: list[float] = []
    size = videos.remove(library, only(library).id, progress=lambda share, _: told.append(share))
    assert size > 1000
    assert told[0] == 0
    assert film.exists()
    assert not list(library.media.folder.rglob("*.jpg"))
    assert not library.cache.exists()
    with pytest.raises(VideoNotFound, match="no longer"):
        videos.remove(library, 5)


def test_relinking_compares_the_content(library: Library, models: Models, film: Path) -> None:
    index(library, models, str(film), per_second=1, kinds=FACES)
    other = film.with_name("other.mp4")
    other.write_bytes(film.read_bytes()[:-1])
    with pytest.raises(VideoNotFound, match="its content is another"):
        videos.relink(library, only(library).id, other)
    moved = film.rename(film.with_name("moved.mp4"))
    videos.relink(library, only(library).id, moved)
    assert (only(library).path, only(library).name) == (str(moved), "moved.mp4")


def test_a_poster_is_a_frame_made_once(library: Library, models: Models, film: Path) -> None:
    index(library, models, str(film), per_second=1, kinds=FACES)
    video = only(library)
    name = videos.make_poster(library, video.id)
    assert name == video.content_hash
    picture = images.decode_image(listing.posters(library).get(name), name=name)
    with closing(FileSource(film)) as source:
        height, width = next(iter(source)).image.shape[:2]
    assert max(picture.shape) == 320
    assert picture.shape[1] / picture.shape[0] == pytest.approx(width / height, rel=0.02)
    assert videos.make_poster(library, video.id) == ""
    assert listing.has_poster(library, video)
    film.unlink()
    shutil.rmtree(library.cache)
    assert videos.make_poster(library, video.id) == ""  # nothing to make it of
