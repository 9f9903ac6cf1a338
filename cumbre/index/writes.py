"""What both adapters of the index refuse to write or search with, whatever is stored."""

from collections.abc import Sequence

from cumbre.errors import IndexFault
from cumbre.index.port import PhotoWrite, Vector, VectorSpace
from cumbre.photos.document import PhotoDocument


def check_writes(writes: Sequence[PhotoWrite], space: VectorSpace) -> None:
    """Raise IndexFault if a new photo has no vector, or a vector has another shape than the space's."""
    for write in writes:
        if write.vector is not None:
            check_vector(write.vector, space)
        elif write.document.failure is None and write.expected_version is None:
            raise no_vector(write.document)


def check_vector(vector: Vector, space: VectorSpace) -> None:
    """Raise IndexFault if a vector doesn't have the shape [D] of the space."""
    if vector.shape != (space.dimensions,):
        raise IndexFault(f"a vector of shape {vector.shape} does not fit an index of {space.dimensions} dimensions")


def no_vector(document: PhotoDocument) -> IndexFault:
    """Return the error for a photo that would have no vector."""
    return IndexFault(f"{document.key} can't be indexed without a vector: no search would find it")
