"""Whether a folder lies on another computer: changes that are made there raise no events here."""

import os
import re
from pathlib import Path

_MOUNTS = Path("/proc/self/mountinfo")
_NETWORK_TYPES = frozenset(
    "9p afs ceph cifs coda davfs fuse.davfs2 fuse.glusterfs fuse.rclone fuse.s3fs fuse.sshfs fuse.vmhgfs-fuse "
    "glusterfs ncpfs nfs nfs4 smb3 smbfs vboxsf vmhgfs".split()
)


def is_network_mount(folder: Path, mountinfo: Path = _MOUNTS) -> bool:
    """Whether a resolved folder is on a network or shared file system. False where that can't be known (no Linux)."""
    try:
        lines = mountinfo.read_bytes().decode(errors="surrogateescape").splitlines()
    except OSError:
        return False
    best, kind = "", ""
    for line in lines:
        # proc(5): ID, parent, device, root, mount point, options, optional fields, "-", type, source, options.
        fields, _, rest = line.partition(" - ")
        parts = fields.split(" ")
        if len(parts) < 5 or not rest:
            continue
        point = re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), parts[4])
        inside = str(folder) == point or str(folder).startswith(point.rstrip(os.sep) + os.sep)
        # Of two mounts on one point the later one is seen.
        if inside and len(point) >= len(best):
            best, kind = point, rest.split(" ")[0]
    return kind in _NETWORK_TYPES
