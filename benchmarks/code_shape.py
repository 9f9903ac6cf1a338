"""The shape of the code: modules and lines of each room, longest modules and functions, docstrings, repeated lines.

    python -m benchmarks.code_shape [--root DIRECTORY]

Counts Python files below cumbre, functions, bot and local. A room is a package. A public definition is a class or a
function of a module or class whose name, and the names around it, do not begin with an underscore. Needs nothing but
the source files; DIRECTORY is another checkout to compare with.
"""

import argparse
import ast
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

_PACKAGES = ("cumbre", "functions", "bot", "local")
# A run of so many equal lines, without blank lines, comments, docstrings and imports, is a repetition.
_RUN = 6

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Module(NamedTuple):
    path: Path
    lines: list[str]
    tree: ast.Module


class Definition(NamedTuple):
    """A class or function, by its dotted name within its module."""

    name: str
    node: Function | ast.ClassDef
    public: bool


def _modules(root: Path) -> list[Module]:
    files = (file for package in _PACKAGES for file in sorted((root / package).rglob("*.py")))
    texts = {file.relative_to(root): file.read_text("utf-8") for file in files}
    return [Module(path, text.splitlines(), ast.parse(text)) for path, text in texts.items() if text.strip()]


def _definitions(node: ast.AST, prefix: str = "", public: bool = True) -> Iterator[Definition]:
    """The definitions in a module or class, and those in its classes; functions within functions are left out."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function | ast.ClassDef):
            is_public = public and not child.name.startswith("_")
            yield Definition(f"{prefix}{child.name}", child, is_public)
            if isinstance(child, ast.ClassDef):
                yield from _definitions(child, f"{prefix}{child.name}.", is_public)


def _length(function: Function) -> int:
    """The lines of a function without its docstring."""
    docstring = function.body[0] if ast.get_docstring(function) else None
    end = function.end_lineno or function.lineno
    return end - function.lineno + 1 - (docstring.end_lineno - docstring.lineno + 1 if docstring else 0)  # type: ignore[operator]


def _code_lines(module: Module) -> list[str]:
    left_out: set[int] = set()
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Expr | ast.Import | ast.ImportFrom):
            continue
        if not isinstance(node, ast.Expr) or isinstance(node.value, ast.Constant):
            left_out |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    numbered = ((number, line.strip()) for number, line in enumerate(module.lines, 1) if number not in left_out)
    return [line for _, line in numbered if len(line) > 1 and not line.startswith("#")]


def _repeated_lines(modules: list[Module]) -> int:
    """How many lines are part of a run of _RUN lines that occurs more than once."""
    codes = [_code_lines(module) for module in modules]
    runs = Counter(tuple(code[at : at + _RUN]) for code in codes for at in range(len(code) - _RUN + 1))
    repeated = 0
    for code in codes:
        marked = {
            at + offset
            for at in range(len(code) - _RUN + 1)
            if runs[tuple(code[at : at + _RUN])] > 1
            for offset in range(_RUN)
        }
        repeated += len(marked)
    return repeated


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[1])
    modules = _modules(parser.parse_args().root)
    rooms: dict[str, list[Module]] = defaultdict(list)
    for module in modules:
        rooms[module.path.parent.as_posix()].append(module)
    for room, members in sorted(rooms.items()):
        print(f"{room:32} {len(members):3} modules  {sum(len(one.lines) for one in members):5} lines")
    print(f"{'in all':32} {len(modules):3} modules  {sum(len(one.lines) for one in modules):5} lines")

    longest = sorted(modules, key=lambda one: len(one.lines), reverse=True)[:3]
    print("longest modules:", ", ".join(f"{one.path} ({len(one.lines)} lines)" for one in longest))
    functions = [
        (_length(found.node), f"{module.path}:{found.name}")
        for module in modules
        for found in _definitions(module.tree)
        if isinstance(found.node, Function)
    ]
    print("longest functions:", ", ".join(f"{name} ({lines} lines)" for lines, name in sorted(functions)[:-4:-1]))
    print(f"median function: {median(lines for lines, _ in functions):.0f} lines, of {len(functions)}")

    public = [found.node for module in modules for found in _definitions(module.tree) if found.public]
    documented = sum(ast.get_docstring(node) is not None for node in public)
    print(f"public definitions with a docstring: {documented} of {len(public)} ({documented / len(public):.0%})")
    top = [node for module in modules for node in module.tree.body if isinstance(node, Function | ast.ClassDef)]
    exported = [node for node in top if not node.name.startswith("_")]
    documented = sum(ast.get_docstring(node) is not None for node in exported)
    print(f"  of those at the top of a module: {documented} of {len(exported)} ({documented / len(exported):.0%})")
    print(f"lines in repeated runs of {_RUN} or more: {_repeated_lines(modules)}")


if __name__ == "__main__":
    main()
