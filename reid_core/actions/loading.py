"""Which class serves which model: the one place that knows.

Every function takes the model store and, if not the default, a model's name; the model is
fetched when it is missing. `threads` are those inside one call of the network: 1 where pictures
are worked on in parallel, more where a single picture must be quick.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reid_core.actions import own_networks
from reid_core.adapter import Adapter
from reid_core.errors import ModelMismatch
from reid_core.library import Library, adapters, models_used
from reid_core.models.manifest import Manifest, Role
from reid_core.models.session import open_session
from reid_core.models.store import ModelStore
from reid_core.protocols import Detector, Embedder, Progress, no_progress
from reid_core.search.decide import Threshold
from reid_core.types import Kind

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

DETECTOR_ROLE = {Kind.FACE: Role.FACE_DETECTOR, Kind.BODY: Role.PERSON_DETECTOR}
EMBEDDER_ROLE = {Kind.FACE: Role.FACE_EMBEDDER, Kind.BODY: Role.BODY_EMBEDDER}


@dataclass(frozen=True, slots=True)
class Runtime:
    """How networks run. provider: an ONNX Runtime provider's name, None for the best there is."""

    threads: int = 1
    provider: str | None = None


def load_detector(
    store: ModelStore,
    kind: Kind,
    name: str | None = None,
    *,
    runtime: Runtime | None = None,
    score: float | None = None,
    progress: Progress = no_progress,
) -> Detector:
    """A detector of faces or bodies. Raises ModelError when it cannot be had."""
    manifest = _manifest(store, DETECTOR_ROLE[kind], name, progress)
    session = _session(store, manifest, runtime)
    options: dict[str, Any] = {} if score is None else {"score": score}
    match manifest.architecture:
        case "yunet":
            from reid_core.detect.yunet import YuNet

            return YuNet(session, **options)
        case "scrfd":
            from reid_core.detect.scrfd import Scrfd

            return Scrfd(session, **options)
        case "ssd":
            from reid_core.detect.ssd import SsdPerson

            return SsdPerson(session, **options)
        case "yolox":
            from reid_core.detect.yolox import YoloX

            return YoloX(session, **options)
    raise ModelMismatch(
        f"The model {manifest.name} has the architecture {manifest.architecture}, "
        f"which is no {DETECTOR_ROLE[kind]} that Cameo knows (yunet, scrfd, ssd, yolox)."
    )


def load_embedder(
    store: ModelStore,
    kind: Kind,
    name: str | None = None,
    *,
    runtime: Runtime | None = None,
    progress: Progress = no_progress,
) -> Embedder:
    """An embedder of faces or bodies. Raises ModelError when it cannot be had."""
    manifest = _manifest(store, EMBEDDER_ROLE[kind], name, progress)
    if manifest.architecture == "stripes":
        from reid_core.embed.stripes import ColourStripes

        return ColourStripes(model=manifest.model_id)
    from reid_core.embed.embedder import OnnxEmbedder

    if manifest.dim is None:
        raise ModelMismatch(f"The manifest of {manifest.name} does not say how long a vector is.")
    session = _session(store, manifest, runtime)
    return OnnxEmbedder(
        session, manifest.input, model=manifest.model_id, dim=manifest.dim, kind=kind
    )


def _manifest(store: ModelStore, role: Role, name: str | None, progress: Progress) -> Manifest:
    manifest = store.ensure(name or store.default_for(role), progress)
    if manifest.role is not role:
        raise ModelMismatch(f"The model {manifest.name} is a {manifest.role}, not a {role}.")
    return manifest


def _session(store: ModelStore, manifest: Manifest, runtime: Runtime | None) -> InferenceSession:
    how = runtime or Runtime()
    return open_session(store.path(manifest.name), threads=how.threads, provider=how.provider)


class Models:
    """The models of one library, each loaded when first asked for.

    in_use: names by role where they differ from the defaults. adapters: by role where the library
    has one of its own in use.
    """

    def __init__(
        self,
        store: ModelStore,
        in_use: Mapping[str, str] | None = None,
        *,
        adapters: Mapping[str, Adapter] | None = None,
        runtime: Runtime | None = None,
        progress: Progress = no_progress,
    ) -> None:
        self.store = store
        self._in_use = dict(in_use or {})
        self._adapters = dict(adapters or {})
        self._runtime = runtime
        self._progress = progress
        self._manifests: dict[Role, Manifest] = {}
        self._detectors: dict[Kind, Detector] = {}
        self._networks: dict[Kind, Embedder] = {}

    @classmethod
    def of(
        cls,
        library: Library,
        store: ModelStore,
        *,
        runtime: Runtime | None = None,
        progress: Progress = no_progress,
    ) -> Models:
        """The models that a library works with now. Raises ModelCorrupt for a damaged adapter.

        A network of the library's own is given to the store if it is not there.
        """
        with library.read() as connection:
            in_use, own = models_used.in_use(connection), adapters.in_use(connection)
        own_networks.restore(library, store, in_use.values())
        return cls(store, in_use, adapters=own, runtime=runtime, progress=progress)

    def adapted(self, kind: Kind, adapter: Adapter) -> Models:
        """The same with another adapter in use, as a library would be that had accepted it."""
        own = {**self._adapters, EMBEDDER_ROLE[kind]: adapter}
        made = Models(
            self.store,
            self._in_use,
            adapters=own,
            runtime=self._runtime,
            progress=self._progress,
        )
        made._networks = self._networks
        return made

    def switched(self, kind: Kind, network: Embedder) -> Models:
        """The same with another network in use, without an adapter."""
        role = EMBEDDER_ROLE[kind]
        made = Models(
            self.store,
            {**self._in_use, role: network.model.split("@")[0]},
            adapters={r: a for r, a in self._adapters.items() if r != role},
            runtime=self._runtime,
            progress=self._progress,
        )
        made._networks = {**self._networks, kind: network}
        return made

    def name(self, role: Role) -> str:
        """The model that serves a role."""
        return self._in_use.get(role) or self.store.default_for(role)

    def manifest(self, role: Role) -> Manifest:
        """Its manifest; fetched first if it is not there."""
        if role not in self._manifests:
            self._manifests[role] = self.store.ensure(self.name(role), self._progress)
        return self._manifests[role]

    def detector(self, kind: Kind) -> Detector:
        """The detector in use."""
        if kind not in self._detectors:
            self._detectors[kind] = load_detector(
                self.store,
                kind,
                self.name(DETECTOR_ROLE[kind]),
                runtime=self._runtime,
                progress=self._progress,
            )
        return self._detectors[kind]

    def network(self, kind: Kind) -> Embedder:
        """The embedder in use without its adapter: what footage is indexed with."""
        if kind not in self._networks:
            self._networks[kind] = load_embedder(
                self.store,
                kind,
                self.name(EMBEDDER_ROLE[kind]),
                runtime=self._runtime,
                progress=self._progress,
            )
        return self._networks[kind]

    def embedder(self, kind: Kind) -> Embedder:
        """The embedder in use. Raises ModelMismatch when its adapter is for another network."""
        adapter = self.adapter(kind)
        if adapter is None:
            return self.network(kind)
        from reid_core.embed.adapted import AdaptedEmbedder

        return AdaptedEmbedder(self.network(kind), adapter)

    def adapter(self, kind: Kind) -> Adapter | None:
        """The adapter in use, None without one."""
        return self._adapters.get(EMBEDDER_ROLE[kind])

    def model_id(self, kind: Kind) -> str:
        """What the embedder's vectors are called, without loading it."""
        adapter = self.adapter(kind)
        return adapter.model if adapter else self.manifest(EMBEDDER_ROLE[kind]).model_id

    def threshold(self, kind: Kind) -> Threshold:
        """What is known of where "probably the same" begins, without a calibration.

        A network's reference says nothing of what an adapter makes of its vectors.
        """
        one = self.manifest(EMBEDDER_ROLE[kind])
        if one.reference is None or self.adapter(kind) is not None:
            return Threshold(None, "none", "")
        return Threshold(one.reference, "reference", one.basis)
