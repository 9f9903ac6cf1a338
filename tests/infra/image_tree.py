"""The files of an image, made from its Dockerfile without Docker: each stage is a folder.

A small and strict reader: an instruction, an option or a command that it does not know fails, so that it can't drift
from what Docker would do. What it leaves out: the content of base images, and who owns a file.

For this machine (`Machine.THIS`) packages are installed for its own processor and Python, so that handlers can run from
the tree; for the image's (`Machine.IMAGE`), as the Dockerfile says.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from fnmatch import fnmatch
from pathlib import Path

from tests.support.paths import ROOT

# What the base images of Lambda set.
_OF_LAMBDA = {"LAMBDA_TASK_ROOT": "/var/task"}
_PROGRAMS = ("compileall", "functions.warm_cache", "local.command")
_OF_THE_IMAGES_MACHINE = ("--platform", "--python-version")


class Machine(Enum):
    THIS = "this"
    IMAGE = "image"


class UnknownInstruction(Exception):
    """The Dockerfile says something that this reader does not know."""


@dataclass
class Stage:
    """One FROM: its folder, and what it has set."""

    base: str
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    arguments: dict[str, str] = field(default_factory=dict)
    instructions: list[tuple[str, str]] = field(default_factory=list)
    working_directory: str = "/"
    user: str = ""
    command: list[str] = field(default_factory=list)
    built: bool = False

    def path(self, inside: str) -> Path:
        """Where a path of the image lies on this machine."""
        return self.folder / str(Path(self.working_directory) / inside).lstrip("/")


@dataclass(frozen=True)
class ImageTree:
    """The final stage. task_root is where Lambda looks for the handler."""

    root: Path
    task_root: Path
    environment: Mapping[str, str]
    command: Sequence[str]
    user: str
    bases: Sequence[str]

    def size_bytes(self) -> int:
        return sum(file.stat().st_size for file in self.root.rglob("*") if file.is_file())


def build(
    dockerfile: Path, folder: Path, machine: Machine = Machine.THIS, arguments: Mapping[str, str] | None = None
) -> ImageTree:
    """Raises UnknownInstruction, and CalledProcessError where a command fails."""
    builder = _Builder(dockerfile, folder, machine, dict(arguments or {}))
    return builder.final()


class _Builder:
    def __init__(self, dockerfile: Path, folder: Path, machine: Machine, given: dict[str, str]) -> None:
        self._machine = machine
        self._given = given
        self._ignored = _Ignored(dockerfile)
        self._stages: dict[str, Stage] = {}
        # ARGs before the first FROM are for FROM lines alone.
        self._outside: dict[str, str] = {"BUILDPLATFORM": "linux/here"}
        self._last = ""
        for name, rest in _instructions(dockerfile.read_text("utf-8")):
            if name == "FROM":
                self._begin(rest, folder)
            elif self._last:
                self._stages[self._last].instructions.append((name, rest))
            elif name == "ARG":
                key, _, default = rest.partition("=")
                self._outside[key] = given.get(key, default)
            else:
                raise UnknownInstruction(f"{name} before FROM")
        if unused := set(given) - set(self._outside) - {"MODEL_ENDPOINT"}:
            raise UnknownInstruction(f"no such argument: {', '.join(unused)}")

    def final(self) -> ImageTree:
        stage = self._built(self._last)
        bases = [one.base for one in self._stages.values() if one.base not in self._stages]
        root = stage.environment["LAMBDA_TASK_ROOT"]
        return ImageTree(stage.folder, stage.path(root), stage.environment, stage.command, stage.user, bases)

    def _begin(self, rest: str, folder: Path) -> None:
        found = re.fullmatch(r"(?:--platform=\S+ )?(\S+)(?: AS (\S+))?", _filled(rest, self._outside))
        if found is None:
            raise UnknownInstruction(f"FROM {rest}")
        base, name = found[1], found[2] or "final"
        self._stages[name] = Stage(base, folder / name)
        self._last = name

    def _built(self, name: str) -> Stage:
        """A stage with all that it needs; a stage that nobody needs is never built, as BuildKit does it."""
        if name not in self._stages:
            raise UnknownInstruction(f"there is no stage {name}")
        stage = self._stages[name]
        if stage.built:
            return stage
        stage.folder.mkdir(parents=True)
        if stage.base in self._stages:
            base = self._built(stage.base)
            shutil.copytree(base.folder, stage.folder, dirs_exist_ok=True)
            stage.environment |= base.environment
        elif "/lambda/" in stage.base:
            stage.environment |= _OF_LAMBDA
        for instruction, rest in stage.instructions:
            self._follow(stage, instruction, rest)
        stage.built = True
        return stage

    def _follow(self, stage: Stage, instruction: str, rest: str) -> None:
        if instruction == "ARG":
            key, _, default = rest.partition("=")
            stage.arguments[key] = self._given.get(key, default)
            return
        words = _filled(rest, {**stage.arguments, **stage.environment})
        if instruction == "ENV":
            stage.environment |= dict(one.split("=", 1) for one in shlex.split(words))
        elif instruction == "WORKDIR":
            stage.working_directory = words
            stage.path(".").mkdir(parents=True, exist_ok=True)
        elif instruction == "USER":
            stage.user = words
        elif instruction == "CMD":
            stage.command = json.loads(words)
        elif instruction == "COPY":
            self._copy(stage, shlex.split(words))
        elif instruction == "RUN":
            self._run(stage, shlex.split(words))
        else:
            raise UnknownInstruction(f"{instruction} {rest}")

    def _copy(self, stage: Stage, words: list[str]) -> None:
        origin: Stage | None = None
        if words[0].startswith("--from="):
            origin = self._built(words.pop(0).removeprefix("--from="))
        if words[0].startswith("--"):
            raise UnknownInstruction(f"COPY {words[0]}")
        *sources, target = words
        into = stage.path(target)
        for source in sources:
            found = origin.path(source) if origin else ROOT / source
            leave_out = None if origin else self._ignored.of
            if found.is_dir():
                shutil.copytree(found, into, ignore=leave_out, dirs_exist_ok=True)
            else:
                if leave_out is not None and leave_out(str(found.parent), [found.name]):
                    raise UnknownInstruction(f"COPY {source}, which .dockerignore leaves out")
                place = into / found.name if target.endswith("/") else into
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(found, place)

    def _run(self, stage: Stage, words: list[str]) -> None:
        environment = {**os.environ, **stage.environment}
        while re.match(r"[A-Z_]+=", words[0]):
            name, value = words.pop(0).split("=", 1)
            environment[name] = str(stage.path(value)) if value.startswith("/") else value
        if words[:2] == ["pip", "install"]:
            words = ["python", "-m", *(words if self._machine is Machine.IMAGE else _less(words))]
            if "--target" not in words:
                return  # into the stage's own Python; here, this one has them
        elif words[:2] != ["python", "-m"] or words[2] not in _PROGRAMS:
            raise UnknownInstruction(f"RUN {' '.join(words)}")
        command = [sys.executable if one == "python" else _moved(one, stage) for one in words]
        subprocess.run(command, cwd=stage.path("."), env=environment, check=True, capture_output=True, text=True)


class _Ignored:
    """What never reaches a build: the Dockerfile's own .dockerignore, or else the project's."""

    def __init__(self, dockerfile: Path) -> None:
        own = dockerfile.with_name(f"{dockerfile.name}.dockerignore")
        lines = (own if own.is_file() else ROOT / ".dockerignore").read_text("utf-8").splitlines()
        self._patterns = [line.strip() for line in lines if line.strip() and not line.startswith("#")]

    def of(self, folder: str, names: list[str]) -> list[str]:
        return [name for name in names if self._is(Path(folder, name).relative_to(ROOT))]

    def _is(self, path: Path) -> bool:
        """The last pattern that speaks of a path, or of a folder that it lies in, decides."""
        ignored = False
        for pattern in self._patterns:
            negated, wanted = pattern.startswith("!"), pattern.removeprefix("!")
            heads = [str(path), *map(str, path.parents)]
            if wanted.startswith("**/"):
                hit = any(fnmatch(part, wanted.removeprefix("**/")) for part in path.parts)
            else:
                hit = any(fnmatch(head, wanted) and head != "." for head in heads)
            if hit:
                ignored = not negated
        return ignored


def _instructions(text: str) -> Iterator[tuple[str, str]]:
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
        if line.strip():
            name, _, rest = line.strip().partition(" ")
            yield name, re.sub(r"\s+", " ", rest.strip())


def _filled(text: str, values: Mapping[str, str]) -> str:
    """Raises UnknownInstruction for a variable that nothing has set."""

    def value(found: "re.Match[str]") -> str:
        name = found[1] or found[2]
        if name not in values:
            raise UnknownInstruction(f"${name} is not set")
        return values[name]

    return re.sub(r"\$(?:\{(\w+)\}|(\w+))", value, text)


def _less(words: Sequence[str]) -> list[str]:
    """A command without what it says of the image's machine."""
    kept, skip = [], False
    for word in words:
        if skip or word in _OF_THE_IMAGES_MACHINE:
            skip = not skip
        elif word != "--no-cache-dir":  # it keeps an image small; here it would fetch everything again
            kept.append(word)
    return kept


def _moved(word: str, stage: Stage) -> str:
    return str(stage.path(word)) if word.startswith("/") else word
