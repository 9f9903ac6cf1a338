"""Measure how well a search in words finds photos, and how often it finds nothing for absent subjects.

    python -m benchmarks.search [--photos ../shared/photos] [--model lite]

Prints mean average precision, F1 of the photos shown, and the share of absent subjects without a result ("silent") for
the shipped calibration. Then it compares other scores and prompt templates, each at the cutoff that silences all
labelled absent subjects. The folder must contain photos and labels.yaml (subjects, absent subjects and peaks).
"""

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

from cumbre.bootstrap import open_library
from cumbre.encoding.prompts import background_scores, background_vectors, query_vector
from cumbre.ingest.scan import scan
from cumbre.library.library import Library
from cumbre.search.query import SearchRequest
from cumbre.settings import Settings

# Everyday subjects that are not in an album of a trek, to test the cutoff with more than the labelled ones.
FURTHER_ABSENT = (
    "a giraffe", "a violin", "a space shuttle", "a skateboard", "a bowl of noodles", "a subway train",
    "a washing machine", "a tennis court", "a polar bear", "a penguin", "a chess board", "a pineapple",
    "a police car", "a fire engine", "a golf course", "a lion", "a toothbrush", "a roller coaster", "an octopus",
    "a shark", "a tractor", "a microwave oven", "a cathedral interior", "a snowman", "a camel", "a television",
    "a printer", "a ballet dancer", "a cruise ship", "a lighthouse", "a helicopter", "palm trees", "a cactus",
    "bananas", "a bathtub", "a crocodile", "a zebra",
)  # fmt: skip


@dataclass(frozen=True)
class Labels:
    """Relevant photos by subject, absent subjects, and ids of the peaks by photo."""

    concepts: dict[str, frozenset[str]]
    absent: tuple[str, ...]
    peaks: dict[str, frozenset[str]]


def read_labels(photos: Path) -> Labels:
    """Read labels.yaml in a folder of photos."""
    raw = yaml.safe_load((photos / "labels.yaml").read_text())
    return Labels(
        {query: frozenset(names) for query, names in raw["concepts"].items()},
        tuple(raw["absent"]),
        {name: frozenset(label["peaks"]) for name, label in raw["peaks"].items()},
    )


def average_precision(ranked: list[str], relevant: frozenset[str]) -> float:
    """Return the average precision of a ranking."""
    hits = np.array([name in relevant for name in ranked])
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    return float(precision[hits].sum() / len(relevant))


def f1(shown: set[str], relevant: frozenset[str]) -> float:
    """Return the F1 score of the photos shown."""
    return 2 * len(shown & relevant) / (len(shown) + len(relevant))


@dataclass(frozen=True)
class Measured:
    """Figures of the shipped search. silent: absent subjects without a result. silent_further: the further ones.

    first_is_right: labelled peaks for which the first photo shows the peak.
    """

    mean_average_precision: float
    mean_f1: float
    silent: int
    absent: int
    silent_further: int
    first_is_right: int
    labelled_peaks: int


def measure(library: Library, labels: Labels) -> Measured:
    """Measure the shipped search end to end."""
    index, searcher = library.active().index, library.active().searcher()
    everything = index.count()
    names = {document.id: Path(document.key).stem for document in index.select()}
    calibration = library.active().encoder.description.calibration
    precisions, f1s = [], []
    for query, relevant in labels.concepts.items():
        vector = query_vector(library.active().encoder, query, calibration.templates, calibration.anti_concept_weight)
        ranked = [names[n.photo_id] for n in index.nearest(vector, everything)]
        precisions.append(average_precision(ranked, relevant))
        shown = {names[hit.photo.id] for hit in searcher.search(SearchRequest(text=query, k=everything)).hits}
        f1s.append(f1(shown, relevant))
    peaks = sorted({peak for shown in labels.peaks.values() for peak in shown})
    right = 0
    for peak_id in peaks:
        hits = searcher.search(SearchRequest(text=library.catalog().peak(peak_id).name, k=1)).hits
        right += bool(hits) and peak_id in labels.peaks[names[hits[0].photo.id]]
    return Measured(
        float(np.mean(precisions)),
        float(np.mean(f1s)),
        sum(not searcher.search(SearchRequest(text=query)).hits for query in labels.absent),
        len(labels.absent),
        sum(not searcher.search(SearchRequest(text=query)).hits for query in FURTHER_ABSENT),
        right,
        len(peaks),
    )


def variants(library: Library, labels: Labels) -> None:
    """Print other scores and templates, each at the lowest cutoff that silences all labelled absent subjects."""
    encoder = library.active().encoder
    stored = list(library.active().index.scan())
    names = [Path(one.document.key).stem for one, _ in stored]
    photos = np.stack([vector for _, vector in stored])
    everyday = background_vectors(encoder)
    highest = np.sort(photos @ everyday.T, axis=1)[:, -10:]
    scores = {
        "cosine": np.zeros(len(photos)),
        "minus half the mean of the 10 highest (CSLS)": 0.5 * highest.mean(axis=1),
        **{f"minus log-sum-exp at temperature {t}": background_scores(photos, everyday, t) for t in (10, 20, 40, 100)},
    }
    print(f"{'score':45} {'templates':25} anti    mAP    F1  cutoff")
    for score_name, background in scores.items():
        for templates in (("{}",), ("{}", "a photo of {}")):
            for anti in (0.0, 0.25):

                def scored(query: str) -> np.ndarray:
                    found: np.ndarray = photos @ query_vector(encoder, query, templates, anti) - background  # noqa: B023
                    return found

                cutoff = max(float(scored(query).max()) for query in labels.absent)
                precisions, f1s = [], []
                for query, relevant in labels.concepts.items():
                    values = scored(query)
                    precisions.append(average_precision([names[i] for i in np.argsort(-values)], relevant))
                    f1s.append(f1({names[i] for i in np.flatnonzero(values > cutoff)}, relevant))
                print(
                    f"{score_name:45} {'+'.join(templates):25} {anti:.2f}  {np.mean(precisions):.3f}  "
                    f"{np.mean(f1s):.2f}  {cutoff:6.3f}"
                )


def indexed(photos: Path, home: Path, model: str) -> Library:
    """Index the labelled photos in a new home and return its library."""
    library = open_library(Settings(home=home, model=model))
    for folder in ("jpeg", "heic"):
        library.albums.remember(photos / folder)
    for storage in library.storages().values():
        scan(library.ingestor(library.active()), storage)
    return library


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, default=Path("../shared/photos"))
    parser.add_argument("--model", default="lite")
    options = parser.parse_args()
    labels = read_labels(options.photos)
    with tempfile.TemporaryDirectory() as home:
        library = indexed(options.photos, Path(home), options.model)
        try:
            found = measure(library, labels)
            print(
                f"mAP {found.mean_average_precision:.3f} over {len(labels.concepts)} concepts, "
                f"mean F1 of the photos shown {found.mean_f1:.2f}"
            )
            print(f"silent on {found.silent} of {found.absent} absent subjects, ", end="")
            print(f"on {found.silent_further} of {len(FURTHER_ABSENT)} further ones")
            print(f"first result right for {found.first_is_right} of {found.labelled_peaks} labelled peaks")
            variants(library, labels)
        finally:
            library.close()


if __name__ == "__main__":
    main()
