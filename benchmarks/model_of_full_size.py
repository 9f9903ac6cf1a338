"""Find the model for speed benchmarks: the downloaded SigLIP-2, otherwise graphs of its size with constant weights.

The latter take the same time as the real ones, but their vectors are meaningless. They are in ../shared, outside the
repository.
"""

import json
from pathlib import Path

from cumbre.encoding.known_models import resolve_model
from cumbre.errors import CumbreError
from cumbre.settings import read_settings

_SHARED = Path(__file__).resolve().parents[2] / "shared" / "models"
_CONFIG = {
    "model_type": "siglip",
    "vision_config": {"hidden_size": 768},
    "text_config": {"max_position_embeddings": 64},
    "logit_scale": 4.724453449249268,
    "logit_bias": -16.771724700927734,
}
# The calibration (prompts, background) is that of the real model, because it determines the number of texts per query.
_DESCRIPTION = {"model_id": "full-size", "dimensions": 768, "tells_peaks": True}


def model_directory(scratch: Path, named: Path | None = None) -> Path:
    """Return the named directory, else SigLIP-2 if it was downloaded, else a directory assembled in `scratch`.

    Raises SystemExit if there is none.
    """
    if named is not None:
        return named
    try:
        return resolve_model("siglip2", read_settings().home).directory
    except CumbreError:
        graphs = _SHARED / "siglip2-fullsize" / "onnx"
    if not graphs.is_dir():
        raise SystemExit("there is no model of full size: run `cumbre models fetch`, or name a directory with --model")
    directory = scratch / "full-size"
    directory.mkdir()
    (directory / "onnx").symlink_to(graphs)
    for name in ("preprocessor_config.json", "tokenizer.json"):
        (directory / name).symlink_to(_SHARED / "siglip2-tiny" / name)
    (directory / "config.json").write_text(json.dumps(_CONFIG))
    bundled = Path(__file__).resolve().parents[1] / "cumbre/encoding/assets/siglip2-base-patch16-224/cumbre.json"
    calibration = json.loads(bundled.read_text("utf-8"))["calibration"]
    (directory / "cumbre.json").write_text(json.dumps({**_DESCRIPTION, "calibration": calibration}))
    return directory
