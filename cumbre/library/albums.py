"""The album's sources: folders and buckets of the settings, folders and files that people named, and the inbox."""

from pathlib import Path
from uuid import uuid4

from cumbre.errors import SettingsError, StorageError
from cumbre.json_codec import dumps
from cumbre.settings import Settings
from cumbre.state.port import StateStore
from cumbre.state.records import read_record
from cumbre.storage.folder import FolderPhotoStorage
from cumbre.storage.formats import is_photo_name
from cumbre.storage.keys import bucket_of, decode_path, encode_name
from cumbre.storage.port import PhotoStorage
from cumbre.storage.selected import SelectedPhotoStorage

_FOLDER = "album"
_FILES = "album files"
_REVISION = "albums"


class Albums:
    """Remembers the folders and files of the album in the state.

    inbox: the folder for photos that people add. sample: the folder of the sample album, which is dropped when the
    user names a first folder.
    """

    def __init__(self, settings: Settings, state: StateStore) -> None:
        self._settings = settings
        self._state = state
        self._home = settings.home.resolve()
        self.inbox = self._home / "inbox"
        self.sample = self._home / "sample-album"

    def folders(self) -> list[Path]:
        """Return every album folder except the inbox. Raises SettingsError if CUMBRE_STORAGE is contradictory."""
        remembered = [decode_path(Path(key)) for key, _ in self._state.items(_FOLDER)]
        return list(dict.fromkeys([*self._of_settings(), *remembered]))

    def _of_settings(self) -> list[Path]:
        """Return the folders of CUMBRE_STORAGE. Raises SettingsError if one is nested or is Cumbre's own folder."""
        named = list(dict.fromkeys(path.resolve() for path in self._settings.album_paths))
        for folder in named:
            around = next((other for other in named if other in folder.parents), None)
            if around is not None:
                raise SettingsError(f"CUMBRE_STORAGE: {folder} is inside {around}: name only the outer folder")
            own = folder == self._home or self._home in folder.parents
            if own and folder not in (self.inbox, self.sample):
                raise SettingsError(
                    f"CUMBRE_STORAGE: {folder} is Cumbre's own folder (CUMBRE_HOME): name the folder of your photos"
                )
        return named

    def inbox_place(self) -> tuple[str, str]:
        """Return bucket and key prefix for added photos: the first S3 bucket if there is one, else the inbox folder."""
        for bucket, prefix in self._settings.album_buckets.items():
            return bucket, f"{prefix}inbox/"
        return bucket_of(self.inbox), ""

    def is_empty(self) -> bool:
        """Return whether nobody has named a folder or bucket yet."""
        return not self.folders() and not self._settings.album_buckets

    def revision(self) -> str:
        """Return a token that changes whenever any process adds or forgets a folder or file."""
        return (self._state.get(_REVISION, "revision") or b"first").decode()

    def remember(self, folder: Path) -> tuple[Path, str, list[Path]]:
        """Add a folder to the album.

        Returns the album folder that contains it, the prefix of its keys there ("" if it is the album folder itself),
        and the album folders that it replaces: those inside it, and the sample album. Raises StorageError if it does
        not exist or is in Cumbre's own folder.
        """
        root = folder.expanduser().resolve()
        if not root.is_dir():
            what = "is not a folder" if root.exists() else "does not exist"
            raise StorageError(f"{folder} {what}: name the folder that contains your photos")
        if root == self.inbox:
            return root, "", []
        if root != self.sample and (root == self._home or self._home in root.parents):
            raise StorageError(f"{folder} is Cumbre's own folder: name the folder that contains your photos")
        known = self.folders()
        around = next((album for album in known if album in root.parents), None)
        if around is not None:
            return around, f"{encode_name(root.relative_to(around).as_posix())}/", []
        replaced = [album for album in known if root in album.parents and album != self.sample]
        if root != self.sample and self.sample in known:
            replaced.append(self.sample)
        if root not in known:
            self._state.put(_FOLDER, bucket_of(root), b"")
            self._touch()
        for album in replaced:
            self.forget(album)
        return root, "", replaced

    def remember_file(self, file: Path) -> tuple[str, str]:
        """Add a file to the album and return its bucket and key. Raises StorageError if it has no photo extension."""
        path = file.expanduser().absolute()
        path = path.parent.resolve() / path.name
        if not is_photo_name(path.name):
            raise StorageError(
                f"{file} has no photo file extension: Cumbre reads .heic, .jpg, .png, .webp, .avif and .tif files"
            )
        around = next((album for album in [*self.folders(), self.inbox] if album in path.parents), None)
        if around is not None:
            return bucket_of(around), encode_name(path.relative_to(around).as_posix()) or ""
        bucket, key = bucket_of(path.parent), encode_name(path.name) or ""
        keys = self._selected().get(bucket, frozenset())
        if key not in keys:
            self._state.put(_FILES, bucket, dumps(tuple(sorted(keys | {key})), tuple[str, ...]))
            self._touch()
        return bucket, key

    def forget_file(self, file: Path) -> tuple[str, str] | None:
        """Remove a file that was added by itself; return its bucket and key, or None if it was not."""
        path = file.expanduser().absolute()
        bucket, key = bucket_of(path.parent), encode_name(path.name) or ""
        keys = self._selected().get(bucket, frozenset())
        if key not in keys:
            return None
        if keys - {key}:
            self._state.put(_FILES, bucket, dumps(tuple(sorted(keys - {key})), tuple[str, ...]))
        else:
            self._state.delete(_FILES, bucket)
        self._touch()
        return bucket, key

    def forget(self, folder: Path) -> None:
        """Remove a folder from the album, and the files directly in it that were added by themselves."""
        self._state.delete(_FOLDER, bucket_of(folder))
        self._state.delete(_FILES, bucket_of(folder))
        self._touch()

    def storages(self) -> dict[str, PhotoStorage]:
        """Open the album's storages and return them by bucket, the inbox last.

        An album folder that encloses Cumbre's own folder does not include it. Raises SettingsError, or StorageError if
        the inbox can't be created.
        """
        buckets = self._buckets()
        if not buckets:
            self._make_inbox()
        folders = self.folders()
        opened: list[PhotoStorage] = [
            FolderPhotoStorage(folder, excluded=None if folder == self.sample else self._home) for folder in folders
        ]
        for bucket, keys in self._selected().items():
            folder = decode_path(Path(bucket))
            # Skip files of a folder that was added later.
            if not any(album == folder or album in folder.parents for album in folders):
                opened.append(SelectedPhotoStorage(FolderPhotoStorage(folder), keys))
        opened += buckets
        # With a bucket, added photos go there, because other machines that share the index can't see this folder. It
        # remains part of the album only if it exists from before.
        if self.inbox.is_dir():
            opened.append(FolderPhotoStorage(self.inbox, writable=True))
        return {storage.bucket: storage for storage in opened}

    def _buckets(self) -> list[PhotoStorage]:
        buckets = self._settings.album_buckets
        if not buckets:
            return []
        from cumbre.storage.s3 import S3PhotoStorage, open_s3_client

        client = open_s3_client(self._settings.s3_endpoint, self._settings.s3_access_key, self._settings.s3_secret_key)
        inbox, _ = self.inbox_place()
        return [S3PhotoStorage(client, bucket, prefix, bucket == inbox) for bucket, prefix in buckets.items()]

    def _make_inbox(self) -> None:
        try:
            self.inbox.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(
                f"{self.inbox}, the folder for added photos, can't be created ({error.strerror}): free some disk "
                "space, or make CUMBRE_HOME a writable folder"
            ) from error

    def _selected(self) -> dict[str, frozenset[str]]:
        return {
            bucket: frozenset(read_record(keys, tuple[str, ...], "the chosen files of an album"))
            for bucket, keys in self._state.items(_FILES)
        }

    def _touch(self) -> None:
        self._state.put(_REVISION, "revision", uuid4().hex.encode())
