"""Exception types of the library.

Each message says what happened and, where possible, how to fix it. Only entry points (command line, HTTP, chat) turn
errors into exit codes, statuses and messages.
"""


class CumbreError(Exception):
    """Base class of every error that Cumbre raises on purpose."""

    @property
    def message(self) -> str:
        """The error text. It stays a Sentence if the error was raised with one; str(error) would lose that."""
        said = self.args[0] if self.args else ""
        return said if isinstance(said, str) else str(said)


class SettingsError(CumbreError):
    """A setting or option has a value that can't be used."""


class PhotoError(CumbreError):
    """A photo can't be used. The message is the reason shown to the user."""


class ModelError(CumbreError):
    """An encoder is missing, incomplete or broken."""


class CatalogError(CumbreError):
    """A catalogue of peaks can't be read or contradicts itself."""


class StorageError(CumbreError):
    """A photo storage can't be reached or read."""


class ObjectGone(StorageError):
    """The object does not exist, or no longer exists."""


class ObjectChanged(StorageError):
    """The object has another ETag than the one requested."""


class AlbumMissing(StorageError):
    """Most indexed photos of an album are missing. Nothing is removed until someone confirms it."""


class IndexFault(CumbreError):
    """The index can't be opened, read or written."""


class VersionConflict(IndexFault):
    """Another writer has changed the document since it was read."""


class GenerationReplaced(IndexFault):
    """The write went to a generation that a reindex has replaced."""


class NotFound(CumbreError):
    """The requested photo or peak does not exist."""


class InvalidRequest(CumbreError):
    """The request is malformed or contradicts itself."""
