"""Read the kernel's list of mounts: which folders are on a network, and which drives were mounted or unmounted."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_MOUNTS = Path("/proc/self/mountinfo")
_NETWORK_TYPES = frozenset(
    "9p afs ceph cifs coda davfs fuse.davfs2 fuse.glusterfs fuse.rclone fuse.s3fs fuse.sshfs fuse.vmhgfs-fuse "
    "glusterfs ncpfs nfs nfs4 smb3 smbfs vboxsf vmhgfs".split()
)


@dataclass(frozen=True, slots=True)
class _Mount:
    """One line of the kernel's list. No two mounts have the same id at the same time."""

    id: str
    point: str
    kind: str


def is_network_mount(folder: Path, mountinfo: Path = _MOUNTS) -> bool:
    """Return whether a resolved folder is on a network or shared file system; False if unknown (not on Linux)."""
    best, kind = "", ""
    for mount in _mounts(mountinfo):
        # Of two mounts on the same mount point the later one is visible.
        if _is_within(str(folder), mount.point) and len(mount.point) >= len(best):
            best, kind = mount.point, mount.kind
    return kind in _NETWORK_TYPES


def mounts_within(folder: Path, mountinfo: Path = _MOUNTS) -> frozenset[str]:
    """Return the mounts on or below a resolved folder, to be compared over time; empty if not on Linux."""
    return frozenset(
        f"{mount.id} {mount.point}" for mount in _mounts(mountinfo) if _is_within(mount.point, str(folder))
    )


def _is_within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _mounts(mountinfo: Path) -> Iterator[_Mount]:
    try:
        lines = mountinfo.read_bytes().decode(errors="surrogateescape").splitlines()
    except OSError:
        return
    for line in lines:
        # proc(5): ID, parent, device, root, mount point, options, optional fields, "-", type, source, options.
        fields, _, rest = line.partition(" - ")
        parts = fields.split(" ")
        if len(parts) >= 5 and rest:
            point = re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), parts[4])
            yield _Mount(parts[0], point, rest.split(" ")[0])
