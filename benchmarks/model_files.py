"""Write model files of SigLIP-2's size: graphs with their weights in float16, like the downloaded ones.

    python -m benchmarks.model_files DIRECTORY

Needs the package onnx and a model of full size (benchmarks/model_of_full_size.py). ONNX Runtime folds the constants of
the graphs into weights and writes them. Each large weight is then stored as float16, followed by a Cast, which ONNX
Runtime folds again when it loads the file.
"""

import argparse
import shutil
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from onnx import numpy_helper

from benchmarks.model_of_full_size import model_directory

_LARGE = 10_000


def write_out(graph: Path, file: Path) -> None:
    """Write a graph with its weights in float16."""
    with tempfile.TemporaryDirectory() as folder:
        folded = Path(folder) / "folded.onnx"
        options = ort.SessionOptions()
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath = str(folded)
        ort.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
        model = onnx.load(str(folded))
    casts = []
    for weight in model.graph.initializer:
        if weight.data_type != onnx.TensorProto.FLOAT or np.prod(weight.dims) < _LARGE:
            continue
        half = numpy_helper.from_array(numpy_helper.to_array(weight).astype(np.float16), f"{weight.name}_half")
        casts.append(onnx.helper.make_node("Cast", [half.name], [weight.name], to=onnx.TensorProto.FLOAT))
        weight.CopyFrom(half)
    nodes = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend([*casts, *nodes])
    onnx.save(model, str(file))


def written_model(scratch: Path, named: Path | None = None) -> Path:
    """Write a model directory of SigLIP-2's size into `scratch` and return its path. named: the model to use."""
    source = model_directory(scratch, named)
    directory = scratch / "written"
    (directory / "onnx").mkdir(parents=True)
    for file in source.glob("*.json"):
        shutil.copyfile(file, directory / file.name)
    for graph in source.glob("onnx/*.onnx"):
        write_out(graph, directory / "onnx" / graph.name)
    return directory


def main() -> None:
    """Write the files and print their sizes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path)
    directory = parser.parse_args().directory
    directory.mkdir(parents=True, exist_ok=True)
    written = written_model(directory)
    for file in sorted(written.rglob("*.onnx")):
        print(f"{file.relative_to(written)}: {file.stat().st_size / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
