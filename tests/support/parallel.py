"""Distribute the tests over the processes of a parallel run (`pytest -n auto`): one by one, but some tests together.

All tests that use a shared server run in one process, so that the server starts once, and so do the tests of a module
with the mark `together`, whose fixture is slow. These groups start first.

pytest-xdist's own groups (`--dist loadgroup`) are ignored without a warning from pytest 9.2 on.
"""

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest

# Servers that all tests share, the cloud that Terraform creates, and the trees of images.
_SHARED = frozenset({"elasticsearch", "minio", "applied_stack", "image_of"})
_groups_file = pytest.StashKey[Path]()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a process, before it starts, where to write the groups: only the processes collect tests."""
    if node.config.getvalue("dist") != "load":
        return
    if _groups_file not in node.config.stash:
        node.config.stash[_groups_file] = Path(tempfile.mkdtemp(prefix="cumbre-tests-")) / "groups.json"
    node.workerinput["groups_file"] = str(node.config.stash[_groups_file])


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Write the group of each test that has one. All processes collect the same tests, so one of them writes."""
    worker: dict[str, str] = getattr(config, "workerinput", {})
    if worker.get("workerid") == "gw0" and "groups_file" in worker:
        groups = {item.nodeid: _group(item) for item in items}
        Path(worker["groups_file"]).write_text(json.dumps({test: one for test, one in groups.items() if one}))


def _group(item: pytest.Item) -> str:
    if not _SHARED.isdisjoint(getattr(item, "fixturenames", ())):
        return "servers"
    together = item.get_closest_marker("together")
    return together.args[0] if together else ""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Return the scheduler with groups, unless --dist names another one."""
    if config.getvalue("dist") != "load":
        return None
    # Not at the top, so that the tests also run without pytest-xdist.
    from xdist.scheduler import LoadScopeScheduling

    class InGroups(LoadScopeScheduling):  # type: ignore[misc]  # pytest-xdist has no types
        groups: dict[str, str] | None = None

        def _split_scope(self, nodeid: str) -> str:
            if self.groups is None:
                file = config.stash[_groups_file]
                self.groups = json.loads(file.read_text())
                file.unlink()
                file.parent.rmdir()
            return self.groups.get(nodeid, nodeid)

    return InGroups(config, log)
