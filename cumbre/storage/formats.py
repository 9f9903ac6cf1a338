"""Which objects are photos, by their names alone: no file is opened to find out."""

from pathlib import PurePosixPath

PHOTO_EXTENSIONS = frozenset({".heic", ".heif", ".jpg", ".jpeg", ".png", ".webp", ".avif", ".tif", ".tiff"})

# What NAS boxes, desktops and file systems put beside photos, in folders that aren't hidden by a dot.
_JUNK_FOLDERS = frozenset({"@eadir", "#recycle", "$recycle.bin", "system volume information", "lost+found"})


def is_hidden(name: str) -> bool:
    """Whether a file or folder is not for people: a dot file (`._x.jpg`, `.thumbnails`) or a system's own folder."""
    return name.startswith(".") or name.lower() in _JUNK_FOLDERS


def is_photo_name(name: str, extensions: frozenset[str] = PHOTO_EXTENSIONS) -> bool:
    """Whether a file's name, without folders, is that of a photo. Extensions are lower case, with the dot."""
    return not is_hidden(name) and PurePosixPath(name).suffix.lower() in extensions


def is_photo_key(key: str, extensions: frozenset[str] = PHOTO_EXTENSIONS) -> bool:
    """Whether a key is a photo's: the name of one, in folders of which none is hidden."""
    *folders, name = key.split("/")
    return is_photo_name(name, extensions) and not any(is_hidden(folder) for folder in folders)
