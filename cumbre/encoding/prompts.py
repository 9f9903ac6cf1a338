"""Prompts for the text encoder: for peaks, for queries, and for everyday subjects as the background.

Prompts may change without embedding photos again: all data that depends on them (backgrounds, prototypes) carries
PROMPT_VERSION.
"""

from typing import Final, Protocol

import numpy as np

from cumbre.index.port import Vector
from cumbre.peaks.catalog import Peak

PROMPT_VERSION: Final = "1"

# Its vector is subtracted from that of a query or peak, so that posters and maps showing a name don't win.
ANTI_CONCEPT: Final = "painting, illustration, poster, map, logo"
_PEAK_ANTI_CONCEPT_WEIGHT: Final = 0.25
# The weight of the text in a prototype, if there are reference photos.
ALPHA_TEXT: Final = 0.5

_PEAK_TEMPLATES: Final = (
    "an everyday photo of the summit of {name}{where}",
    "{name}, the landmark peak{where}, in an alpine landscape",
    "the mountain {name} with snow and a rock ridge",
)

# A wide range of everyday subjects. A photo's background is its similarity to all of them (docs/search.md).
BACKGROUND_TEXTS: Final = tuple(
    subject
    for subject in (
        "a dog", "a cat", "a horse", "a cow", "a bird in flight", "an insect on a leaf", "a fish in an aquarium",
        "a sheep on a farm", "a monkey", "a bear", "a butterfly", "a snake", "a spider web", "a chicken",
        "a bowl of soup", "a birthday cake", "a cup of coffee", "a plate of pasta", "fresh fruit", "a glass of wine",
        "a hamburger", "an ice cream", "bread on a table", "vegetables at a market", "a bottle of water", "a barbecue",
        "a city street at night", "a skyscraper", "a bridge over water", "a church", "a castle", "a train station",
        "an airport", "a parked car", "a bus", "a truck on a motorway", "a bicycle", "a motorcycle", "an aeroplane",
        "a sailing boat", "a harbour", "a ship at sea", "a shop window", "a restaurant", "a hotel room", "a kitchen",
        "a bathroom", "a bedroom", "a living room with a sofa", "an office desk", "a classroom", "a library",
        "a staircase", "a door", "a window", "a wall with graffiti", "a road sign", "a traffic light", "a phone screen",
        "a laptop", "a screenshot", "a document with text", "a book", "a newspaper", "a map", "a logo", "a poster",
        "a painting", "a drawing", "a statue", "a toy", "a doll", "a guitar", "a piano", "a clock", "a lamp",
        "a chair", "a pair of shoes", "a dress", "a hat", "sunglasses", "jewellery", "a handbag", "an umbrella",
        "a portrait of a woman", "a portrait of a man", "a child playing", "a baby", "a group of friends", "a crowd",
        "a wedding", "a concert", "a football match", "a swimming pool", "a beach", "the open sea", "a sunset",
        "a cloudy sky", "a garden with flowers", "a forest", "a meadow", "a lake", "a waterfall", "a desert",
        "a rainy day", "a snowy street", "fireworks", "a fire", "a playground", "a construction site", "a factory",
        "a hospital", "a selfie",
    )
)  # fmt: skip


class TextEncoder(Protocol):
    """The part of an encoder that prompts need."""

    def encode_texts(self, texts: list[str]) -> np.ndarray:
        """Return unit vectors [N, D] of N texts."""
        ...


def unit(vector: np.ndarray) -> Vector:
    """Return the vector [D] scaled to length 1. A zero vector stays zero."""
    norm = float(np.linalg.norm(vector))
    return np.asarray(vector / norm if norm > 0 else vector, dtype=np.float32)


def query_vector(encoder: TextEncoder, text: str, templates: tuple[str, ...], anti_concept_weight: float) -> Vector:
    """Return the unit vector [D] of a query that names no peak.

    It is the mean over the templates, minus anti_concept_weight times the vector of ANTI_CONCEPT.
    """
    prompts = [template.format(text) for template in templates]
    if anti_concept_weight == 0.0:
        return unit(encoder.encode_texts(prompts).mean(axis=0))
    vectors = encoder.encode_texts([*prompts, ANTI_CONCEPT])
    return unit(unit(vectors[:-1].mean(axis=0)) - anti_concept_weight * vectors[-1])


def peak_prototype(encoder: TextEncoder, peak: Peak, references: np.ndarray | None = None) -> Vector:
    """Return the unit vector [D] of a peak: the mean of its names' prompts minus a quarter of the anti-concept.

    Only ASCII names are used, or the main name if there are none. references: vectors [R, D] of photos of the peak,
    which are blended in half and half (ALPHA_TEXT); with None or no rows, the text is used alone.
    """
    where = "".join(f" {word} {place}" for word, place in (("in", peak.region), ("in", peak.country)) if place)
    names = [name for name in peak.names if name.isascii()] or [peak.name]
    prompts = [template.format(name=name, where=where) for name in names for template in _PEAK_TEMPLATES]
    vectors = encoder.encode_texts([*prompts, ANTI_CONCEPT])
    text = unit(unit(vectors[:-1].mean(axis=0)) - _PEAK_ANTI_CONCEPT_WEIGHT * vectors[-1])
    if references is None or len(references) == 0:
        return text
    return unit(ALPHA_TEXT * text + (1.0 - ALPHA_TEXT) * unit(references.mean(axis=0)))


def background_vectors(encoder: TextEncoder) -> np.ndarray:
    """Return the unit vectors [B, D] of the everyday texts."""
    return encoder.encode_texts(list(BACKGROUND_TEXTS))


def background_scores(photos: np.ndarray, everyday: np.ndarray, temperature: float) -> np.ndarray:
    """Return the similarity of photos [N, D] to the everyday texts [B, D]: a soft maximum of the cosines, [N].

    With temperature t it is log(mean(exp(t cos))) / t: the mean for t towards 0, the maximum for t towards infinity. It
    corrects for hubs, which are photos that are near every text (compare CSLS, Conneau et al. 2018).
    """
    scaled = temperature * (photos @ everyday.T)
    highest = scaled.max(axis=1, keepdims=True)
    soft = highest[:, 0] + np.log(np.exp(scaled - highest).mean(axis=1))
    return np.asarray(soft / temperature, dtype=np.float32)
