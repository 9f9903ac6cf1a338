"""Build the file tree of an image from its Dockerfile without Docker; each stage is a folder.

The reader is small and strict: it raises an error for an unknown instruction, option or command, so that its result
can't differ from Docker's unnoticed. It omits the content of base images and the owners of files.

With `Machine.THIS`, packages are installed for this machine's processor and Python, so that handlers can run from the
tree. With `Machine.IMAGE`, they are installed as the Dockerfile says.
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

# The environment that the base images of Lambda set.
_LAMBDA_ENVIRONMENT = {"LAMBDA_TASK_ROOT": "/var/task"}
_KNOWN_MODULES = ("compileall", "functions.warm_cache", "local.command")
_PLATFORM_OPTIONS = ("--platform", "--python-version")


class Machine(Enum):
    """The machine for which packages are installed."""

    THIS = "this"
    IMAGE = "image"


class UnknownInstruction(Exception):
    """The Dockerfile contains something that this reader does not support."""


@dataclass
class Stage:
    """A build stage (one FROM): its folder and its settings so far."""

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
        """Return the path on this machine of a path inside the image."""
        return self.folder / str(Path(self.working_directory) / inside).lstrip("/")


@dataclass(frozen=True)
class ImageTree:
    """The built target; `task_root` is the folder in which Lambda looks for the handler."""

    root: Path
    task_root: Path
    environment: Mapping[str, str]
    command: Sequence[str]
    user: str
    bases: Sequence[str]

    def size_bytes(self) -> int:
        """Return the total size of all files."""
        return sum(file.stat().st_size for file in self.root.rglob("*") if file.is_file())


class ImageBuilder:
    """Builds targets, which are stages of one Dockerfile, below `folder`; `arguments` are build arguments.

    Targets share the stages that they have in common. Raises UnknownInstruction.
    """

    def __init__(
        self,
        dockerfile: Path,
        folder: Path,
        machine: Machine = Machine.THIS,
        arguments: Mapping[str, str] | None = None,
    ) -> None:
        self._machine = machine
        self._given = given = dict(arguments or {})
        self._ignored = _Ignored(dockerfile)
        self._stages: dict[str, Stage] = {}
        # ARGs before the first FROM apply only to FROM lines.
        self._global_arguments: dict[str, str] = {"BUILDPLATFORM": "linux/here"}
        begun = ""
        for name, rest in _instructions(dockerfile.read_text("utf-8")):
            if name == "FROM":
                begun = self._begin(rest, folder)
            elif begun:
                self._stages[begun].instructions.append((name, rest))
            elif name == "ARG":
                key, _, default = rest.partition("=")
                self._global_arguments[key] = given.get(key, default)
            else:
                raise UnknownInstruction(f"{name} before FROM")
        if unused := set(given) - set(self._global_arguments) - {"MODEL_ENDPOINT"}:
            raise UnknownInstruction(f"no such argument: {', '.join(unused)}")

    def image(self, target: str) -> ImageTree:
        """Build a target. Raises UnknownInstruction, and CalledProcessError if a command fails."""
        stage = self._built(target)
        bases = [one.base for one in self._stages.values() if one.base not in self._stages]
        root = stage.environment["LAMBDA_TASK_ROOT"]
        return ImageTree(stage.folder, stage.path(root), stage.environment, stage.command, stage.user, bases)

    def pip_installs(self) -> Iterator[list[str]]:
        """Yield the arguments of each `pip install` in all stages, with variables replaced."""
        for stage in self._stages.values():
            variables = self._variables(stage)
            for name, rest in stage.instructions:
                if name == "RUN" and re.match(r"\S*\bpip install ", rest):
                    yield shlex.split(_expand(rest, variables))[2:]

    def _variables(self, stage: Stage) -> dict[str, str]:
        """Return the variables that a stage and those below it set, without building them."""
        found = self._variables(self._stages[stage.base]) if stage.base in self._stages else {}
        for name, rest in stage.instructions:
            if name in ("ARG", "ENV"):
                found |= dict(word.split("=", 1) for word in shlex.split(rest))
        return found

    def _begin(self, rest: str, folder: Path) -> str:
        """Add a stage and return its name."""
        found = re.fullmatch(r"(?:--platform=\S+ )?(\S+)(?: AS (\S+))?", _expand(rest, self._global_arguments))
        if found is None:
            raise UnknownInstruction(f"FROM {rest}")
        base, name = found[1], found[2] or "final"
        self._stages[name] = Stage(base, folder / name)
        return name

    def _built(self, name: str) -> Stage:
        """Build a stage and the stages that it needs, once. Unneeded stages are never built, as with BuildKit."""
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
            stage.user, stage.command = base.user, base.command
        elif "/lambda/" in stage.base:
            stage.environment |= _LAMBDA_ENVIRONMENT
        for instruction, rest in stage.instructions:
            self._execute(stage, instruction, rest)
        stage.built = True
        return stage

    def _execute(self, stage: Stage, instruction: str, rest: str) -> None:
        if instruction == "ARG":
            key, _, default = rest.partition("=")
            stage.arguments[key] = self._given.get(key, default)
            return
        words = _expand(rest, {**stage.arguments, **stage.environment})
        if instruction == "ENV":
            stage.environment |= dict(word.split("=", 1) for word in shlex.split(words))
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
        destination = stage.path(target)
        for source in sources:
            found = origin.path(source) if origin else ROOT / source
            ignore = None if origin else self._ignored.names
            if found.is_dir():
                shutil.copytree(found, destination, ignore=ignore, dirs_exist_ok=True)
            else:
                if ignore is not None and ignore(str(found.parent), [found.name]):
                    raise UnknownInstruction(f"COPY {source}, which .dockerignore excludes")
                file = destination / found.name if target.endswith("/") else destination
                file.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(found, file)

    def _run(self, stage: Stage, words: list[str]) -> None:
        environment = {**os.environ, **stage.environment}
        while re.match(r"[A-Z_]+=", words[0]):
            name, value = words.pop(0).split("=", 1)
            environment[name] = str(stage.path(value)) if value.startswith("/") else value
        if words[:2] == ["pip", "install"]:
            words = ["python", "-m", *(words if self._machine is Machine.IMAGE else _for_this_machine(words))]
            if "--target" not in words:
                return  # it installs into the stage's own Python; here, this machine's Python has the packages
        elif words[:2] != ["rm", "-r"] and (words[:2] != ["python", "-m"] or words[2] not in _KNOWN_MODULES):
            raise UnknownInstruction(f"RUN {' '.join(words)}")
        command = [sys.executable if word == "python" else _on_this_machine(word, stage) for word in words]
        subprocess.run(command, cwd=stage.path("."), env=environment, check=True, capture_output=True, text=True)


class _Ignored:
    """The files that the Dockerfile's own .dockerignore, or otherwise the project's, excludes from a build."""

    def __init__(self, dockerfile: Path) -> None:
        own = dockerfile.with_name(f"{dockerfile.name}.dockerignore")
        lines = (own if own.is_file() else ROOT / ".dockerignore").read_text("utf-8").splitlines()
        self._patterns = [line.strip() for line in lines if line.strip() and not line.startswith("#")]

    def names(self, folder: str, names: list[str]) -> list[str]:
        """Return the excluded names in a folder, as shutil.copytree's `ignore` expects it."""
        return [name for name in names if self._is_ignored(Path(folder, name).relative_to(ROOT))]

    def _is_ignored(self, path: Path) -> bool:
        """Return whether a path is excluded; the last pattern that matches it or one of its folders decides."""
        ignored = False
        for pattern in self._patterns:
            negated, wanted = pattern.startswith("!"), pattern.removeprefix("!")
            ancestors = [str(path), *map(str, path.parents)]
            if wanted.startswith("**/"):
                matches = any(fnmatch(part, wanted.removeprefix("**/")) for part in path.parts)
            else:
                matches = any(fnmatch(name, wanted) and name != "." for name in ancestors)
            if matches:
                ignored = not negated
        return ignored


def _instructions(text: str) -> Iterator[tuple[str, str]]:
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
        if line.strip():
            name, _, rest = line.strip().partition(" ")
            yield name, re.sub(r"\s+", " ", rest.strip())


def _expand(text: str, values: Mapping[str, str]) -> str:
    """Replace variables by their values. Raises UnknownInstruction for an unset variable."""

    def value(found: "re.Match[str]") -> str:
        name = found[1] or found[2]
        if name not in values:
            raise UnknownInstruction(f"${name} is not set")
        return values[name]

    return re.sub(r"\$(?:\{(\w+)\}|(\w+))", value, text)


def _for_this_machine(words: Sequence[str]) -> list[str]:
    """Return a pip command without the options for the image's platform."""
    kept, skip = [], False
    for word in words:
        if skip or word in _PLATFORM_OPTIONS:
            skip = not skip
        elif word != "--no-cache-dir":  # it keeps an image small; here it would download everything again
            kept.append(word)
    return kept


def _on_this_machine(word: str, stage: Stage) -> str:
    return str(stage.path(word)) if word.startswith("/") else word
