"""Backup and restore of the runtime state: whole at any moment, also while a load is running.

A backup folder holds snapshots, one folder each, every one complete by itself:

    <destination>/<moment>/backup.json      what it holds: each file's size, time and SHA-256, each folder's rights
    <destination>/<moment>/data/...         the files

A file that stands in the snapshot before, unchanged, is a hard link to it and is not read again, so
that a backup's cost follows what is new.

What makes any moment restorable is the order of copying, and one look back:

1. The current release first, then the lake: no release is in a snapshot whose receipts are not.
2. The lake's units, then the receipts, then the archive: each was written before what it is copied
   before, and nothing is ever removed from the archive. So every unit's receipts are there, and every
   receipt's file.
3. The log of decisions and that of corrections after the units: a unit was judged by what the log says,
   or by less; then its day is pending and is read again.
4. The answers after the release: what it has news of is answered, or noted as still to be answered.
5. At the end the seals are looked at again. A day that was sealed anew meanwhile, or that a load has in
   its hands or died over, goes into the snapshot without its seal: the first load after a restore reads
   that day again from the archive, with the same result.

What is not in a backup can be built again (`work/`), or lies elsewhere: the inbox, the code, Dagster's
storage in PostgreSQL. Dagster's SQLite files are copied by SQLite itself.

The outbox and Dagster's files may lie apart (`HASILA_WORK`, `HASILA_DAGSTER_HOME`). In a snapshot they are
`data/outbox` and `data/dagster` all the same; a restore puts them where the settings there look for them.
"""

import contextlib
import datetime as dt
import hashlib
import json
import os
import re
import shutil
import sqlite3
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from orchestration import __version__, storage
from orchestration.check import lake
from orchestration.receive import receipts
from orchestration.release import publish
from orchestration.settings import Settings

FORMAT = 1
ABOUT = "backup.json"
_DATA = "data"
_UNFINISHED = ".writing-"
_RESTORING = ".restoring"
_NAME = re.compile(r"\d{8}T\d{6}Z(-\d+)?")
_CHUNK = 1024 * 1024
_ORDER = ("archive", "outbox", "dagster", "lake", "published")
"""In which order restored folders get their place: the release last."""
_APART = {"outbox": "HASILA_WORK", "dagster": "HASILA_DAGSTER_HOME"}
"""What need not lie in the runtime state's folder, and the variable that says where."""


class BackupError(Exception):
    """A backup or a restore cannot be done, or is not whole; says why."""


_Stamp = tuple[int, int, int]
"""Size, time and inode: a file that is replaced has another stamp."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A file of a snapshot. Size and time are those of the source, by which a change is told."""

    size: int
    mtime_ns: int
    sha256: str


@dataclass
class Snapshot:
    """What a backup made, or a restore took: for its summary.

    `copied` and `linked` are numbers of files, `open_days` the received days that the next load reads
    again, `damaged` the files whose content is not what it was, `apart` where what does not lie in the
    runtime state's folder was taken from, or put, by its name.
    """

    name: str
    release_id: str | None = None
    files: int = 0
    bytes: int = 0
    copied: int = 0
    copied_bytes: int = 0
    linked: int = 0
    open_days: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    retired: list[str] = field(default_factory=list)
    apart: dict[str, str] = field(default_factory=dict)


# --- what a backup folder holds


def snapshots(destination: Path) -> list[Path]:
    """The whole snapshots, the oldest first."""
    if not destination.is_dir():
        return []
    return sorted(path for path in destination.iterdir() if _NAME.fullmatch(path.name) and (path / ABOUT).is_file())


def _places(settings: Settings, data: Path) -> dict[str, Path]:
    """Where the parts of the runtime state lie, by the names that they have in a snapshot."""
    apart = {"outbox": settings.outbox, "dagster": settings.dagster_home}
    return {name: apart.get(name, data / name) for name in _ORDER}


def _apart(places: Mapping[str, Path], data: Path, files: Iterable[str]) -> dict[str, str]:
    """Where those of `places` are that do not lie in `data` and that some of `files` are in."""
    names = {relative.partition("/")[0] for relative in files}
    return {name: str(place) for name, place in places.items() if name in names and not place.is_relative_to(data)}


def _read_about(snapshot: Path) -> tuple[dict[str, Any], dict[str, Kept]]:
    """What a snapshot says of itself, and its files. Raises BackupError."""
    try:
        content = json.loads((snapshot / ABOUT).read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            raise BackupError(f"{snapshot}: it was written by another version of hasila ({content['hasila_version']})")
        files = {
            str(path): Kept(int(size), int(mtime), str(sha)) for path, (size, mtime, sha) in content["files"].items()
        }
        # A backup of an earlier version does not tell them.
        content["folders"] = {str(path): int(mode) for path, mode in content.get("folders", {}).items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackupError(f"{snapshot}: it is no backup, or a damaged one ({type(error).__name__}: {error})") from error
    return content, files


@contextmanager
def _held(destination: Path) -> Iterator[None]:
    """One backup at a time into one folder. Raises BackupError."""
    from filelock import FileLock, Timeout

    destination.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(destination / ".lock", timeout=0):
            yield
    except Timeout as error:
        raise BackupError(f"another backup into {destination} is running") from error


# --- backing up


def back_up(
    settings: Settings,
    destination: Path,
    *,
    keep: int | None = None,
    verify: bool = False,
    now: dt.datetime | None = None,
    watch: Callable[[str], None] = lambda _: None,
) -> Snapshot:
    """Add a snapshot of the runtime state to `destination`; returns what it holds.

    With `keep` only so many snapshots stay. With `verify` the files that are taken over from the
    snapshot before are read and compared with their sums; one that is damaged there is copied anew and
    named. `watch` is told each path before it is copied. Raises BackupError and OSError; then nothing
    was added.
    """
    data = settings.data
    if not isinstance(data, Path):
        raise BackupError(f"{data} is object storage: it is backed up by its own means (versions, a second bucket)")
    if not receipts.days(settings.lake):
        raise BackupError(f"there is nothing to back up in {data}: nothing was received yet")
    places = _places(settings, data)
    for place in (data, settings.outbox, settings.work):
        if place.is_relative_to(places["dagster"]):
            raise BackupError(f"HASILA_DAGSTER_HOME lies around {place}: give Dagster's files a folder of their own")
    for place in (data, *places.values()):
        if destination.is_relative_to(place) or place.is_relative_to(destination):
            raise BackupError(f"{destination}: a backup cannot lie within what it backs up, or around it")
    if destination.exists() and not destination.is_dir():
        raise BackupError(f"{destination} is not a folder; a backup is a folder of snapshots")
    with _held(destination):
        for left in destination.glob(f"{_UNFINISHED}*"):
            _remove(left)
        name = _free_name(destination, now or dt.datetime.now(dt.UTC))
        building = destination / f"{_UNFINISHED}{name}"
        try:
            before = _latest(destination)
            made = _Copying(settings, data, places, building, before, verify=verify, watch=watch).run(name)
            # Once for all files: one by one it would take as long as the copying.
            os.sync()
            building.rename(destination / name)
        except BaseException:
            _remove(building)
            raise
        storage.sync(destination)
        if keep is not None:
            for old in snapshots(destination)[:-keep]:
                _remove(old)
                made.retired.append(old.name)
    return made


def _free_name(destination: Path, now: dt.datetime) -> str:
    wanted = candidate = f"{now.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}"
    number = 1
    while (destination / candidate).exists():
        number += 1
        candidate = f"{wanted}-{number}"
    return candidate


def _latest(destination: Path) -> Path | None:
    """The newest snapshot that can be read; a damaged one is none to build upon."""
    for snapshot in reversed(snapshots(destination)):
        with contextlib.suppress(BackupError):
            _read_about(snapshot)
            return snapshot
    return None


def _remove(folder: Path) -> None:
    """Remove a snapshot; its files may be read-only, and so may the folders in it."""
    for path in folder.rglob("*"):
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)


class _Copying:
    """One snapshot in the making."""

    def __init__(
        self,
        settings: Settings,
        data: Path,
        places: Mapping[str, Path],
        building: Path,
        before: Path | None,
        *,
        verify: bool,
        watch: Callable[[str], None],
    ):
        self._data = data
        self._places = places
        self._settings = settings
        self._building = building
        self._before = before
        self._earlier = _read_about(before)[1] if before else {}
        self._verify = verify
        self._watch = watch
        self._files: dict[str, Kept] = {}
        self._made = Snapshot(building.name.removeprefix(_UNFINISHED))

    def run(self, name: str) -> Snapshot:
        self._building.mkdir(mode=0o750)
        (self._building / _DATA).mkdir()
        seals = self._stamps("lake/days")
        self._published()
        in_hand = self._days_in_hand(seals)
        for table in lake.UNIT_TABLES:
            self._tree(f"lake/{table}")
        self._tree("lake/receipts")
        self._tree("lake/reference")
        self._tree("lake/decisions")
        self._tree("lake/corrections")
        self._tree("archive")
        self._outbox()
        self._dagster()
        self._seals(seals, in_hand)
        made = self._made
        made.files, made.bytes = len(self._files), sum(kept.size for kept in self._files.values())
        made.apart = _apart(self._places, self._data, self._files)
        self._write_about(name)
        return made

    def _write_about(self, name: str) -> None:
        content = {
            "format": FORMAT,
            "name": name,
            "hasila_version": __version__,
            "source": str(self._data),
            "release_id": self._made.release_id,
            "open_days": self._made.open_days,
            "folders": self._rights(),
            "files": {path: [kept.size, kept.mtime_ns, kept.sha256] for path, kept in sorted(self._files.items())},
        }
        storage.write_text(self._building / ABOUT, json.dumps(content, ensure_ascii=False) + "\n")

    def _rights(self) -> dict[str, int]:
        """The modes of the folders that the files lie in, and of the runtime state's own (`.`)."""
        modes = {}
        for folder in _folders(self._files) | {"."}:
            # Of one that is gone since, the rule for its place holds.
            with contextlib.suppress(FileNotFoundError):
                modes[folder] = stat.S_IMODE((self._data if folder == "." else self._place(folder)).stat().st_mode)
        return dict(sorted(modes.items()))

    # --- the rooms' folders

    def _published(self) -> None:
        """The current release, then the others; one that is retired meanwhile is left out."""
        published = self._settings.published
        current = publish.current_folder(published)
        while current is not None and not self._release(current):
            # It was current a moment ago and has been retired since: there is a newer one.
            current = publish.current_folder(published)
        releases = publish.releases_folder(published)
        for folder in sorted(releases.iterdir()) if releases.is_dir() else ():
            if folder != current and (folder / publish.MANIFEST).exists():
                self._release(folder)
        if current is not None:
            self._made.release_id = current.name
            link = self._building / _DATA / "published" / publish.CURRENT
            link.symlink_to(Path("releases") / current.name, target_is_directory=True)

    def _release(self, folder: Path) -> bool:
        """Copy one release; returns whether it was there to the end."""
        relative = f"published/releases/{folder.name}"
        try:
            for path in _walk(folder):
                self._file(path)
        except FileNotFoundError:
            _remove(self._building / _DATA / relative)
            self._files = {name: kept for name, kept in self._files.items() if not name.startswith(f"{relative}/")}
            return False
        return True

    def _tree(self, relative: str) -> None:
        """Copy a folder's files. One that vanishes belongs to a day that is looked at again at the end."""
        for path in _walk(self._data / relative):
            with contextlib.suppress(FileNotFoundError):
                self._file(path)

    def _outbox(self) -> None:
        """The answers: walked again until nothing changes, so that one that replaces another is not missed."""
        folder = self._settings.outbox
        seen: dict[str, _Stamp] | None = None
        while seen != (seen := self._stamps("outbox")):
            for path in _walk(folder):
                with contextlib.suppress(FileNotFoundError):
                    self._file(path)
        for gone in [path for path in self._files if path.startswith("outbox/") and path not in seen]:
            (self._building / _DATA / gone).unlink(missing_ok=True)
            del self._files[gone]

    def _dagster(self) -> None:
        """Dagster's runs and events, where they are files."""
        for path in _walk(self._place("dagster")):
            if path.name.endswith(("-wal", "-shm", "-journal")):
                continue
            with contextlib.suppress(FileNotFoundError):
                self._file(path)

    # --- the seals

    def _stamps(self, relative: str) -> dict[str, _Stamp]:
        """The stamps of a folder's files."""
        found = {}
        for path in _walk(self._place(relative)):
            with contextlib.suppress(FileNotFoundError):
                found[self._relative(path)] = _stamp(path.stat())
        return found

    def _days_in_hand(self, seals: Mapping[str, _Stamp]) -> set[str]:
        """The days that the last load began to judge and has not sealed since: some of their units may be new."""
        summary = self._settings.work / "summary" / "read.json"
        try:
            began = summary.stat().st_mtime_ns
            days = json.loads(summary.read_text(encoding="utf-8"))["days"]
        except (OSError, ValueError, KeyError):
            return set()
        sealed_since = {path for path, (_, mtime_ns, _) in seals.items() if mtime_ns >= began}
        return {str(day) for day in days if _seal(str(day)) not in sealed_since}

    def _seals(self, seals: Mapping[str, _Stamp], in_hand: set[str]) -> None:
        """Copy the seals of the days that are in the snapshot as they were sealed."""
        in_hand = in_hand | self._days_in_hand(self._stamps("lake/days"))
        now = self._stamps("lake/days")
        for day in [str(day) for day in receipts.days(self._settings.lake)]:
            seal = _seal(day)
            is_whole = seal in seals and now.get(seal) == seals[seal] and day not in in_hand
            if is_whole:
                with contextlib.suppress(FileNotFoundError):
                    self._file(self._data / seal)
            if seal not in self._files:
                self._made.open_days.append(day)

    # --- one file

    def _relative(self, path: Path) -> str:
        for name in _APART:
            if path.is_relative_to(self._places[name]):
                return (PurePosixPath(name) / path.relative_to(self._places[name])).as_posix()
        return path.relative_to(self._data).as_posix()

    def _place(self, relative: str) -> Path:
        """Where a path of the snapshot was taken from."""
        name, _, inner = relative.partition("/")
        return self._places[name] / inner

    def _file(self, path: Path) -> None:
        """Copy one file, or link it to the snapshot before. Raises FileNotFoundError when it is gone."""
        relative = self._relative(path)
        self._watch(relative)
        is_sqlite = relative.startswith("dagster/") and path.suffix == ".db"
        size, mtime_ns = _identity(path, is_sqlite=is_sqlite)
        target = self._building / _DATA / relative
        if known := self._files.get(relative):
            if (known.size, known.mtime_ns) == (size, mtime_ns):
                return
            target.unlink()
        earlier = self._earlier.get(relative)
        is_same = earlier is not None and (earlier.size, earlier.mtime_ns) == (size, mtime_ns)
        if earlier is not None and is_same and self._link(relative, target, earlier):
            self._files[relative] = earlier
            self._made.linked += 1
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        sha256 = _copy_sqlite(path, target) if is_sqlite else _copy(path, target)
        os.utime(target, ns=(mtime_ns, mtime_ns))
        if relative.startswith("archive/") and sha256 != path.name.partition(".")[0]:
            self._made.damaged.append(str(path))
        self._files[relative] = Kept(size, mtime_ns, sha256)
        self._made.copied += 1
        self._made.copied_bytes += size

    def _link(self, relative: str, target: Path, earlier: Kept) -> bool:
        """Take a file over from the snapshot before; returns whether it is there unharmed."""
        if self._before is None:
            return False
        source = self._before / _DATA / relative
        try:
            is_whole = _digest(source) == earlier.sha256 if self._verify else source.is_file()
        except OSError:
            is_whole = False
        if is_whole:
            storage.link(source, target)
        else:
            self._made.damaged.append(str(source))
        return is_whole


def _seal(day: str) -> str:
    return f"lake/days/received={day}.json"


def _stamp(status: os.stat_result) -> _Stamp:
    return status.st_size, status.st_mtime_ns, status.st_ino


def _identity(path: Path, *, is_sqlite: bool) -> tuple[int, int]:
    """Size and time, by which a change is told. What SQLite has not yet written into a file lies beside it."""
    status = path.stat()
    size, mtime_ns = status.st_size, status.st_mtime_ns
    if is_sqlite:
        with contextlib.suppress(FileNotFoundError):
            beside = path.with_name(f"{path.name}-wal").stat()
            size, mtime_ns = size + beside.st_size, max(mtime_ns, beside.st_mtime_ns)
    return size, mtime_ns


def _walk(folder: Path) -> Iterator[Path]:
    """The files below a folder, in order; not what is being written, nor locks, nor links."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in entries:
        if entry.name.startswith((storage.TEMPORARY_PREFIX, ".building-")) or entry.name.endswith(".lock"):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path))
        elif entry.is_file(follow_symlinks=False):
            yield Path(entry.path)


def _copy(source: Path, target: Path) -> str:
    """Copy a file with its mode; returns its SHA-256."""
    digest = hashlib.sha256()
    with source.open("rb") as reading, target.open("xb") as writing:
        while chunk := reading.read(_CHUNK):
            digest.update(chunk)
            writing.write(chunk)
        os.fchmod(writing.fileno(), os.fstat(reading.fileno()).st_mode & 0o777)
    return digest.hexdigest()


def _copy_sqlite(source: Path, target: Path) -> str:
    """Copy a SQLite file as of one moment, whoever writes it; returns the copy's SHA-256."""
    try:
        with (
            closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True, timeout=30)) as reading,
            closing(sqlite3.connect(target)) as writing,
        ):
            reading.backup(writing)
    except sqlite3.Error:
        # It is none, or a broken one: then it is kept as it is.
        target.unlink(missing_ok=True)
        return _copy(source, target)
    return _digest(target)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# --- restoring


def find(source: Path) -> Path:
    """The snapshot meant by a path: itself, or the newest of a backup folder. Raises BackupError."""
    if (source / ABOUT).is_file():
        return source
    if found := snapshots(source):
        return found[-1]
    raise BackupError(f"{source} holds no backup")


def verify(snapshot: Path) -> list[str]:
    """The files of a snapshot that are missing or not what was backed up. Raises BackupError."""
    damaged = []
    for relative, kept in _read_about(snapshot)[1].items():
        try:
            is_whole = _digest(snapshot / _DATA / relative) == kept.sha256
        except OSError:
            is_whole = False
        if not is_whole:
            damaged.append(relative)
    return damaged


def restore(snapshot: Path, settings: Settings) -> Snapshot:
    """Bring a snapshot back as the runtime state of `settings`, which must be empty or not there.

    Every file is compared with its sum on the way. A folder gets the rights that it had, one of a backup
    that tells none those that a load gives it; the outermost ones are closed for others, whatever they were,
    as what lay around them is not restored. One that was there before keeps its rights. Raises BackupError,
    when files are damaged after naming them all, and OSError; then everything is as empty as before.
    """
    data = settings.data
    if not isinstance(data, Path):
        raise BackupError(f"{data} is object storage; restore into a folder, and copy it there")
    content, files = _read_about(snapshot)
    unsafe = [
        path
        for path in files
        if Path(path).is_absolute() or ".." in Path(path).parts or path.split("/")[0] not in _ORDER
    ]
    if unsafe:
        raise BackupError(f"{snapshot}: it names files that do not belong into a backup: {unsafe[0]}")
    held = {path.partition("/")[0] for path in files}
    places = {name: place for name, place in _places(settings, data).items() if name in held}
    _refuse_full(data, places)
    made = Snapshot(snapshot.name, content["release_id"], len(files), open_days=list(content["open_days"]))
    made.apart = _apart(places, data, files)
    created: list[Path] = []
    try:
        _create(data, created)
        for place in places.values():
            _create(place / _RESTORING, created)
        for relative, kept in files.items():
            name, _, inner = relative.partition("/")
            target = places[name] / _RESTORING / inner
            _create(target.parent, created)
            try:
                if _copy(snapshot / _DATA / relative, target) != kept.sha256:
                    made.damaged.append(relative)
            except FileNotFoundError:
                made.damaged.append(relative)
                continue
            os.utime(target, ns=(kept.mtime_ns, kept.mtime_ns))
            made.bytes += target.stat().st_size
        _refuse_damaged(snapshot, made.damaged)
        if made.release_id is not None and "published" in places:
            link = places["published"] / _RESTORING / publish.CURRENT
            link.symlink_to(Path("releases") / made.release_id, target_is_directory=True)
            _check_release(places["published"] / _RESTORING, snapshot)
        os.sync()
        for place in places.values():
            staged = place / _RESTORING
            for path in sorted(staged.iterdir(), key=lambda path: path.name == publish.CURRENT):
                path.rename(place / path.name)
            staged.rmdir()
        _set_rights(content["folders"], files, data, places, frozenset(created))
        os.sync()
    except BaseException:
        for place in places.values():
            _remove(place / _RESTORING)
        for folder in reversed(created):
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise
    return made


def _refuse_full(data: Path, places: Mapping[str, Path]) -> None:
    """Raise BackupError where something is in the way."""
    for name, place in {"": data, **places}.items():
        if place.exists() and (not place.is_dir() or any(place.iterdir())):
            mend = "restore into a new folder"
            if name and not place.is_relative_to(data):
                mend = f"set {_APART[name]} to a new folder as well"
            raise BackupError(f"{place} is not empty; {mend}")


def _create(folder: Path, created: list[Path]) -> None:
    """Make a folder and those around it, for their owner alone until all is in its place; adds them to `created`."""
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for new in reversed(missing):
        new.mkdir(mode=0o700)
        created.append(new)


def _set_rights(
    modes: Mapping[str, int],
    files: Iterable[str],
    data: Path,
    places: Mapping[str, Path],
    created: frozenset[Path],
) -> None:
    """Give the restored folders their rights, the innermost first."""
    for folder in sorted(_folders(files), reverse=True):
        name, _, inner = folder.partition("/")
        mode, place = modes.get(folder, _usual_rights(folder)), places[name] / inner
        if inner or place.is_relative_to(data):
            place.chmod(mode)
        elif place in created:
            place.chmod(mode & _NOT_FOR_OTHERS)
    if data in created:
        data.chmod(modes.get(".", 0o750) & _NOT_FOR_OTHERS)
    for around in created - {data, *places.values()}:
        # What had to be made around them; the rest of what was created is in its place under another name.
        if around.exists():
            around.chmod(0o750)


_NOT_FOR_OTHERS = 0o7770


def _folders(files: Iterable[str]) -> set[str]:
    """The folders that files of a snapshot lie in."""
    return {folder.as_posix() for path in files for folder in PurePosixPath(path).parents} - {"."}


def _usual_rights(folder: str) -> int:
    """The mode that a load gives to a folder: what is public of a release, and the way to it, is for everybody."""
    is_public = re.fullmatch(rf"published(/releases(/[^/]+(/{publish.PUBLIC}(/.+)?)?)?)?", folder)
    return 0o755 if is_public else 0o750


def _refuse_damaged(snapshot: Path, damaged: list[str]) -> None:
    if damaged:
        named = "\n".join(f"  {path}" for path in damaged[:20])
        raise BackupError(f"{snapshot}: {len(damaged)} files are damaged; nothing was restored:\n{named}")


def _check_release(published: Path, snapshot: Path) -> None:
    """Hold the current release against its own manifest."""
    folder = publish.current_folder(published)
    if folder is None:
        return
    for name, told in publish.read_manifest(folder).get("files", {}).items():
        path = folder / name
        if not path.is_file() or _digest(path) != told["sha256"]:
            raise BackupError(f"{snapshot}: the release {folder.name} is not what its manifest says: {name}")
