"""From a trained network to a model that Cameo can install: ONNX, manifest and model card.

Nothing is written before the ONNX file, run by ONNX Runtime, has given the same vectors as torch.
"""

from __future__ import annotations

import copy
import hashlib
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from onnxruntime import InferenceSession
from onnxruntime.quantization import QuantType, quantize_dynamic, shape_inference
from torch import Tensor, nn

from reid_core.errors import ModelCorrupt, ModelMismatch, TrainingError
from reid_core.files import write_atomically
from reid_core.models import manifest as manifests
from reid_core.models.catalog import catalog
from reid_core.models.manifest import InputSpec, Manifest, Role
from reid_core.models.session import RUNTIME_ERRORS, open_session
from reid_core.models.store import ModelStore
from reid_core.types import Floats

Precision = Literal["fp32", "fp16", "int8"]
LEAST = {"fp32": 0.9999, "fp16": 0.999}  # cosine between torch's and ONNX Runtime's vectors
INT8_LEAST = 0.98
SAME = 0.99999  # cosine between a picture's vectors, alone and among others
ALONE = 8  # pictures that are also run alone
BATCH = 32
OPSET = 18
INPUT, OUTPUT = "images", "vectors"


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What must be known of a model beside its numbers.

    data: what it learnt from. terms: of those data. figures: what was measured and how it came
    out. command: what made it. reference, basis: see `Manifest`.
    """

    data: str
    terms: str
    command: str
    licence: str
    commercial: bool
    figures: Mapping[str, str | float] = field(default_factory=dict)
    note: str = ""
    reference: float | None = None
    basis: str = ""


@dataclass(frozen=True, slots=True)
class Exported:
    """An exported model. path: of the ONNX; `.json` and `.md` are beside it.

    parity: the lowest cosine over the samples between torch's and ONNX Runtime's vectors.
    alone: the lowest between a picture's vectors, run alone and among others; below 1 for int8,
    whose scales come from the whole batch. size: bytes.
    """

    path: Path
    manifest: Manifest
    precision: Precision
    parity: float
    alone: float
    size: int


def export(
    network: nn.Module,
    folder: Path,
    *,
    name: str,
    role: Role | str,
    height: int,
    width: int,
    mean: tuple[float, ...],
    std: tuple[float, ...],
    color: str,
    dim: int,
    precision: Precision,
    card: ModelCard,
    samples: Tensor,
    template: tuple[tuple[float, ...], ...] | None = None,
    flip: bool = False,
    int8_least: float = INT8_LEAST,
) -> Exported:
    """Write `name`.onnx, .json and .md, if ONNX Runtime gives torch's vectors.

    network: in eval mode, (N, 3, height, width) float to (N, dim); it stays as it is. mean, std,
    color, template, flip: see `InputSpec`. precision: "fp16" stores weights in half the space and
    still computes in fp32, so it is as fast; "int8" quantises weights and, while running,
    activations. samples: (N, 3, height, width), at least two inputs as the network will see them;
    the lowest cosine over them must be 0.9999 (fp32), 0.999 (fp16) or `int8_least`.

    Raises TrainingError with both numbers when it is not, when the network cannot be written as
    ONNX, or the folder cannot be written; an earlier model of that name then stays. ValueError
    for arguments that do not fit.
    """
    spec = InputSpec(width, height, color, mean, std, template, flip)
    about = _manifest(name, Role(role), spec, dim, card)
    _check(network, samples, spec, precision)
    frozen = copy.deepcopy(network).to("cpu", torch.float32)
    inputs = samples.detach().to("cpu", torch.float32).contiguous()
    wanted = _torch_vectors(frozen, inputs, dim)
    data = _stored(_graph(frozen, inputs[:2], name), precision)
    parity, alone = _compare(data, inputs.numpy(), wanted, name)
    least, same = (int8_least,) * 2 if precision == "int8" else (LEAST[precision], SAME)
    _gate(name, precision, parity, least, "torch and ONNX Runtime")
    _gate(name, precision, alone, same, "one picture alone and among others")
    checksum = hashlib.sha256(data).hexdigest()
    about = replace(about, sha256=checksum, origin_sha256=checksum)
    done = Exported(folder / about.file, about, precision, parity, alone, len(data))
    _write(done, data, card)
    return done


def _manifest(name: str, role: Role, spec: InputSpec, dim: int, card: ModelCard) -> Manifest:
    """All but the checksums. Raises ValueError for a name that no model can have."""
    return Manifest(
        name,
        role,
        "embedder",
        file=f"{name}.onnx",
        sha256="",
        licence=card.licence,
        commercial=card.commercial,
        source=f"trained: {card.command}",
        input=spec,
        dim=dim,
        reference=card.reference,
        basis=card.basis,
        note=card.note,
    )


def install_exported(store: ModelStore, folder: Path, name: str) -> Manifest:
    """Install an exported model. Returns its manifest.

    Raises ModelCorrupt (its files do not fit together), ModelMismatch (the name is taken) or
    ModelError (the store cannot be written).
    """
    manifest = manifests.load(folder / f"{name}.json")
    try:
        data = (folder / manifest.file).read_bytes()
    except OSError as error:
        raise ModelCorrupt(f"{folder / manifest.file} cannot be read: {error.strerror}.") from error
    if hashlib.sha256(data).hexdigest() != manifest.sha256:
        raise ModelCorrupt(f"{manifest.file} is not what {name}.json describes; export it again.")
    others = [one for one in store.installed() if one.name == manifest.name]
    if manifest.name in catalog() or any(one.sha256 != manifest.sha256 for one in others):
        raise ModelMismatch(f"Another model is called {manifest.name}; export under another name.")
    return store.install(manifest, data)


def _check(network: nn.Module, samples: Tensor, spec: InputSpec, precision: str) -> None:
    if precision not in ("fp32", "fp16", "int8"):
        raise ValueError(f"precision is {precision!r}, expected fp32, fp16 or int8")
    if any(part.training for part in network.modules()):
        raise ValueError("the network is in training mode, expected network.eval()")
    shape = tuple(samples.shape)
    if len(shape) != 4 or shape[1:] != (3, spec.height, spec.width) or shape[0] < 2:
        raise ValueError(
            f"samples are {shape}, expected at least two of (3, {spec.height}, {spec.width})"
        )


def _torch_vectors(network: nn.Module, inputs: Tensor, dim: int) -> Floats:
    """(N, dim) float32."""
    with torch.inference_mode():
        out = torch.cat([network(inputs[i : i + BATCH]) for i in range(0, len(inputs), BATCH)])
    if tuple(out.shape) != (len(inputs), dim):
        raise ValueError(f"the network gives {tuple(out.shape)}, expected ({len(inputs)}, {dim})")
    if not out.isfinite().all():
        raise TrainingError("The network gives something else than finite numbers.")
    return np.asarray(out.numpy(), np.float32)


def _graph(network: nn.Module, two: Tensor, name: str) -> onnx.ModelProto:
    """The network as ONNX with any batch size, batch normalisation folded into convolutions."""
    try:
        program = torch.onnx.export(
            network,
            (two,),
            dynamo=True,
            dynamic_shapes=({0: torch.export.Dim("batch")},),
            input_names=[INPUT],
            output_names=[OUTPUT],
            opset_version=OPSET,
            verbose=False,
        )
    except torch.onnx.OnnxExporterError as error:
        why = (str(error.__cause__ or error).strip().splitlines() or ["no reason"])[0][:200]
        raise TrainingError(f"{name} cannot be written as ONNX: {why}") from error
    if program is None:  # only when told to write a file itself
        raise AssertionError("torch.onnx.export gave no program")
    return _without_notes(program.model_proto)


def _without_notes(model: onnx.ModelProto) -> onnx.ModelProto:
    """Without the exporter's notes on each node, which are as large as a small network."""
    graph = model.graph
    for parts in (graph.node, graph.initializer, graph.input, graph.output):
        for part in parts:
            part.doc_string = ""
            del part.metadata_props[:]
    del graph.value_info[:], graph.metadata_props[:], model.metadata_props[:]
    return model


def _stored(model: onnx.ModelProto, precision: Precision) -> bytes:
    """The file's bytes."""
    if precision == "int8":
        return _quantised(model)
    if precision == "fp16":
        _halve(model.graph)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def _halve(graph: onnx.GraphProto) -> None:
    """Store matrices and kernels as fp16 behind a cast, which ONNX Runtime works out on opening.

    Vectors (biases, normalisation) are few, and a variance may lie outside fp16: they stay.
    """
    casts = []
    for weight in graph.initializer:
        if weight.data_type != TensorProto.FLOAT or len(weight.dims) < 2:
            continue
        with np.errstate(over="ignore"):  # a weight too large for fp16 shows in the parity
            half = numpy_helper.to_array(weight).astype(np.float16)
        name = weight.name
        weight.CopyFrom(numpy_helper.from_array(half, f"{name}_fp16"))
        casts.append(helper.make_node("Cast", [f"{name}_fp16"], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)


def _quantised(model: onnx.ModelProto) -> bytes:
    """Weights as 8 bit whole numbers; ONNX Runtime scales activations as it meets them."""
    with tempfile.TemporaryDirectory() as place:
        ready, small = Path(place) / "ready.onnx", Path(place) / "small.onnx"
        shape_inference.quant_pre_process(model, str(ready))
        # unsigned: ONNX Runtime's convolutions of signed weights are three times slower
        quantize_dynamic(str(ready), str(small), weight_type=QuantType.QUInt8)
        return small.read_bytes()


def _compare(data: bytes, inputs: Floats, wanted: Floats, name: str) -> tuple[float, float]:
    """(parity, alone), see `Exported`."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / f"{name}.onnx"
        path.write_bytes(data)
        session = open_session(path, provider="cpu")
        try:
            many = _run(session, inputs, BATCH)
            single = _run(session, inputs[:ALONE], 1)
        except RUNTIME_ERRORS as error:
            raise TrainingError(f"ONNX Runtime cannot run {name}: {error}") from error
    if many.shape != wanted.shape or single.shape != many[:ALONE].shape:
        raise TrainingError(f"{name} gives {many.shape} as ONNX, expected {wanted.shape}.")
    return _lowest_cosine(many, wanted), _lowest_cosine(single, many[:ALONE])


def _run(session: InferenceSession, inputs: Floats, step: int) -> Floats:
    parts = [inputs[i : i + step] for i in range(0, len(inputs), step)]
    return np.concatenate([session.run([OUTPUT], {INPUT: part})[0] for part in parts])


def _lowest_cosine(a: Floats, b: Floats) -> float:
    """Over rows; -1 where a row has no direction."""
    x, y = a.astype(np.float64), b.astype(np.float64)
    lengths = np.linalg.norm(x, axis=1) * np.linalg.norm(y, axis=1)
    if not np.isfinite(x).all() or not np.isfinite(y).all() or not lengths.all():
        return -1.0
    return float((np.einsum("nd,nd->n", x, y) / lengths).min())


def _gate(name: str, precision: str, found: float, least: float, between: str) -> None:
    if found < least:
        raise TrainingError(
            f"{name} was not exported as {precision}: the lowest cosine between {between} "
            f"is {found:.7f}, at least {least} is needed."
        )


def _write(done: Exported, data: bytes, card: ModelCard) -> None:
    """All three files, the manifest last: without it a model was never finished."""
    beside = done.path.with_suffix
    try:
        done.path.parent.mkdir(parents=True, exist_ok=True)
        beside(".json").unlink(missing_ok=True)
        write_atomically(done.path, data)
        write_atomically(beside(".md"), _card(done, card).encode("utf-8"))
        manifests.save(done.manifest, beside(".json"))
    except OSError as error:
        raise TrainingError(
            f"The model {done.manifest.name} cannot be written to {done.path.parent}: "
            f"{error.strerror or error}."
        ) from error


def _card(done: Exported, card: ModelCard) -> str:
    """The model card, in Markdown."""
    about, spec = done.manifest, done.manifest.input
    use = "may be used commercially" if card.commercial else "not for commercial use"
    how = f"{spec.color.upper()}, (pixel - {spec.mean}) / {spec.std}"
    what = {
        "Input": f"(N, 3, {spec.height}, {spec.width}), {how}",
        "Output": f"(N, {about.dim}), to be scaled to length 1",
        "Mirror image": "averaged in" if spec.flip else "not used",
        "File": f"`{about.file}`, {done.size:,} bytes, weights in {done.precision}",
        "SHA-256": f"`{about.sha256}`",
        "Same as torch": f"lowest cosine {done.parity:.6f}",
        "Same in any batch": f"lowest cosine {done.alone:.6f}",
    }
    parts = [f"# {about.name}", f"A {about.role}. {card.note}".strip(), _table("", "", what)]
    parts += ["## Data", card.data, "## Terms", f"{card.terms}\n\nLicence: {card.licence} ({use})."]
    parts += ["## Figures", _table("What", "Measured", card.figures) if card.figures else "None."]
    parts += ["## Made by", f"```\n{card.command}\n```"]
    return "\n\n".join(parts) + "\n"


def _table(left: str, right: str, rows: Mapping[str, str | float]) -> str:
    cells = [[str(c).replace("|", "\\|") for c in row] for row in rows.items()]
    lines = [f"| {left} | {right} |", "|---|---|", *(f"| {a} | {b} |" for a, b in cells)]
    return "\n".join(lines)
