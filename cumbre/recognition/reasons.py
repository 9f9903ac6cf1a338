"""Sentences that explain why there is no answer, or what was assumed for one."""

from collections.abc import Sequence
from typing import Final

from cumbre.text.sentence import Figure, Names, Sentence, joined, sentence
from cumbre.viewshed.sighting import Sighting


class Reasons:
    """Sentences in plain English; each is stored with the photo it describes."""

    EMPTY_CATALOG: Final = sentence("the catalogue holds no peaks; `cumbre peaks import FILE` adds some")
    NO_POSITION: Final = sentence(
        "can't tell without position: the file doesn't say where it was taken. What would help: the original file (not "
        "a copy from a chat) carries position and heading, or say where you stood (`cumbre identify --at LAT,LON`)"
    )
    APPEARANCE_ONLY: Final = sentence(
        "by similarity to photos taken at known places; the original file (not a copy from a chat) carries position "
        "and heading and would make the answer more certain"
    )

    @staticmethod
    def nothing_around(range_m: float) -> Sentence:
        """Return the reason if no catalogued peak is within range."""
        return sentence(
            "no catalogued peak within {km} km; `cumbre peaks import FILE` adds the peaks of a region",
            km=Figure(range_m / 1000),
        )

    @staticmethod
    def no_answer(seen: Sighting, sky_columns: float) -> Sentence:
        """Return the reason if peaks are within range but none is the answer."""
        if seen.heading_deg is None:
            return sentence(
                "the direction of view is unknown: these are the peaks around, most prominent first; a heading would "
                "tell which"
            )
        if seen.sky_fraction is not None and seen.sky_fraction < sky_columns:
            return sentence("no sky in the picture, so no summit can stand out against it")
        return sentence(
            "the camera looked towards {heading}°, where no catalogued peak clearly stands in the picture",
            heading=f"{seen.heading_deg:03.0f}",
        )

    @staticmethod
    def several(names: Sequence[str], surely: bool) -> Sentence:
        """Return, for example, "several peaks are in view: Lhotse, Nuptse and Mount Everest"."""
        listed = Names(names)
        if surely:
            return sentence("several peaks are in view: {names}", names=listed)
        return sentence("several peaks may be in view: {names}", names=listed)

    @staticmethod
    def assumed(seen: Sighting) -> str:
        """Return what was assumed for an answer; empty if nothing was."""
        said = []
        if seen.heading_deg is None:
            said.append(sentence("from the position alone, without a direction of view"))
        elif seen.fov_assumed:
            said.append(sentence("the focal length is unknown: a wide view was taken as likeliest"))
        if seen.altitude_from_album:
            said.append(sentence("the altitude is that of album photos taken nearby"))
        elif seen.position is not None and seen.position.altitude_m is None:
            said.append(sentence("the altitude is unknown: all plausible ones were weighed"))
        return joined("; ", said)
