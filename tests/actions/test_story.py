"""Enrol, index, search on the sample film, whose truth is known; and what follows from it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from made_models import tiny_network

from reid_core import images
from reid_core.actions.demo import FILM, Demo, compare, demo, other_look, sample_photograph
from reid_core.actions.enroll import enroll
from reid_core.actions.identify import identify
from reid_core.actions.index import find_sources, index
from reid_core.actions.loading import Models
from reid_core.actions.search import Filter, Searcher, query_image, query_person, query_tracklet
from reid_core.actions.use_model import use_model
from reid_core.actions.watch import watch
from reid_core.errors import (
    CameoError,
    EnrolError,
    ImageUnreadable,
    ModelMismatch,
    NoFace,
    PoorQuality,
    SeveralFaces,
    SourceUnavailable,
)
from reid_core.library import Library, erase, footage, people, vectors
from reid_core.models.importing import import_onnx
from reid_core.models.store import ModelStore
from reid_core.report.clips import cut_clips
from reid_core.types import Kind
from reid_core.video.file import probe
from reid_core.video.pipeline import Plan

FACES = np.float32(  # the sample photograph's people, from left to right
    [
        [61, 268, 168, 397],
        [267, 151, 372, 278],
        [466, 267, 568, 412],
        [749, 352, 847, 476],
        [906, 58, 1006, 202],
        [1126, 273, 1221, 397],
    ]
)


@pytest.fixture(scope="module")
def models(model_store: ModelStore) -> Models:
    return Models(model_store)


@pytest.fixture(scope="module")
def played(models: Models, tmp_path_factory: pytest.TempPathFactory) -> tuple[Demo, Path]:
    """The demo, once for all tests; they work on copies of its library."""
    out = tmp_path_factory.mktemp("demo")
    return demo(out, models), out


@pytest.fixture
def copy(played: tuple[Demo, Path], tmp_path: Path) -> Iterator[Library]:
    shutil.copytree(played[1] / "library", tmp_path / "copy")
    with Library.open(tmp_path / "copy") as library:
        yield library


def portrait(folder: Path, place: int) -> Path:
    """Another look of somebody in the sample photograph, counted from the left."""
    path = folder / f"portrait{place}.jpg"
    images.write_image(other_look(images.read_image(sample_photograph()), FACES[place]), path)
    return path


def everybody(library: Library) -> list[tuple[int, float, float, int]]:
    with library.read() as connection:
        ids = [i for k in Kind for i in footage.tracklet_ids(connection, k).tolist()]
        stored = footage.tracklets_of(connection, ids).values()
        return sorted((t.id, t.start_s, t.end_s, t.chain) for t in stored)


def test_everybody_is_found_where_they_are_and_nowhere_else(played: tuple[Demo, Path]) -> None:
    for answer in played[0].answers:
        assert answer.is_right, answer
        assert answer.decoded_frames == 0
        assert answer.report.stat().st_size > 10_000


def test_the_comparison_with_the_truth_can_fail() -> None:
    assert compare([(1.0, 3.0)], [(1.0, 3.0)]) == (1.0, 0.0)
    share, wrong = compare([(1.0, 2.0), (7.0, 9.0)], [(1.0, 3.0)])
    assert share == pytest.approx(0.5, abs=0.02)
    assert wrong == pytest.approx(2.0, abs=0.06)
    assert compare([], [(1.0, 3.0)])[0] == 0


def test_a_demo_touches_no_folder_of_somebody_else(models: Models, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").touch()
    with pytest.raises(CameoError, match="not empty"):
        demo(tmp_path, models)


def test_a_second_run_finds_the_video_known(copy: Library, models: Models, played) -> None:
    again = index(copy, models, str(played[0].film))
    assert (again.state, again.frames, again.faces) == ("known", 0, played[0].indexed.faces)


def test_a_copy_is_recognised_and_an_edited_one_is_new(copy, models, played, tmp_path):
    moved = tmp_path / "moved ü.mp4"
    shutil.copy(played[0].film, moved)
    again = index(copy, models, str(moved))
    assert again.state == "known"
    assert again.moved_from is None  # the first one is still there
    FILM.write(images.read_image(sample_photograph())[:, ::-1], moved)
    assert index(copy, models, str(moved)).state == "done"
    with copy.read() as connection:
        assert len(footage.list_videos(connection)) == 2


class Stop:
    """A progress that is interrupted."""

    def __init__(self, at_share: float) -> None:
        self._at = at_share

    def __call__(self, share: float, _: str) -> None:
        if share > self._at:
            raise KeyboardInterrupt


def test_an_interrupted_run_goes_on_and_ends_with_the_same_people(models, played, tmp_path):
    """Segments of 5 s: run through, and cut off after the first and continued."""
    film, plan = str(played[0].film), Plan(segment_s=5.0)
    with Library.open(tmp_path / "through") as library:
        index(library, models, film, plan=plan)
        whole = everybody(library)
    with Library.open(tmp_path / "cut") as library:
        with pytest.raises(KeyboardInterrupt):
            index(library, models, film, plan=plan, progress=Stop(at_share=0.45))
        with library.read() as connection:
            (video,) = footage.list_videos(connection)
        assert (video.state, video.indexed_until_s) == ("indexing", 5.0)
        some = everybody(library)
        query = query_image(models, str(portrait(tmp_path, 2)))
        assert Searcher(library, models).search(query).sightings  # half an index is searchable
        again = index(library, models, film, plan=plan)
        assert again.state == "done"
        assert again.frames < 84 * 0.8
        assert set(some) < set(everybody(library))
        assert everybody(library) == whole


def test_search_by_picture_by_tracklet_and_with_filters(copy, models, tmp_path) -> None:
    searcher = Searcher(copy, models)
    person = query_person(copy, models, "far right")
    by_person = searcher.search(person)
    by_image = searcher.search(query_image(models, str(portrait(tmp_path, 5))))
    assert by_image.sightings[0].tracklet == by_person.sightings[0].tracklet
    query, chain = query_tracklet(copy, models, by_person.sightings[0].tracklet)
    elsewhere = searcher.search(query, without_chain=chain)
    assert by_person.sightings[0].tracklet not in {s.tracklet for s in elsewhere.sightings}
    late = searcher.search(person, where=Filter(from_s=8.0))
    assert late.sure()
    assert all(s.end_s >= 8.0 for s in late.sightings)
    assert not searcher.search(person, where=Filter(videos=())).sightings


def test_evidence_belongs_to_the_sighting(copy: Library, models: Models) -> None:
    found = Searcher(copy, models).search(query_person(copy, models, "Third from the left"))
    for sighting in found.sightings:
        assert sighting.evidence
        for one in sighting.evidence:
            assert sighting.start_s <= one.time_s <= sighting.end_s
            assert images.decode_image(copy.media.get(one.media), name="x").size


def test_a_verdict_counts_at_once(copy: Library, models: Models) -> None:
    searcher = Searcher(copy, models)
    first = searcher.search(query_person(copy, models, "Far right"))
    assert first.person is not None
    best, worst = first.sightings[0], first.sightings[-1]
    with copy.transaction("verdict") as tx:
        for sighting, same in ((best, False), (worst, True)):
            tracklet = footage.find_tracklet(tx, sighting.tracklet).id
            footage.set_verdict(tx, first.person, tracklet, same)
    after = searcher.search(query_person(copy, models, "Far right"))
    assert best.tracklet not in {s.tracklet for s in after.sightings}
    assert worst.tracklet in {s.tracklet for s in after.sure()}


def test_new_footage_is_searched_without_restart(copy, models, tmp_path) -> None:
    searcher = Searcher(copy, models)
    query = query_person(copy, models, "Far right")
    before = searcher.search(query).searched
    FILM.write(images.read_image(sample_photograph()), tmp_path / "again.mp4")
    FILM.write(images.read_image(sample_photograph()) // 2, tmp_path / "darker.mp4")
    index(copy, models, str(tmp_path / "darker.mp4"))
    after = searcher.search(query)
    assert after.searched > before
    assert {Path(s.video).name for s in after.sure()} == {"film.mp4", "darker.mp4"}


def test_clips_show_the_moment(copy, models, tmp_path) -> None:
    query = query_person(copy, models, "Far right")
    found = Searcher(copy, models).search(query)
    made, problems = cut_clips(found.sure(), tmp_path / "clips")
    assert problems == []
    assert len(made) == len(found.sure())
    first = found.sure()[0]
    long = first.end_s - first.start_s
    assert long <= (probe(made[0]).duration_s or 0) <= long + 1.3
    with copy.transaction("gone") as tx:
        (video,) = footage.list_videos(tx)
        footage.update_video(tx, video.id, path=str(tmp_path / "gone.mp4"))
    made, problems = cut_clips(Searcher(copy, models).search(query).sure(), tmp_path / "none")
    assert made == []
    assert all("gone.mp4" in p for p in problems)


def test_who_is_in_the_photograph(copy: Library, models: Models) -> None:
    (result,), threshold = identify(copy, models, [str(sample_photograph())])
    names = [p.name for p in result.probes]
    assert names == [None, None, "Third from the left", None, None, "Far right"]
    assert "reference" in threshold.describe()


def test_a_very_poor_look_is_taken_for_nobody(
    copy: Library, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reid_core.actions.identify.LEAST", 1.01)
    (result,), _ = identify(copy, models, [str(sample_photograph())])
    assert {p.name for p in result.probes} == {None}
    assert result.probes[5].candidates[0].name == "Far right"


def test_watching_the_film_live(copy: Library, models: Models, played) -> None:
    events = list(watch(copy, models, str(played[0].film), seconds=8))
    named = {e.name for e in events if e.event == "identified"}
    assert named == {"Third from the left", "Far right"}
    for track in {e.track for e in events}:
        order = [e.event for e in events if e.track == track]
        assert order in (["enter", "leave"], ["enter", "identified", "leave"])


# ---- enrolling


def test_several_people_need_a_choice(copy: Library, models: Models) -> None:
    photograph = str(sample_photograph())
    with pytest.raises(SeveralFaces, match=r"6 faces.*--number"):
        enroll(copy, models, "Somebody", [photograph])
    assert enroll(copy, models, "Somebody", [photograph], number=1).added == 1
    with pytest.raises(EnrolError, match="no number 9"):
        enroll(copy, models, "Somebody", [photograph], number=9)


def test_an_enrolment_that_fails_changes_nothing(copy: Library, models: Models, tmp_path) -> None:
    grey, dark = tmp_path / "grey.jpg", tmp_path / "dark.jpg"
    images.write_image(np.full((200, 200, 3), 90, np.uint8), grey)
    images.write_image(images.read_image(portrait(tmp_path, 2)) // 24, dark)
    (tmp_path / "empty").mkdir()
    for source, error in (
        (grey, NoFace),
        (tmp_path / "none.jpg", ImageUnreadable),
        (tmp_path / "empty", EnrolError),
        (dark, (PoorQuality, NoFace)),
        (f"{grey}@noon", SourceUnavailable),
    ):
        with pytest.raises(error):
            enroll(copy, models, "Nobody", [str(source)])
    with copy.read() as connection:
        assert "Nobody" not in {p.name for p in people.list_people(connection)}


def test_a_folder_tells_what_it_could_not_use(copy: Library, models: Models, tmp_path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    portrait(folder, 0)
    (folder / "broken.jpg").write_bytes(b"\xff\xd8 no more")
    done = enroll(copy, models, "Left", [str(folder), str(folder)])
    assert done.added == 1
    assert sorted(bool(o.problem) for o in done.outcomes) == [False, True, True, True]


def test_a_moment_of_a_video_and_a_double_are_noticed(copy, models, played) -> None:
    done = enroll(copy, models, "Twin", [f"{played[0].film}@10.5"], number=3)
    (outcome,) = done.outcomes
    assert outcome.resembles is not None
    assert outcome.resembles[0] == "Far right"


def test_bodies_have_no_threshold_and_say_so(copy: Library, models: Models) -> None:
    done = enroll(copy, models, "Body", [str(sample_photograph())], kind=Kind.BODY, number=1)
    assert done.added == 1
    found = Searcher(copy, models).search(query_person(copy, models, "Body"))
    assert found.kind is Kind.BODY
    assert found.sightings
    assert found.sure() == ()
    assert "uncalibrated" in found.threshold.describe()


# ---- other models, and forgetting


def test_switching_models_and_back_without_decoding(copy, model_store, tmp_path) -> None:
    """A made-up network: everything stored is embedded again from its pictures."""
    network = tmp_path / "tiny.onnx"
    network.write_bytes(tiny_network())
    store = ModelStore(tmp_path / "models")
    shutil.copytree(model_store.folder, store.folder)
    import_onnx(store, network, role="body-embedder", name="tiny")
    with copy.read() as connection:
        n = len(footage.tracklet_ids(connection, Kind.BODY))
    assert n > 0
    assert use_model(copy, store, "tiny") >= n
    assert use_model(copy, store, "tiny") == 0
    with copy.read() as connection:
        counts = vectors.models_with_vectors(connection, "tracklet", Kind.BODY)
    assert sorted(counts.values()) == [n, n]


def test_vectors_of_two_models_never_meet(copy, model_store, tmp_path) -> None:
    network = tmp_path / "tiny.onnx"
    network.write_bytes(tiny_network())
    store = ModelStore(tmp_path / "models")
    shutil.copytree(model_store.folder, store.folder)
    import_onnx(store, network, role="face-embedder", name="tiny-face")
    other = Models(store, {"face-embedder": "tiny-face"})
    query = query_image(other, str(portrait(tmp_path, 2)))
    with pytest.raises(ModelMismatch, match="indexed with"):
        Searcher(copy, other).search(query)
    with pytest.raises(ModelMismatch):
        query_person(copy, other, "Far right")
    with pytest.raises(ModelMismatch, match="templates were made with"):
        identify(copy, other, [str(sample_photograph())])


def test_forgetting_an_enrolled_person(copy: Library, models: Models) -> None:
    Searcher(copy, models).search(query_person(copy, models, "Far right"))
    with copy.read() as connection:
        person = people.find_person(connection, "Far right")
    assert erase.forget(copy, person.id).proven
    assert identify(copy, models, [str(sample_photograph())])[0][0].probes[5].name is None


def test_sources_are_files_folders_of_videos_or_pictures(tmp_path: Path) -> None:
    (tmp_path / "videos" / "sub").mkdir(parents=True)
    (tmp_path / "photos").mkdir()
    for name in ("b.mp4", "sub/a.MKV", ".hidden.mp4", "notes.txt"):
        (tmp_path / "videos" / name).touch()
    given = [str(tmp_path / "videos"), str(tmp_path / "photos"), "camera:0", "rtsp://x/y"]
    names = [Path(g).name for g in find_sources(given)]
    assert names == ["b.mp4", "a.MKV", "photos", "camera:0", "y"]
