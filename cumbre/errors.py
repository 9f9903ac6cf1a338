"""The errors of the library. Each message says what happened and, where there is one, the way out.

Only entry points (command line, HTTP, chat) turn them into exit codes, statuses and messages.
"""


class CumbreError(Exception):
    """Base of everything that Cumbre raises on purpose."""

    @property
    def message(self) -> str:
        """What it says; still a Sentence if it was raised with one, which str() of the error is not."""
        said = self.args[0] if self.args else ""
        return said if isinstance(said, str) else str(said)


class SettingsError(CumbreError):
    """A setting or option has a value that can't be used."""


class PhotoError(CumbreError):
    """A photo can't be used; the message is the reason that people see."""


class ModelError(CumbreError):
    """An encoder is missing, incomplete or broken."""


class CatalogError(CumbreError):
    """A catalogue of peaks can't be read or contradicts itself."""


class StorageError(CumbreError):
    """A photo storage can't be reached or read."""


class ObjectGone(StorageError):
    """The object is not there (any more)."""


class ObjectChanged(StorageError):
    """The object is no longer the one that was asked for (its ETag differs)."""


class AlbumMissing(StorageError):
    """Most of an album that was indexed is not there: nothing is removed until someone confirms."""


class IndexFault(CumbreError):
    """The index can't be opened, read or written."""


class VersionConflict(IndexFault):
    """The document was changed by someone else since it was read."""


class GenerationReplaced(IndexFault):
    """The generation that was written to is gone: a reindex has put another in its place."""


class NotFound(CumbreError):
    """What was asked for does not exist (a photo, a peak)."""


class InvalidRequest(CumbreError):
    """A question that can't be answered as it was put."""
