"""A real PostgreSQL server that a test starts on loopback, in a folder of its own, as a user without rights."""

import os
import pwd
import shutil
import socket
import subprocess
from pathlib import Path

import pytest


def programs() -> Path:
    """The folder of `initdb` and `pg_ctl`; skips the test where there is none."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: path.parent.name, reverse=True)
    found = next((folder for folder in folders if (folder / "initdb").exists()), None)
    if found is None and (on_path := shutil.which("initdb")):
        found = Path(on_path).resolve().parent
    if found is None:
        pytest.skip("there is no PostgreSQL server on this machine (Debian's package postgresql)")
    return found


def account() -> list[str]:
    """What to put before a command so that it runs without rights: PostgreSQL refuses to run as root."""
    if os.getuid():
        return []
    for name in ("postgres", "nobody"):
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return ["setpriv", f"--reuid={name}", f"--regid={pwd.getpwnam(name).pw_gid}", "--clear-groups"]
    pytest.skip("there is no account without rights that PostgreSQL could run as")


class Server:
    """The server; it can be stopped and started again."""

    def __init__(self, folder: Path):
        self._programs, self._account = programs(), account()
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        folder.mkdir()
        if not os.getuid():
            owner = pwd.getpwnam(self._account[1].partition("=")[2])
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        self._run("initdb", "--username=dagster", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C")

    @property
    def environment(self) -> dict[str, str]:
        """What `deploy/dagster.postgres.yaml` asks for."""
        return {
            "DAGSTER_POSTGRES_HOST": "127.0.0.1",
            "DAGSTER_POSTGRES_PORT": str(self.port),
            "DAGSTER_POSTGRES_DB": "postgres",
            "DAGSTER_POSTGRES_USER": "dagster",
            "DAGSTER_POSTGRES_PASSWORD": "any",
        }

    def start(self) -> None:
        options = f"-c listen_addresses=127.0.0.1 -c port={self.port} -c unix_socket_directories='' -c fsync=off"
        self._run("pg_ctl", "start", "--wait", f"--log={self.folder / 'log'}", f"--options={options}")

    def stop(self) -> None:
        """As a machine that goes away: connections are cut."""
        self._run("pg_ctl", "stop", "--mode=immediate", "--wait")

    @property
    def runs(self) -> bool:
        return (self.folder / "data" / "postmaster.pid").exists()

    def ask(self, sql: str) -> list[tuple[object, ...]]:
        """Rows of the server's database."""
        import psycopg2

        connection = psycopg2.connect(host="127.0.0.1", port=self.port, dbname="postgres", user="dagster")
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return list(cursor.fetchall())
        finally:
            connection.close()

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self._account, str(self._programs / program), f"--pgdata={self.folder / 'data'}", *arguments]
        # To a file: a server that inherits a pipe keeps it open.
        with (self.folder.parent / "postgres.out").open("a") as out:
            done = subprocess.run(command, cwd="/", stdout=out, stderr=out, stdin=subprocess.DEVNULL, check=False)
        assert done.returncode == 0, (self.folder.parent / "postgres.out").read_text()
