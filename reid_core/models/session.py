"""ONNX Runtime: opening a model, and saying plainly where it runs."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import onnxruntime as ort
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from reid_core.errors import ModelCorrupt, ModelError, ModelMissing

PREFERRED = (
    "CUDAExecutionProvider",
    "CoreMLExecutionProvider",
    "DmlExecutionProvider",
    "OpenVINOExecutionProvider",
    "CPUExecutionProvider",
)
MAX_MODEL_BYTES = 1 << 30
_ERROR_NAMES = (
    *("Fail", "InvalidProtobuf", "InvalidGraph", "InvalidArgument", "NotImplemented"),
    *("RuntimeException", "NoModel", "ModelLoaded", "EPFail"),
)
# ONNX Runtime's own errors share no base class
RUNTIME_ERRORS = (
    RuntimeError,
    ValueError,
    *(getattr(ort_errors, name) for name in _ERROR_NAMES if hasattr(ort_errors, name)),
)

log = logging.getLogger(__name__)


def choose_providers(wanted: str | None = None) -> list[str]:
    """Execution providers, best first, always with the CPU behind.

    wanted: one by name ("cuda" or its full name). Raises ModelError when it is not installed.
    """
    there = ort.get_available_providers()
    if wanted is None:
        return [p for p in PREFERRED if p in there]
    full = next((p for p in there if p.lower().startswith(wanted.lower())), None)
    if full is None:
        names = ", ".join(there)
        raise ModelError(f"ONNX Runtime has no provider {wanted!r} here; it has {names}.")
    return list(dict.fromkeys([full, "CPUExecutionProvider"]))


def open_session(
    path: Path, *, threads: int = 1, provider: str | None = None
) -> ort.InferenceSession:
    """Open a model for inference from several threads at once.

    threads: inside one call. Raises ModelMissing, or ModelCorrupt when it cannot be parsed.
    """
    if not path.is_file():
        raise ModelMissing(f"The model file {path} is not there. Run: cameo models pull")
    if path.stat().st_size > MAX_MODEL_BYTES:
        raise ModelCorrupt(f"The model file {path.name} is larger than 1 GiB and was not opened.")
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # waiting threads that spin steal the cores from the other networks of the pipeline
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    wanted = choose_providers(provider)
    try:
        session = ort.InferenceSession(str(path), options, providers=wanted)
    except RUNTIME_ERRORS as error:
        raise ModelCorrupt(
            f"{path.name} cannot be opened as an ONNX model: {_first(error)}"
        ) from error
    used = session.get_providers()
    if used and used[0] != wanted[0]:  # ONNX Runtime falls back in silence
        log.warning("%s could not be used; %s runs on %s", wanted[0], path.name, used[0])
    return session


def describe_runtime(provider: str | None = None) -> list[str]:
    """What runs where, in sentences, including a GPU that is there but unused."""
    used = choose_providers(provider)
    best = used[0].removesuffix("ExecutionProvider")
    lines = [f"Networks run on {best} (ONNX Runtime {ort.__version__})."]
    if shutil.which("nvidia-smi") and "CUDAExecutionProvider" not in ort.get_available_providers():
        lines.append(
            "An NVIDIA GPU is present but unused: this ONNX Runtime has no CUDA provider. "
            "Install onnxruntime-gpu in place of onnxruntime to use it."
        )
    return lines


def _first(error: Exception) -> str:
    """The first line of a message, or the error's name when there is none."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
