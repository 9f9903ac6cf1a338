"""Which model the speed benchmarks run: SigLIP-2 as fetched, else graphs of its size with constant weights.

The latter cost what the real ones cost and mean nothing; they lie beside the project in ../shared, not in it.
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
# Prompts and background as for the real model: they decide how many texts a question costs.
_OWN = {"model_id": "full-size", "dimensions": 768, "tells_peaks": True}


def model_directory(scratch: Path, named: Path | None = None) -> Path:
    """The directory that was named, else SigLIP-2 if it has been fetched, else one put together in `scratch`."""
    if named is not None:
        return named
    try:
        return resolve_model("siglip2", read_settings().home).directory
    except CumbreError:
        graphs = _SHARED / "siglip2-fullsize" / "onnx"
    if not graphs.is_dir():
        raise SystemExit("no model of full size here: run `cumbre models fetch`, or name a directory with --model")
    directory = scratch / "full-size"
    directory.mkdir()
    (directory / "onnx").symlink_to(graphs)
    for name in ("preprocessor_config.json", "tokenizer.json"):
        (directory / name).symlink_to(_SHARED / "siglip2-tiny" / name)
    (directory / "config.json").write_text(json.dumps(_CONFIG))
    bundled = Path(__file__).resolve().parents[1] / "cumbre/encoding/assets/siglip2-base-patch16-224/cumbre.json"
    calibration = json.loads(bundled.read_text("utf-8"))["calibration"]
    (directory / "cumbre.json").write_text(json.dumps({**_OWN, "calibration": calibration}))
    return directory
