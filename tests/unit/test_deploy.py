"""The files of deploy/: what they name is there, and the tools that will read them take them."""

import os
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestration.cli import app
from orchestration.settings import Settings
from tests.helpers import PROJECT

DEPLOY = PROJECT / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
SERVICES = [path for path in UNITS if path.suffix == ".service"]
INSTALLED = "/opt/hasila/current"


def needs(program: str) -> str:
    """The program's path; skips the test where it is not installed."""
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"there is no {program} on this machine")
    return found


def run(*command: str, **given: Any) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, **given)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def page() -> list[str]:
    """The commands of docs/operate.md, in order, without what stands behind them."""
    text = (PROJECT / "docs" / "operate.md").read_text(encoding="utf-8")
    lines = [line.strip() for line in text.splitlines() if line.startswith("    ")]
    return [re.sub(r"\s{2,}# .*$", "", line) for line in lines if not line.startswith(("#", "{"))]


# --- systemd


def said(name: str, key: str) -> list[str]:
    """What a unit says of `key`, line by line."""
    text = (DEPLOY / "systemd" / name).read_text(encoding="utf-8")
    return re.findall(rf"^{key}=(.*)$", text, re.MULTILINE)


def named(name: str, key: str) -> set[str]:
    return {word for line in said(name, key) for word in line.split()}


@pytest.fixture
def installed(tmp_path: Path) -> list[str]:
    """The units with the project of these tests in the place of the installed one."""
    for path in UNITS:
        text = path.read_text(encoding="utf-8").replace(INSTALLED, str(PROJECT))
        bin_folder = str(Path(shutil.which("hasila") or "").parent) if shutil.which("hasila") else ""
        text = text.replace(f"{PROJECT}/.venv/bin", bin_folder or f"{PROJECT}/.venv/bin")
        (tmp_path / path.name.replace("@.", "@hasila-load.")).write_text(text, encoding="utf-8")
    return sorted(str(path) for path in tmp_path.iterdir() if path.is_file())


def test_systemd_takes_every_unit(installed: list[str]) -> None:
    told = run(needs("systemd-analyze"), "verify", "--man=no", *installed)
    ours = [line for line in told.splitlines() if "hasila" in line]
    assert ours == []


def test_every_service_is_closed_in(installed: list[str]) -> None:
    """systemd's own measure of what a service could do: 10 is everything, below 2.5 it calls it OK."""
    program = needs("systemd-analyze")
    services = [path for path in installed if path.endswith(".service")]
    run(program, "security", "--offline=true", "--threshold=25", "--no-pager", *services)


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_a_service_runs_a_command_that_there_is_as_its_own_user(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    (program, arguments) = re.search(r"^ExecStart=(\S+)(.*)$", text, re.MULTILINE).groups()  # type: ignore[union-attr]
    assert program.startswith(f"{INSTALLED}/.venv/bin/")
    if program.endswith("/hasila"):
        commands = {
            command.name or command.callback.__name__ for command in app.registered_commands if command.callback
        }
        assert arguments.split()[0] in commands
    for file in re.findall(rf"{INSTALLED}/(deploy/\S+)", text):
        assert (PROJECT / file).exists(), file
    for line in ("User=hasila", "NoNewPrivileges=yes", "ProtectSystem=strict", "ProtectHome=yes"):
        assert f"\n{line}\n" in text
    assert "\nEnvironmentFile=/etc/hasila/hasila.env\n" in text


def test_the_timer_and_dagsters_schedule_are_one_hour_and_never_both() -> None:
    from orchestration.schedules import nightly

    timer = (DEPLOY / "systemd" / "hasila-load.timer").read_text(encoding="utf-8")
    minute, hour = nightly.cron_schedule.split()[:2]
    assert f"OnCalendar=*-*-* {int(hour):02}:{int(minute):02}:00 {nightly.execution_timezone}" in timer
    assert "Conflicts=hasila-load.timer" in (DEPLOY / "systemd" / "hasila-dagster.target").read_text(encoding="utf-8")


def test_dagsters_target_starts_the_services_that_stop_with_it() -> None:
    services = {path.name for path in SERVICES if "hasila-dagster.target" in said(path.name, "PartOf")}
    assert services == {"hasila-code.service", "hasila-webserver.service", "hasila-daemon.service"}
    assert named("hasila-dagster.target", "Wants") == services


def test_what_the_page_enables_starts_every_service() -> None:
    commands = page()
    copying = commands.index(f"cp {INSTALLED}/deploy/systemd/* /etc/systemd/system/")
    started: set[str] = set()
    for position, command in enumerate(commands):
        if command.startswith("systemctl enable"):
            assert position > copying
            for unit in command.split()[2:]:
                if unit.startswith("hasila"):
                    assert said(unit, "WantedBy"), f"{unit} cannot be enabled"
                    started.add(unit)
    more = set(started)
    while more:
        pulled = set[str]()
        for unit in more:
            if unit.endswith(".timer"):
                pulled.add(unit.replace(".timer", ".service"))
            pulled |= {name.replace("%N", "") for key in ("Wants", "OnFailure") for name in named(unit, key)}
        more = {unit for unit in pulled if unit.startswith("hasila")} - started
        started |= more
    assert {path.name for path in SERVICES} <= started


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_who_opens_dagsters_storage_is_given_its_password(path: Path) -> None:
    (command,) = said(path.name, "ExecStart")
    program, first = command.split()[:2]
    if "/dagster" in program or (program.endswith("/hasila") and first in {"load", "reread"}):
        assert said(path.name, "EnvironmentFile") == ["/etc/hasila/hasila.env", "-/etc/hasila/dagster.env"]


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_who_reads_the_data_may_write_the_copy_of_what_lies_in_a_bucket(path: Path) -> None:
    """It lies on the machine, in work/copies; only what sends a message alone needs none."""
    (command,) = said(path.name, "ExecStart")
    if command.split()[1] != "alert" and path.name != "hasila-webserver.service":
        assert "/var/lib/hasila" in named(path.name, "ReadWritePaths")


@pytest.mark.parametrize("name", ["hasila-code.service", "hasila-webserver.service", "hasila-daemon.service"])
def test_dagster_starts_with_its_settings_and_a_place_keeps_its_own(name: str, tmp_path: Path) -> None:
    """Before any load, which is who copies them else: without them there is no pool, and telemetry is on."""
    (command,) = said(name, "ExecStartPre")
    start = shlex.split(command.replace(INSTALLED, str(PROJECT)))
    run(*start, env={"DAGSTER_HOME": str(tmp_path)})
    settings = yaml.safe_load((tmp_path / "dagster.yaml").read_text(encoding="utf-8"))
    assert settings["telemetry"] == {"enabled": False}
    assert settings["concurrency"]["pools"]["default_limit"] == 1
    (tmp_path / "dagster.yaml").write_text("storage: of this place\n", encoding="utf-8")
    run(*start, env={"DAGSTER_HOME": str(tmp_path)})
    assert (tmp_path / "dagster.yaml").read_text(encoding="utf-8") == "storage: of this place\n"


@pytest.mark.parametrize(
    ("has_data", "is_received", "has_snapshot", "is_run"),
    [
        (True, False, False, False),  # the first night: nothing to back up is no failure
        (True, True, False, True),
        (True, False, True, True),  # what was backed up before is gone: that is one
        (False, False, False, True),  # object storage, or a disk that is not there: hasila says which
    ],
)
def test_a_backup_is_left_out_only_before_anything_was_received(
    has_data: bool, is_received: bool, has_snapshot: bool, is_run: bool, tmp_path: Path
) -> None:
    data, backups = tmp_path / "data", tmp_path / "backups"
    backups.mkdir()
    if has_data:
        (data / "lake" / "receipts").mkdir(parents=True)
    if is_received:
        (data / "lake" / "receipts" / "received=2026-01-31.parquet").touch()
    if has_snapshot:
        (backups / "20260131T010000Z").mkdir()
        (backups / "20260131T010000Z" / "backup.json").touch()
    (condition,) = said("hasila-backup.service", "ExecCondition")
    command = shlex.split(condition.replace("/var/backups/hasila", str(backups)))
    done = subprocess.run(command, env={"HASILA_DATA": str(data)}, capture_output=True, check=False, timeout=60)
    assert (done.returncode == 0) == is_run
    assert done.returncode < 255, "to systemd that is a failure"


# --- the command of an installed machine


@pytest.fixture
def machine() -> Iterator[Path]:
    """An installed machine in a folder: `current` with deploy/bin and a program `show`, `etc`, and a closed folder.

    Its services' user is `nobody` where the tests are root, else the one of the tests.
    """
    folder = Path(tempfile.mkdtemp())
    try:
        folder.chmod(0o755)
        programs = folder / "current" / ".venv" / "bin"
        programs.mkdir(parents=True)
        for name in ("show", "hasila"):
            (programs / name).write_text(
                '#!/bin/sh\necho "$0"; id -u; pwd; umask; env; for one; do echo "<$one>"; done\n'
            )
            (programs / name).chmod(0o755)
        commands = folder / "current" / "deploy" / "bin"
        commands.mkdir(parents=True)
        for path in (DEPLOY / "bin").iterdir():
            text = path.read_text(encoding="utf-8").replace(INSTALLED, str(folder / "current"))
            text = text.replace("/etc/hasila/", f"{folder}/etc/")
            text = text.replace("--reuid=hasila --regid=hasila", "--reuid=nobody --regid=nogroup")
            (commands / path.name).write_text(text, encoding="utf-8")
            assert path.stat().st_mode & 0o111, f"{path.name} cannot be run"
            (commands / path.name).chmod(0o755)
        (folder / "etc").mkdir()
        (folder / "etc" / "hasila.env").write_text(
            "# settings\n#HASILA_LANGUAGE=ar\nHASILA_DATA=/somewhere/data\n\n"
            "HASILA_ALERT_TO=amina@example.org, data team@example.org; $HOME `id`\nHASILA_LOCK_WAIT_SECONDS=3600",
            encoding="utf-8",
        )
        (folder / "closed").mkdir()
        yield folder
    finally:
        (folder / "closed").chmod(0o700)
        shutil.rmtree(folder)


def show(machine: Path, *command: str, cwd: Path | None = None, **environment: str) -> list[str]:
    folder = machine / "current" / "deploy" / "bin"
    given = {"PATH": os.environ["PATH"], "PYTHONPATH": "of the caller", **environment}
    return run(str(folder / command[0]), *command[1:], env=given, cwd=cwd or "/").splitlines()


def test_the_command_has_the_settings_of_the_services_as_they_stand(machine: Path) -> None:
    shown = show(machine, "hasila-run", "show", "a b", "$HOME")
    assert shown[0] == str(machine / "current" / ".venv" / "bin" / "show")
    assert shown[-2:] == ["<a b>", "<$HOME>"]
    assert "HASILA_DATA=/somewhere/data" in shown
    assert "HASILA_ALERT_TO=amina@example.org, data team@example.org; $HOME `id`" in shown
    assert "HASILA_LOCK_WAIT_SECONDS=3600" in shown
    assert not any(line.startswith("HASILA_LANGUAGE=") for line in shown)
    assert "0027" in shown, "files are made as the units make them"
    assert show(machine, "hasila", "load")[0] == str(machine / "current" / ".venv" / "bin" / "hasila")
    assert show(machine, "hasila", "load")[-1] == "<load>"


def test_dagsters_own_commands_have_its_home_and_the_password_of_its_storage(machine: Path) -> None:
    assert "DAGSTER_HOME=/somewhere/data/dagster" in show(machine, "hasila-run", "show")
    (machine / "etc" / "dagster.env").write_text("DAGSTER_POSTGRES_PASSWORD=door$1\n", encoding="utf-8")
    assert "DAGSTER_POSTGRES_PASSWORD=door$1" in show(machine, "hasila-run", "show")
    with (machine / "etc" / "hasila.env").open("a", encoding="utf-8") as settings:
        settings.write("\nHASILA_WORK=/machine\n")
    assert "DAGSTER_HOME=/machine/dagster" in show(machine, "hasila-run", "show")


def test_a_persons_decisions_are_recorded_under_the_persons_name(machine: Path) -> None:
    assert "HASILA_USER=amina" in show(machine, "hasila-run", "show", SUDO_USER="amina")
    assert not any(line.startswith("HASILA_USER=") for line in show(machine, "hasila-run", "show"))


@pytest.mark.skipif(os.getuid() != 0, reason="only root becomes another user")
def test_root_becomes_the_services_user_and_leaves_its_own_environment_and_closed_folders(machine: Path) -> None:
    import pwd

    (machine / "closed").chmod(0o700)
    shown = show(machine, "hasila-run", "show", cwd=machine / "closed")
    assert shown[1] == str(pwd.getpwnam("nobody").pw_uid)
    assert shown[2] == str(machine / "current")
    assert "PYTHONPATH=of the caller" not in shown
    assert show(machine, "hasila-run", "show", cwd=machine / "etc")[2] == str(machine / "etc")


def test_the_command_says_what_is_missing(machine: Path) -> None:
    (machine / "etc" / "hasila.env").write_text("HASILA_LANGUAGE=fr\n", encoding="utf-8")
    command = [str(machine / "current" / "deploy" / "bin" / "hasila-run"), "show"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode
    assert f"HASILA_DATA: is not set in {machine}/etc/hasila.env" in done.stderr


# --- the page that says how


def test_the_page_calls_commands_that_there_are_and_files_that_there_are() -> None:
    known = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    for command in page():
        if called := re.match(r"hasila ([a-z]+)", command):
            assert called[1] in known, command
        assert "sudo" not in command, f"not every machine has it: {command}"
        for file in re.findall(rf"{INSTALLED}/([\w./@-]+)", command):
            assert (PROJECT / file).exists(), command
    (linked,) = (command for command in page() if command.endswith(" /usr/local/bin/"))
    assert linked.split()[2:-1] == [f"{INSTALLED}/deploy/bin/{name}" for name in ("hasila", "hasila-run")]


def test_the_page_makes_the_folders_that_it_writes_to() -> None:
    made: set[str] = set()
    for command in page():
        if command.startswith("install -d"):
            made |= {word for word in command.split() if "/" in word}
        for file in re.findall(r">>?(/var/[\w./-]+)", command):
            assert str(Path(file).parent) in made, command


def test_an_upgrade_ends_with_the_scheduler_that_it_began_with() -> None:
    """The timer and Dagster's target exclude each other: who starts the other one has changed the installation."""
    text = (PROJECT / "docs" / "operate.md").read_text(encoding="utf-8")
    upgrade = text.split("## 6.")[1].split("Read CHANGELOG.md")[0]
    assert re.findall(r"SCHEDULER=([^\s`]+)", upgrade) == ["hasila-load.timer", "hasila-dagster.target"]
    commands = page()
    begin = commands.index("systemctl stop $SCHEDULER")
    end = commands.index("systemctl start $SCHEDULER")
    assert commands[begin - 1].startswith("SCHEDULER=")
    between = commands[begin + 1 : end]
    assert [command.split()[0] for command in between] == ["ln", "cp", "systemctl", "hasila-run", "systemctl"]
    assert between[2:] == [
        "systemctl daemon-reload",
        "hasila-run dagster instance migrate",
        "systemctl start hasila-load.service",
    ]


def test_neither_git_nor_the_image_takes_what_is_secret(tmp_path: Path) -> None:
    secret = [
        *("deploy/compose/secrets/postgres_password", "deploy/compose/secrets/hasila_smtp_password"),
        *("deploy/compose/hasila.env", "deploy/compose/.env"),
    ]
    for path in (
        *secret,
        "deploy/dagster.env",
        "deploy/hasila.env",
        "orchestration/hasila.env",
        "raw/inbox/report.xlsx",
    ):
        assert not in_image(path), path
    git = needs("git")
    shutil.copyfile(PROJECT / ".gitignore", tmp_path / ".gitignore")
    run(git, "init", "--quiet", str(tmp_path))
    assert run(git, "check-ignore", *secret, cwd=tmp_path).split() == secret


def in_image(path: str) -> bool:
    """Whether the build sees a file, as Docker reads the ignore file: the last pattern that says something counts."""
    seen = True
    for pattern in (DEPLOY / "compose" / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines():
        if pattern and not pattern.startswith("#"):
            wanted = re.escape(pattern.removeprefix("!")).replace(r"\*\*/", "(.*/)?").replace(r"\*", "[^/]*")
            if re.fullmatch(f"{wanted}(/.*)?", path):
                seen = pattern.startswith("!")
    return seen


# --- settings


def test_the_example_settings_are_settings_that_there_are() -> None:
    text = (DEPLOY / "hasila.env.example").read_text(encoding="utf-8")
    named = set(re.findall(r"^#?(HASILA_[A-Z_]+)=", text, re.MULTILINE))
    fields = Settings.model_fields.items()
    assert named - {"HASILA_SECRETS"} <= {field.validation_alias or f"HASILA_{name.upper()}" for name, field in fields}
    assert "HASILA_DATA" in named


def test_dagsters_variables_are_those_of_the_example_and_of_compose() -> None:
    wanted = set(re.findall(r"env: (\w+)", (DEPLOY / "dagster.postgres.yaml").read_text(encoding="utf-8")))
    example = (DEPLOY / "dagster.env.example").read_text(encoding="utf-8")
    assert wanted == set(re.findall(r"^(DAGSTER_\w+)=", example, re.MULTILINE))
    given = set(compose()["services"]["code"]["environment"])
    assert wanted <= {name.removesuffix("_FILE") for name in given}


def test_no_file_has_a_secret_or_names_a_registry() -> None:
    for path in (path for path in DEPLOY.rglob("*") if path.is_file()):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"(?i)(password|secret|token)\w*=[^\s$\n/]", text), path
        assert not re.search(r"(?i)(pypi|docker\.io|ghcr|quay)", text), path


# --- compose


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text(encoding="utf-8"))
    return loaded


def test_compose_has_the_four_services_each_with_a_health_check_and_nothing_but_loopback_published() -> None:
    services = compose()["services"]
    assert set(services) == {"postgres", "code", "webserver", "daemon"}
    for name, service in services.items():
        assert service["healthcheck"]["test"], name
        assert service["restart"] == "unless-stopped"
        assert "no-new-privileges:true" in service["security_opt"]
        for port in service.get("ports", ()):
            assert port.startswith("127.0.0.1:")
        for secret in service.get("secrets", ()):
            assert secret in compose()["secrets"]
        for volume in service["volumes"]:
            source = volume["source"] if isinstance(volume, dict) else volume.split(":")[0]
            assert source in compose()["volumes"] or source.startswith("${")
    workspace = yaml.safe_load((DEPLOY / "compose" / "workspace.yaml").read_text(encoding="utf-8"))
    (location,) = workspace["load_from"]
    assert location["grpc_server"]["host"] in services
    command = services["code"]["command"]
    assert command[command.index("--port") + 1] == str(location["grpc_server"]["port"])


def test_containers_write_their_state_and_backups_and_read_every_secret_of_the_folder() -> None:
    """The file system of a container is read-only but for what is mounted."""
    for name in ("code", "webserver", "daemon"):
        service = compose()["services"][name]
        assert service["read_only"]
        mounted = {
            volume["target"] if isinstance(volume, dict) else volume.rsplit("}", 1)[-1].split(":")[1]: volume
            for volume in service["volumes"]
        }
        assert set(mounted) == {"/var/lib/hasila", "/var/backups/hasila", "/srv/hasila/inbox", "/run/secrets"}
        environment = service["environment"]
        assert environment["HASILA_SECRETS"] == "/run/secrets"
        assert environment["DAGSTER_POSTGRES_PASSWORD_FILE"] == "/run/secrets/postgres_password"  # noqa: S105  # a path
        folder = mounted["/run/secrets"]
        assert folder["read_only"]
        # PostgreSQL reads the same file.
        assert compose()["secrets"]["postgres_password"]["file"] == f"{folder['source']}/postgres_password"
    assert "backups" in compose()["volumes"]


def test_the_password_is_made_readable_for_the_containers_user() -> None:
    image = (DEPLOY / "compose" / "Dockerfile").read_text(encoding="utf-8")
    (number,) = re.findall(r"useradd .*--uid (\d+)", image)
    header = re.findall(r"^#   (.*)$", (DEPLOY / "compose" / "compose.yaml").read_text(encoding="utf-8"), re.MULTILINE)
    made = [command for command in header if command.endswith(("secrets", "secrets/postgres_password"))]
    assert len(made) == 2
    for command in made:
        assert f"-o {number} -g {number} -m 0" in command
        assert command in page()


def test_what_reads_dagsters_storage_beside_a_containers_command_goes_through_the_entrypoint() -> None:
    """It would have the password's file and not the password."""
    for name, service in compose()["services"].items():
        program, *arguments = service["healthcheck"]["test"][1:]
        if program.startswith("dagster-daemon"):
            pytest.fail(f"{name} goes past the entrypoint")
        if "dagster-daemon" in arguments:
            assert program == "hasila-entrypoint"
    assert "dagster-daemon" in compose()["services"]["daemon"]["healthcheck"]["test"]


def test_docker_compose_takes_it(tmp_path: Path) -> None:
    program = needs("docker")
    if subprocess.run([program, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("this docker has no compose")
    run(program, "compose", "--file", str(DEPLOY / "compose" / "compose.yaml"), "config", "--quiet")


def test_the_image_copies_what_there_is_and_what_the_ignore_file_lets_through() -> None:
    import tomllib

    text = (DEPLOY / "compose" / "Dockerfile").read_text(encoding="utf-8")
    copied: set[str] = set()
    for line in re.findall(r"^COPY (?!--from)(?:--\S+ )*(.+)$", text, re.MULTILINE):
        for source in line.split()[:-1]:
            assert (PROJECT / source).exists(), source
            assert in_image(source), source
            copied.add(source)
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    assert set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) <= copied
    for service in compose()["services"].values():
        for file in re.findall(r"/opt/hasila/(deploy/[\w./-]+)", str(service)):
            assert file in copied, file
    assert "# syntax=" not in text, "a closed network has no registry to fetch it from"


def test_the_entrypoint_takes_the_password_from_its_file_and_the_settings_with_it(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("from a file\n", encoding="utf-8")
    script = (DEPLOY / "compose" / "entrypoint.sh").read_text(encoding="utf-8").replace("/opt/hasila", str(PROJECT))
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "hasila-entrypoint").write_text(script, encoding="utf-8")
    # The program `hasila` of the image, which `docker compose exec` finds first.
    shadow = (DEPLOY / "compose" / "bin" / "hasila").read_text(encoding="utf-8")
    (programs / "hasila").write_text(shadow.replace("/opt/hasila/.venv/bin/", f"{programs}/real-"), encoding="utf-8")
    (programs / "real-hasila").write_text('#!/bin/sh\necho "$DAGSTER_POSTGRES_PASSWORD" "$@"\n', encoding="utf-8")
    for path in programs.iterdir():
        path.chmod(0o755)
    environment = {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "DAGSTER_HOME": str(tmp_path / "home"),
        "DAGSTER_POSTGRES_HOST": "postgres",
        "DAGSTER_POSTGRES_PASSWORD_FILE": str(tmp_path / "password"),
    }
    copied = tmp_path / "home" / "dagster.yaml"
    wanted = (DEPLOY / "dagster.postgres.yaml").read_text(encoding="utf-8")
    for before in (None, "of another version\n"):
        if before is not None:
            copied.write_text(before, encoding="utf-8")
        told = run("hasila-entrypoint", "sh", "-c", 'echo "$DAGSTER_POSTGRES_PASSWORD"', env=environment)
        assert told == "from a file\n"
        assert copied.read_text(encoding="utf-8") == wanted
        assert [path.name for path in copied.parent.iterdir()] == ["dagster.yaml"]
    assert run("hasila", "load", "--json", env=environment) == "from a file load --json\n"
    assert run("hasila-entrypoint", "hasila", "load", env=environment) == "from a file load\n"


def test_a_container_without_postgresql_has_dagsters_settings_too(tmp_path: Path) -> None:
    script = (DEPLOY / "compose" / "entrypoint.sh").read_text(encoding="utf-8").replace("/opt/hasila", str(PROJECT))
    environment = {"PATH": os.environ["PATH"], "DAGSTER_HOME": str(tmp_path / "home")}
    run("sh", "-c", script, "entrypoint", "true", env=environment)
    copied = (tmp_path / "home" / "dagster.yaml").read_text(encoding="utf-8")
    assert copied == (PROJECT / "dagster.yaml").read_text(encoding="utf-8")


# --- the proxy


def test_nginx_lets_nobody_in_without_a_password_but_everybody_to_what_is_public(tmp_path: Path) -> None:
    """Against a server that is really there; the certificate is left out, which needs a name."""
    import base64
    import http.client
    import http.server
    import threading
    import time

    from tests.servers import free_port

    nginx = needs("nginx")
    seen: list[str | None] = []

    class Inside(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.headers.get("Authorization"))
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    inside = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Inside)
    threading.Thread(target=inside.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    port = free_port()
    (tmp_path / "htpasswd").write_text("amina:{PLAIN}door\n", encoding="utf-8")
    text = (DEPLOY / "proxy" / "nginx.conf").read_text(encoding="utf-8")
    text = re.sub(r"^\s*ssl_.*$", "", text, flags=re.MULTILINE)
    text = text.replace("listen 443 ssl", f"listen 127.0.0.1:{port}")
    text = text.replace("/etc/nginx/hasila.htpasswd", str(tmp_path / "htpasswd"))
    text = text.replace("127.0.0.1:3000", f"127.0.0.1:{inside.server_address[1]}")
    release = tmp_path / "data" / "published" / "releases" / "first"
    (release / "public" / "portal").mkdir(parents=True)
    (release / "public" / "portal" / "index.html").write_text("the portal", encoding="utf-8")
    (release / "warehouse.duckdb").write_text("restricted", encoding="utf-8")
    (tmp_path / "data" / "published" / "current").symlink_to("releases/first")
    text = text.replace("/var/lib/hasila/", f"{tmp_path}/data/")
    (tmp_path / "hasila.conf").write_text(text, encoding="utf-8")
    temporary = "".join(
        f"{kind}_temp_path {tmp_path}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    main = tmp_path / "nginx.conf"
    main.write_text(
        f"daemon off;\nmaster_process off;\npid {tmp_path}/pid;\nerror_log {tmp_path}/error.log;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{temporary}include {tmp_path}/hasila.conf;\n}}\n",
        encoding="utf-8",
    )
    run(nginx, "-t", "-c", str(main), "-p", str(tmp_path))
    proxy = subprocess.Popen([nginx, "-c", str(main), "-p", str(tmp_path)])
    try:
        inner, public = "hasila.example.org", "portal.example.org"
        answers = []
        for name, path, word in (
            (inner, "/", None),
            (inner, "/", "amina:wrong"),
            (inner, "/", "amina:door"),
            (inner, "/portal/", None),
            (public, "/", None),
            (public, "/portal/", None),
            (public, "/../warehouse.duckdb", None),
            (public, "/%2e%2e/warehouse.duckdb", None),
            (public, "/warehouse.duckdb", None),
        ):
            headers = {"Host": name}
            if word:
                headers["Authorization"] = "Basic " + base64.b64encode(word.encode()).decode()
            for attempt in range(200):
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
                try:
                    connection.request("GET", path, headers=headers)
                    response = connection.getresponse()
                    answers.append((response.status, response.read()))
                    break
                except ConnectionRefusedError:
                    assert attempt < 199
                    time.sleep(0.05)
                finally:
                    connection.close()
    finally:
        proxy.terminate()
        proxy.wait()
        inside.shutdown()
        inside.server_close()
    assert [status for status, _ in answers] == [401, 401, 200, 401, 302, 200, 400, 400, 404]
    assert answers[5][1] == b"the portal"
    assert seen == [None], "the password went further than the proxy"
