"""Opening networks, and saying where they run."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
from made_models import tiny_network

from reid_core.errors import ModelCorrupt, ModelError, ModelMissing
from reid_core.models import session as sessions
from reid_core.models.session import choose_providers, describe_runtime, open_session


def test_a_session_runs(tmp_path: Path) -> None:
    (tmp_path / "m.onnx").write_bytes(tiny_network())
    session = open_session(tmp_path / "m.onnx", threads=2)
    options = session.get_session_options()
    assert options.intra_op_num_threads == 2
    assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"
    out = session.run(None, {"input": np.ones((1, 3, 16, 16), np.float32)})[0]
    np.testing.assert_allclose(out[0], np.arange(24).reshape(3, 8).sum(0) / 10, rtol=1e-6)


def test_a_session_that_cannot_open_is_a_sentence(tmp_path: Path, monkeypatch) -> None:
    with pytest.raises(ModelMissing, match="cameo models pull"):
        open_session(tmp_path / "none.onnx")
    good = tiny_network()
    bad = tmp_path / "bad.onnx"
    for data in (b"", b"nothing", good[: len(good) // 2], good.replace(b"MatMul", b"MadMul")):
        bad.write_bytes(data)
        with pytest.raises(ModelCorrupt, match=r"bad\.onnx"):
            open_session(bad)
    monkeypatch.setattr(sessions, "MAX_MODEL_BYTES", 10)
    with pytest.raises(ModelCorrupt, match="larger"):
        open_session(bad)


def test_providers(monkeypatch: pytest.MonkeyPatch) -> None:
    assert choose_providers()[-1] == "CPUExecutionProvider"
    assert choose_providers("cpu") == ["CPUExecutionProvider"]
    with pytest.raises(ModelError, match="CPUExecutionProvider"):
        choose_providers("abacus")
    there = ["OpenVINOExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(ort, "get_available_providers", lambda: there)
    assert choose_providers() == [there[1], there[0], there[2]]
    assert choose_providers("openvino") == [there[0], there[2]]


def test_what_runs_where_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ort, "get_available_providers", lambda: ["CPUExecutionProvider"])
    monkeypatch.setattr("shutil.which", lambda _: None)
    assert describe_runtime() == [f"Networks run on CPU (ONNX Runtime {ort.__version__})."]
    monkeypatch.setattr("shutil.which", lambda _: "/usr/bin/nvidia-smi")
    assert "present but unused" in describe_runtime()[1]
    both = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(ort, "get_available_providers", lambda: both)
    (line,) = describe_runtime()
    assert "CUDA" in line


def test_falling_back_is_said(tmp_path: Path, monkeypatch, caplog) -> None:
    class Fallen:
        def __init__(self, *_: object, **__: object) -> None:
            """A runtime whose GPU does not start."""

        def get_providers(self) -> list[str]:
            return ["CPUExecutionProvider"]

    (tmp_path / "m.onnx").write_bytes(b"x")
    both = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(ort, "get_available_providers", lambda: both)
    monkeypatch.setattr(ort, "InferenceSession", Fallen)
    with caplog.at_level(logging.WARNING):
        open_session(tmp_path / "m.onnx")
    assert "CUDAExecutionProvider could not be used" in caplog.text
    caplog.clear()
