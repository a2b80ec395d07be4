"""What a load leaves for machines and for those who are asleep: log lines, metrics, an alert.

Around the command, not in the rooms. None of it can change how a load ends: what cannot be written or
sent is said and passed over.
"""

import datetime as dt
import json
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TextIO

import typer

from orchestration.cli import common
from orchestration.cli.common import FAILED, STOPPED
from orchestration.settings import Settings

_STOPPED = 130
_COUNTS = {
    "receive": ("received", "files_seen"),
    "read": ("reports", "observations"),
    "check": ("reports", "observations", "findings_total", "failure"),
    "model": ("as_of_date",),
    "release": ("release_id", "retired"),
    "answer": ("written", "error"),
}
"""What a log line says of a room: these fields of its summary."""


class Journal:
    """One load, from its first line to its exit code. `run_id` is also that of its Dagster run."""

    def __init__(self, settings: Settings):
        self.settings = settings
        self.run_id = str(uuid.uuid4())
        self.began_at = dt.datetime.now(dt.UTC)
        self.is_json = settings.log_format == "json"
        # The stream as it is now: while Dagster and dbt run, sys.stderr is their log.
        self._stream: TextIO = sys.stderr
        self.has_lock = False
        self._result: Mapping[str, Any] | None = None
        self._said: list[str] = []
        self._room = ""

    @property
    def said(self) -> str:
        """What the command said on standard error."""
        return "\n".join(self._said)

    def begin(self) -> None:
        """The load holds the lock: from here on it is one."""
        self.has_lock = True
        self.log("load_begin", data=str(self.settings.data), inbox=str(self.settings.inbox))

    def end(self, result: Mapping[str, Any]) -> None:
        """The load has an outcome (`night.outcome`, with its `failure`)."""
        self._result = result
        if self.is_json:
            self._log_outcome(result)

    # --- lines

    def log(self, event: str, *, level: str = "info", **fields: Any) -> None:
        """One line of the log; nothing where lines are for people."""
        if self.is_json:
            moment = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            line = {"time": moment, "level": level, "event": event, "run_id": self.run_id, **fields}
            print(json.dumps(line, ensure_ascii=False, default=str), file=self._stream, flush=True)

    def say(self, sentence: str) -> None:
        """What the command would say on standard error: why it fails."""
        said = sentence.removeprefix("hasila: ")
        self._said.append(said)
        if self.is_json:
            self.log("message", level="error", message=said)
        else:
            print(sentence, file=self._stream)

    def watch(self, room: str, content: Mapping[str, Any]) -> None:
        """A watcher of `night`: a line when a room begins and when it is done, a family at a time in `check`."""
        # What is no room (`news`, `audit`, `failure`) is told in the outcome.
        if room.partition("-")[0] not in _COUNTS:
            return
        if not content:
            if room != self._room:
                self.log("room_begin", room=room)
            self._room = room
            return
        name, _, family = room.partition("-")
        if family and not (any(content["reports"].values()) or content["failure"]):
            return
        told = {field: content[field] for field in _COUNTS[name] if content.get(field) not in (None, "")}
        about = {"family": family} if family else {}
        level = "error" if content.get("failure") or content.get("error") else "info"
        self.log("room_end", level=level, room=name, **about, seconds=content["seconds"], **told)

    def _log_outcome(self, result: Mapping[str, Any]) -> None:
        for entry in result["waiting"]:
            self.log("file_waiting", level="warning", **entry)
        for finding in result["findings"]:
            if finding["severity"] != "info":
                named = ("organisation_code", "file_name", "code", "severity", "sheet", "cell")
                message = finding[self.settings.language]
                self.log("finding", level="warning", **{name: finding[name] for name in named}, message=message)
        for change in result["changed"]:
            self.log("report_changed", **change)
        for entry in result["answers"]["failed"]:
            self.log("answer_not_written", level="warning", **entry)
        if result["failure"]:
            self.log("message", level="error", message=result["failure"])

    # --- the end

    def close(self, exit_code: int) -> None:
        """Write the last line and the metrics, and send an alert where the load failed."""
        from orchestration import metrics

        result = self._result or {}
        self.log(
            "load_end",
            level="info" if exit_code in (0, common.SENT_BACK) else "error",
            exit_code=exit_code,
            **{name: result[name] for name in ("released", "release_id", "reports", "observations") if name in result},
            seconds=round((dt.datetime.now(dt.UTC) - self.began_at).total_seconds(), 3),
            peak_memory_bytes=max(metrics.peak_memory().values()),
        )
        if self.has_lock:
            for problem in metrics.report(self.settings, exit_code, self.began_at, self._result):
                self.say(f"hasila: {problem}")
        # Who makes a typing mistake, or stops a load, sits in front of it.
        if exit_code not in (0, common.SENT_BACK, common.USAGE, _STOPPED):
            self._send_alert()

    def _send_alert(self) -> None:
        from orchestration import alerts

        if not alerts.is_set_up(self.settings):
            return
        result = self._result or {}
        reason = result.get("failure") or self.said or "the load broke; its log says where"
        alert = alerts.load_failed(
            self.settings,
            reason,
            run_id=self.run_id,
            began_at=self.began_at,
            released=bool(result.get("released")),
        )
        for problem in alerts.send(self.settings, alert):
            self.say(f"hasila: the alert could not be sent: {problem}")


@contextmanager
def journal(settings: Settings) -> Iterator[Journal]:
    """The journal of the load inside; it is closed with the exit code that the load ends with.

    One that is interrupted ends with typer.Exit, as what there is to say is said.
    """
    from orchestration import night

    kept = Journal(settings)
    code = FAILED
    common.speakers.append(kept.say)
    if kept.is_json:
        night.watchers.append(kept.watch)
    try:
        yield kept
        code = 0
    except typer.Exit as end:
        code = end.exit_code
        raise
    except KeyboardInterrupt:
        code = _STOPPED
        kept.say(STOPPED)
        raise typer.Exit(code) from None
    finally:
        if kept.is_json:
            night.watchers.remove(kept.watch)
        try:
            kept.close(code)
        finally:
            common.speakers.remove(kept.say)
