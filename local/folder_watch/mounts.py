"""What the kernel says of mounted drives: which folders lie on another computer, and which drives came or went."""

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
    """One line of the kernel's list. id: never the same for two mounts that are there at a time."""

    id: str
    point: str
    kind: str


def is_network_mount(folder: Path, mountinfo: Path = _MOUNTS) -> bool:
    """Whether a resolved folder is on a network or shared file system. False where that can't be known (no Linux)."""
    best, kind = "", ""
    for mount in _mounts(mountinfo):
        # Of two mounts on one point the later one is seen.
        if _is_within(str(folder), mount.point) and len(mount.point) >= len(best):
            best, kind = mount.point, mount.kind
    return kind in _NETWORK_TYPES


def mounts_within(folder: Path, mountinfo: Path = _MOUNTS) -> frozenset[str]:
    """What is mounted on a resolved folder or below it; differs when a drive came or went. Empty without Linux."""
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
