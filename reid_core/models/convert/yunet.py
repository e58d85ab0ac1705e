"""Freeing YuNet from the 640x640 input that its file declares."""

from __future__ import annotations

import onnx
from google.protobuf.message import DecodeError

from reid_core.errors import ModelCorrupt


def convert(data: bytes) -> bytes:
    """The same network with symbolic height and width, always the same bytes.

    Its Reshape nodes use -1, so only the declared shapes stand in the way. Raises ModelCorrupt.
    """
    try:
        model = onnx.load_model_from_string(data)
        dims = model.graph.input[0].type.tensor_type.shape.dim
        dims[2].dim_param, dims[3].dim_param = "height", "width"
        for output in model.graph.output:
            output.type.tensor_type.shape.dim[1].dim_param = f"{output.name}_cells"
    except (DecodeError, IndexError) as error:
        raise ModelCorrupt("This is not the YuNet model that was expected.") from error
    del model.graph.value_info[:]
    return bytes(model.SerializeToString(deterministic=True))
