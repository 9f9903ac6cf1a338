"""Captions of photos in a chat: the peaks with their elevations, the date, and why the photo matches."""

from bot.chat.messages import CaptionedPhoto
from bot.i18n.translator import Translator
from cumbre.labels.selection import labels_for, labels_key
from cumbre.peaks.catalog import Catalog
from cumbre.search.query import SearchHit


def captioned(hit: SearchHit, catalog: Catalog, translator: Translator, names: bool = True) -> CaptionedPhoto:
    """Return the photo with its caption; names: draw the names of the summits on it.

    The time in the caption is that of the camera's clock.
    """
    photo = hit.photo
    key = "chat.peak_you_said" if photo.corrected else "chat.peak"
    peaks = [
        translator.text(key, name=peak.name, elev=translator.metres(peak.elev_m))
        for peak_id in photo.predicted_peaks
        if (peak := catalog.get(peak_id)) is not None
    ]
    taken = photo.facts.taken_at_local if photo.facts else None
    lines = [", ".join(peaks), translator.moment(taken) if taken else "", translator.translate(hit.why)]
    written = labels_key(labels_for(photo.orientation, catalog)) if names else ""
    return CaptionedPhoto(hit, "\n".join(line for line in lines if line), written)
