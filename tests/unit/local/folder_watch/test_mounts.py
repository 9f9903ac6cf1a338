"""Network folders, recognised by the kernel's list of mounts."""

from pathlib import Path

import pytest

from local.folder_watch.mounts import is_network_mount, mounts_within

MOUNTS = r"""22 1 259:2 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p2 rw
41 22 0:36 / /home/ana/nas rw,relatime shared:20 - nfs4 nas:/photos rw,vers=4.2
42 22 0:37 / /mnt/my\040share rw,relatime - cifs //nas/photos rw
43 41 8:1 / /home/ana/nas/usb rw,relatime master:3 propagate_from:2 - exfat /dev/sda1 rw
44 22 0:40 / /mnt/over rw - nfs nas:/a rw
45 22 8:2 / /mnt/over rw - ext4 /dev/sdb1 rw
a line that is not understood
"""


@pytest.mark.parametrize(
    ("folder", "network"),
    [
        ("/", False),
        ("/home/ana/photos", False),
        ("/home/ana/nas", True),
        ("/home/ana/nas/2019/trek", True),
        ("/home/ana/nas-copy", False),
        ("/home/ana/nas/usb/dcim", False),
        ("/mnt/my share/trek", True),
        ("/mnt/over/trek", False),
    ],
)
def test_the_innermost_mount_counts(tmp_path: Path, folder: str, network: bool) -> None:
    mountinfo = tmp_path / "mountinfo"
    mountinfo.write_text(MOUNTS)
    assert is_network_mount(Path(folder), mountinfo) is network


def test_without_a_list_of_mounts_nothing_is_known(tmp_path: Path) -> None:
    assert not is_network_mount(Path("/home"), tmp_path / "none")
    assert mounts_within(Path("/home"), tmp_path / "none") == frozenset()


def test_a_drive_that_is_mounted_again_is_recognised_as_changed(tmp_path: Path) -> None:
    mountinfo = tmp_path / "mountinfo"
    mountinfo.write_text(MOUNTS)
    within_home = mounts_within(Path("/home/ana"), mountinfo)
    assert {one.split(" ", 1)[1] for one in within_home} == {"/home/ana/nas", "/home/ana/nas/usb"}
    mountinfo.write_text(MOUNTS.replace("43 41", "99 41"))
    assert mounts_within(Path("/home/ana"), mountinfo) != within_home
    assert mounts_within(Path("/home/ana/nas/usb"), mountinfo) == {"99 /home/ana/nas/usb"}
    assert mounts_within(Path("/home/an"), mountinfo) == frozenset()
