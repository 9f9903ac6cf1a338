"""Every word that people read from the page and from the chat, by language. Another language is one more table.

Names in braces are filled in. Keys that start with "page." go to the page as they are; a key that ends in ".one" or
".other" is chosen by the number.
"""

from collections.abc import Mapping

Wording = Mapping[str, str]

ENGLISH: Wording = {
    # The page: search
    "page.search": "Search",
    "page.search_label": "Search your photos by words",
    "page.search_placeholder": "Ama Dablam at sunset, prayer flags, a stone bridge …",
    "page.clear_words": "Clear the words",
    "page.choose_photo": "Ask with a photo",
    "page.choose_photo_hint": "Drop or paste a photo anywhere to ask which mountain it shows.",
    "page.drop_here": "Drop it: which mountain is this?",
    "page.take_photo": "Take a photo",
    "page.one_photo_at_once": "One photo at a time: the first one was taken.",
    "page.not_a_file": "That was not a picture file. Drop or choose a photo.",
    "page.skip": "Skip to the photos",
    "page.noscript": "This page needs JavaScript. The same questions can be asked of the API below /api.",
    # The page: peaks
    "page.peaks": "Peaks",
    "page.all_peaks": "All peaks",
    "page.more_peaks": "Show all {n}",
    "page.fewer_peaks": "Show fewer",
    "page.no_peaks_yet": "Peaks appear here once photos show them.",
    # The page: results
    "page.all_photos": "All photos",
    "page.photos.one": "{n} photo",
    "page.photos.other": "{n} photos",
    "page.found.one": "{n} photo for",
    "page.found.other": "{n} photos for",
    "page.found_best": "The best {n} photos for",
    "page.alike.one": "{n} photo that goes with yours",
    "page.alike.other": "{n} photos that go with yours",
    "page.your_photo": "Your photo",
    "page.sort": "Order",
    "page.sort_score": "Best match",
    "page.sort_time": "Newest first",
    "page.searching": "Searching …",
    "page.more": "Show more",
    "page.score": "Score {score}",
    "page.no_peak": "No peak named",
    "page.unknown_date": "Date unknown",
    "page.open_photo": "Open: {what}",
    # The page: nothing to show
    "page.nothing": "Nothing matches {query}",
    "page.nothing_plain": "Nothing matches",
    "page.try_other": "Try other words, or the name of a peak.",
    "page.try_peaks": "Peaks that your photos show:",
    "page.without_filter": "Search all peaks instead",
    "page.show_all": "Show all photos",
    "page.empty_title": "No photos yet",
    "page.empty_text": "Cumbre shows the photos of the folders it was started with, as soon as they are indexed.",
    "page.empty_drop": "Drop a photo here to ask which mountain it shows, or to make it the first of the album.",
    "page.empty_demo": "To look around first, draw a sample album in a terminal:",
    "page.empty_indexing": "Your photos are on their way; they appear here as they are read.",
    # The page: identification of a photo
    "page.looking": "Looking at your photo …",
    "page.this_is": "This looks like",
    "page.no_answer": "No mountain that I can name",
    "page.also_possible": "It could be",
    "page.dismiss": "Put the photo away",
    "page.keep": "Add to the album",
    "page.kept": "Added to the album",
    "page.used_geometry": "place and direction",
    "page.used_appearance": "appearance",
    "page.decided_by": "Decided by {what}",
    # The page: one photo
    "page.photo": "Photo",
    "page.close": "Close",
    "page.previous": "Previous photo",
    "page.next": "Next photo",
    "page.of": "{n} of {total}",
    "page.in_this_photo": "In this photo",
    "page.none_here": "No catalogued peak",
    "page.you_said_so": "You said so",
    "page.also_considered": "Also considered",
    "page.percent": "{n} %",
    "page.in_view": "In view",
    "page.probability": "Share of the view",
    "page.direction": "Direction",
    "page.offset": "From the centre",
    "page.offset_left": "{n}° left",
    "page.offset_right": "{n}° right",
    "page.offset_centre": "in the middle",
    "page.distance": "Distance",
    "page.apparent": "Above the horizon",
    "page.facts": "Facts",
    "page.taken": "Taken",
    "page.place": "Place",
    "page.altitude": "Altitude",
    "page.heading": "Camera towards",
    "page.field_of_view": "Field of view",
    "page.camera": "Camera",
    "page.size": "Picture",
    "page.file": "File",
    "page.indexed_by": "Read by",
    "page.camera_clock": "camera's clock",
    "page.why_found": "Why it is here",
    "page.view": "The view towards {heading}, with the summits in it",
    "page.compass": "N,NE,E,SE,S,SW,W,NW",
    # The page: correcting
    "page.correct": "Correct the peaks",
    "page.correct_label": "Which peaks does this photo show?",
    "page.correct_placeholder": "Name of a peak",
    "page.correct_add": "Add",
    "page.correct_remove": "Remove {name}",
    "page.correct_empty": "No peak: the photo will show none.",
    "page.correct_unknown": "No peak has that name. Choose one from the list.",
    "page.save": "Save",
    "page.cancel": "Cancel",
    "page.undo": "Undo",
    "page.undo_correction": "Undo the correction",
    "page.corrected": "Saved. Your word counts from now on.",
    "page.undone": "Undone. The photo shows what Cumbre sees again.",
    # The page: status
    "page.status": "Status",
    "page.album": "Album",
    "page.model": "Model",
    "page.indexing": "Reading photos: {done} of {total}",
    "page.rate": "{rate} per second",
    "page.failures.one": "{n} photo could not be read",
    "page.failures.other": "{n} photos could not be read",
    "page.retry": "Try again",
    "page.retried": "It worked this time.",
    "page.connection_lost": "Cumbre does not answer. Is it still running?",
    # The chat
    "chat.help": (
        "Send me words and I look for photos that show them: “Ama Dablam at sunset”. "
        "Send me a photo and I tell you which mountain it shows; "
        "sent as a file, it keeps the place and direction that make me sure."
    ),
    "chat.found.one": "{n} photo for “{query}”.",
    "chat.found.other": "The best {n} photos for “{query}”.",
    "chat.nearby.one": "{n} photo taken nearby.",
    "chat.nearby.other": "{n} photos taken nearby.",
    "chat.alike.one": "{n} photo of the album goes with it.",
    "chat.alike.other": "{n} photos of the album go with it.",
    "chat.nothing": "Nothing in the album matches “{query}”. {advice}",
    "chat.nothing_nearby": "No photo of the album was taken within {km} km of there.",
    "chat.try": "Try a peak by name, for example {peaks}, or fewer and plainer words.",
    "chat.try_plain": "Try fewer and plainer words.",
    "chat.this_is": "This looks like {name} ({elev}), {percent} %: {why}.",
    "chat.maybe": "I can't say for sure. It could be {names}.",
    "chat.no_answer": "I can't name a mountain in this photo.",
    "chat.caption_peak": "{name} ({elev})",
    "chat.caption_corrected": "{name} ({elev}), you said so",
    "chat.metres": "{metres} m",
    "chat.date": "{day} {month} {year}, {time}",
    "chat.months": "January,February,March,April,May,June,July,August,September,October,November,December",
    "chat.unusable": "I can't use that: {reason}.",
}

_TABLES: Mapping[str, Wording] = {"en": ENGLISH}
LANGUAGES = tuple(_TABLES)
DEFAULT_LANGUAGE = "en"


def language_of(code: str | None) -> str:
    """The language that we speak for a code like "es-PE"; English for any that we don't."""
    primary = (code or "").lower().partition("-")[0]
    return primary if primary in _TABLES else DEFAULT_LANGUAGE


def wording(language: str) -> Wording:
    return _TABLES[language_of(language)]


def page_wording(language: str) -> dict[str, str]:
    """The page's words, by key without "page."."""
    return {key.removeprefix("page."): text for key, text in wording(language).items() if key.startswith("page.")}


def say(words: Wording, key: str, n: int | None = None, **values: object) -> str:
    """The text of a key with its values filled in; with n, the form for that number.

    >>> say(ENGLISH, "chat.nearby", n=1)
    '1 photo taken nearby.'
    """
    if n is None:
        return words[key].format(**values)
    return words[f"{key}.{'one' if n == 1 else 'other'}"].format(n=n, **values)
