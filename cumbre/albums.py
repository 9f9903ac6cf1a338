"""Which folders are the album: those of the settings, those that people named before, and the inbox."""

from pathlib import Path

from cumbre.errors import StorageError
from cumbre.settings import Settings
from cumbre.state.port import StateStore
from cumbre.storage.folder import FolderPhotoStorage
from cumbre.storage.keys import bucket_of, decode_path, encode_name

_KIND = "album"


class Albums:
    """The album's folders. One that was named once is remembered; the sample album gives way to the first other."""

    def __init__(self, settings: Settings, state: StateStore) -> None:
        self._settings = settings
        self._state = state
        self.inbox = settings.home / "inbox"
        self.sample = settings.home / "sample-album"

    def folders(self) -> list[Path]:
        """Every album folder, without the inbox."""
        remembered = [decode_path(Path(key)) for key, _ in self._state.items(_KIND)]
        named = [path.resolve() for path in self._settings.album_paths]
        return list(dict.fromkeys([*named, *remembered]))

    def remember(self, folder: Path) -> tuple[Path, str, list[Path]]:
        """Make a folder part of the album.

        Returns the album folder that holds it, the prefix of its keys there ("" if it is the album folder itself), and
        the folders that are no albums of their own any more: those inside it, and the sample album. Raises
        StorageError if it is not there.
        """
        root = folder.expanduser().resolve()
        if not root.is_dir():
            what = "is no folder" if root.exists() else "does not exist"
            raise StorageError(f"{folder} {what}: name the folder that holds your photos")
        if self.inbox.exists() and root == self.inbox.resolve():
            return root, "", []
        known = self.folders()
        around = next((album for album in known if album != root and album in root.parents), None)
        if around is not None:
            return around, f"{encode_name(root.relative_to(around).as_posix())}/", []
        replaced = [album for album in known if root in album.parents]
        if root != self.sample.resolve() and self.sample.resolve() in known:
            replaced.append(self.sample.resolve())
        self._state.put(_KIND, bucket_of(root), b"")
        for album in replaced:
            self._state.delete(_KIND, bucket_of(album))
        return root, "", list(dict.fromkeys(replaced))

    def locate(self, file: Path) -> tuple[Path, str]:
        """The album folder and the key of a file; a file outside every album counts as part of its own folder."""
        path = file.expanduser().absolute()
        path = path.parent.resolve() / path.name
        around = next((album for album in self.folders() if album in path.parents), path.parent)
        return around, encode_name(path.relative_to(around).as_posix()) or ""

    def forget(self, folder: Path) -> None:
        self._state.delete(_KIND, bucket_of(folder))

    def storages(self) -> dict[str, FolderPhotoStorage]:
        """The storages by bucket, the inbox last."""
        opened = [FolderPhotoStorage(folder) for folder in self.folders()]
        self.inbox.mkdir(parents=True, exist_ok=True)
        opened.append(FolderPhotoStorage(self.inbox, writable=True))
        return {storage.bucket: storage for storage in opened}
