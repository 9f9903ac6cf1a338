"""Decides by name alone which objects are photos, without opening any file."""

from pathlib import PurePosixPath

PHOTO_EXTENSIONS = frozenset({".heic", ".heif", ".jpg", ".jpeg", ".png", ".webp", ".avif", ".tif", ".tiff"})

# Folders that NAS boxes, desktops and file systems create next to photos, without a leading dot; lower case.
_JUNK_FOLDERS = frozenset({"@eadir", "#recycle", "$recycle.bin", "system volume information", "lost+found"})


def is_hidden(name: str) -> bool:
    """Return whether a file or folder is hidden: a dot file (`._x.jpg`, `.thumbnails`) or a system folder."""
    return name.startswith(".") or name.lower() in _JUNK_FOLDERS


def is_photo_name(name: str, extensions: frozenset[str] = PHOTO_EXTENSIONS) -> bool:
    """Return whether a file name, without folders, is a photo's. Extensions are lower case, with the dot."""
    return not is_hidden(name) and PurePosixPath(name).suffix.lower() in extensions


def is_photo_key(key: str, extensions: frozenset[str] = PHOTO_EXTENSIONS) -> bool:
    """Return whether a key is a photo's: a photo name in folders that are not hidden."""
    *folders, name = key.split("/")
    return is_photo_name(name, extensions) and not any(is_hidden(folder) for folder in folders)
