"""YAML files that people write: read so that every fault can be told with its file, line and reason.

What the files mean stands elsewhere (contracts, corrections); here is only where in a file it stands.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

Location = tuple[int | str, ...]
"""Where in a file's content something stands: keys and positions, from the outside in."""


@dataclass(frozen=True)
class Problem:
    """One fault in a file."""

    path: Path
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.reason}"


class LocatedError(Exception):
    """Files that cannot be used: all their faults at once, each with file, line and reason."""

    def __init__(self, problems: list[Problem]):
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class FaultsError(ValueError):
    """Faults of a whole that a validator found, each with the part of the file that it stands in."""

    def __init__(self, faults: list[tuple[Location, str]]):
        super().__init__("; ".join(reason for _, reason in faults))
        self.faults = faults


@dataclass(frozen=True)
class Located:
    """A file's content with the line of every part of it."""

    path: Path
    content: Any
    lines: dict[Location, int]

    def problem(self, location: Location, reason: str) -> Problem:
        """A fault in the part at `location`, with the line of the innermost part that the file has."""
        while location and location not in self.lines:
            location = location[:-1]
        return Problem(self.path, self.lines.get(location, 1), reason)

    def problems(self, error: ValidationError) -> list[Problem]:
        """What pydantic found, each with its line; a model's own faults name their parts."""
        found = []
        for fault in error.errors():
            own = (fault.get("ctx") or {}).get("error")
            if isinstance(own, FaultsError):
                found += [self.problem((*fault["loc"], *location), reason) for location, reason in own.faults]
            else:
                found.append(self.problem(fault["loc"], _reason(fault["loc"], fault["msg"])))
        return found


def read_located(path: Path) -> Located:
    """The content of a YAML file. Raises LocatedError: no such file, not UTF-8, not YAML, a key given twice."""
    try:
        source = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LocatedError([Problem(path, 0, f"cannot be read: {error}")]) from error
    try:
        node = yaml.compose(source, Loader=yaml.CSafeLoader)
        content = yaml.load(source, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise LocatedError([Problem(path, line, f"not YAML: {error.problem}")]) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise LocatedError([Problem(path, 1, f"not YAML: {error}")]) from error
    lines: dict[Location, int] = {}
    repeated: list[Problem] = []
    for location, line, is_repeated in _parts(node, path):
        if is_repeated:
            repeated.append(Problem(path, line, f"{location[-1]} is given twice, and only the last would count"))
        lines[location] = line
    if repeated:
        raise LocatedError(repeated)
    return Located(path, content, lines)


_MOST_PARTS = 200_000


def _parts(root: yaml.Node | None, path: Path) -> Iterator[tuple[Location, int, bool]]:
    """Every part of a file with its line, and whether its key stood there before.

    Raises LocatedError for aliases that lead back to themselves or multiply without end.
    """
    waiting: list[tuple[yaml.Node | None, Location, frozenset[int]]] = [(root, (), frozenset())]
    count = 0
    while waiting:
        node, within, around = waiting.pop()
        if not isinstance(node, yaml.MappingNode | yaml.SequenceNode):
            continue
        count += len(node.value)
        if id(node) in around or count > _MOST_PARTS:
            fault = "an alias leads back to itself" if id(node) in around else "more than can have been written by hand"
            raise LocatedError([Problem(path, node.start_mark.line + 1, fault)])
        inside = around | {id(node)}
        seen: set[str] = set()
        for position, item in enumerate(node.value):
            if isinstance(node, yaml.SequenceNode):
                yield (*within, position), item.start_mark.line + 1, False
                waiting.append((item, (*within, position), inside))
            else:
                key, value = item
                name = str(key.value)
                yield (*within, name), key.start_mark.line + 1, name in seen
                seen.add(name)
                waiting.append((value, (*within, name), inside))


def _reason(location: Location, message: str) -> str:
    where = ".".join(str(part) for part in location)
    return f"{where}: {message}" if where else message.removeprefix("Value error, ")
