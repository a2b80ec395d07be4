"""What hasila asks of an S3 service: one that really answers over HTTP."""

import hashlib
import http.server
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fsspec.asyn import sync_wrapper

from orchestration import lease, night, object_storage
from orchestration.check import parallel
from orchestration.object_storage import LostRaceError, ObjectStorage
from orchestration.settings import load_settings
from tests.buckets import Bucket

pytestmark = pytest.mark.xdist_group("buckets")


@pytest.fixture
def place(bucket: Bucket) -> str:
    return bucket.data.removeprefix("s3://")


def test_what_is_written_is_read_and_listed_at_once(place: str, bucket: Bucket) -> None:
    storage = ObjectStorage()
    assert storage.entries(f"{place}/lake") == {}
    first = storage.write(f"{place}/lake/days/one.json", b"first")
    assert storage.entries(f"{place}/lake") == {"days/one.json": object_storage.Entry(5, first)}
    # Written by somebody else: nothing remembers the listing before.
    bucket.write("lake/days/one.json", b"another one")
    bucket.write("lake/days/two.json", b"")
    assert {name: entry.size for name, entry in storage.entries(f"{place}/lake").items()} == {
        "days/one.json": 11,
        "days/two.json": 0,
    }
    content, etag = storage.read(f"{place}/lake/days/one.json")
    assert content == b"another one"
    assert etag != first
    assert storage.folders(f"{place}/lake") == ["days"]


def test_a_listing_of_many_pages_is_whole(place: str, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(object_storage, "_MANY", 2)
    for number in range(5):
        bucket.write(f"releases/{number}/manifest.json", b"{}")
    storage = ObjectStorage()
    assert sorted(storage.entries(f"{place}/releases")) == [f"{number}/manifest.json" for number in range(5)]
    assert storage.folders(f"{place}/releases") == ["0", "1", "2", "3", "4"]


def test_a_folder_is_not_another_one_that_begins_the_same(place: str, bucket: Bucket) -> None:
    bucket.write("lake/one", b"")
    bucket.write("lake2/two", b"")
    assert list(ObjectStorage().entries(f"{place}/lake")) == ["one"]


@pytest.mark.parametrize("size", [0, 10, 25])
def test_a_file_goes_there_and_back_in_parts_too(
    size: int, place: str, tmp_path: Path, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The service takes no smaller parts than 5 MiB but for the last.
    monkeypatch.setattr(object_storage, "_PART", 5 * 2**20 if size == 25 else 10)
    content = bytes(range(256)) * (2**20 // 256) * 6 if size == 25 else b"x" * size
    (tmp_path / "one").write_bytes(content)
    storage = ObjectStorage()
    storage.upload(tmp_path / "one", f"{place}/one")
    assert bucket.read("one") == content
    assert storage.fetch(f"{place}/one", tmp_path / "two") == hashlib.sha256(content).hexdigest()
    assert (tmp_path / "two").read_bytes() == content


def test_what_arrives_is_held_against_its_sum(place: str, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[dict[str, object]] = []
    call = ObjectStorage._call_s3

    async def calling(self: ObjectStorage, method: str, *given: object, **arguments: object) -> object:
        sent.append(arguments)
        return await call(self, method, *given, **arguments)

    monkeypatch.setattr(ObjectStorage, "call_s3", sync_wrapper(calling))
    ObjectStorage().write(f"{place}/one", b"hello")
    # As `printf hello | openssl md5 -binary | base64` says.
    assert [arguments["ContentMD5"] for arguments in sent] == ["XUFAKrxLKna5cZ2REBfFkg=="]


def test_an_object_is_made_once_and_replaced_by_whoever_read_it_last(place: str, bucket: Bucket) -> None:
    storage = ObjectStorage()
    first = storage.write(f"{place}/lease", b"one", create=True)
    with pytest.raises(LostRaceError):
        storage.write(f"{place}/lease", b"two", create=True)
    second = storage.write(f"{place}/lease", b"three", replaces=first)
    with pytest.raises(LostRaceError):
        storage.write(f"{place}/lease", b"four", replaces=first)
    assert bucket.read("lease") == b"three"
    storage.remove([f"{place}/lease"])
    with pytest.raises(LostRaceError):
        storage.write(f"{place}/lease", b"five", replaces=second)


def test_what_is_not_there_is_told_from_a_bucket_that_is_not(place: str) -> None:
    storage = ObjectStorage()
    with pytest.raises(FileNotFoundError, match="there is no such object") as missing:
        storage.read(f"{place}/none")
    assert missing.value.filename == f"s3://{place}/none"
    for act in (
        lambda: storage.read("no-such-bucket-anywhere/x"),
        lambda: storage.entries("no-such-bucket-anywhere/x"),
        lambda: storage.write("no-such-bucket-anywhere/x", b""),
    ):
        with pytest.raises(OSError, match="there is no such bucket") as gone:
            act()
        assert not isinstance(gone.value, FileNotFoundError)
        assert gone.value.filename == "s3://no-such-bucket-anywhere"


def test_credentials_that_may_only_read_are_told_apart(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket.write("one", b"1")
    place = bucket.data.removeprefix("s3://")
    with bucket.service.guarded(["s3:GetObject", "s3:ListBucket"]) as reader:
        for name, value in reader.environment.items():
            monkeypatch.setenv(name, value)
        storage = ObjectStorage(skip_instance_cache=True)
        assert storage.read(f"{place}/one")[0] == b"1"
        with pytest.raises(PermissionError, match="may not write there"):
            storage.write(f"{place}/two", b"2")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not the secret")
        with pytest.raises(PermissionError, match="does not accept these credentials") as refused:
            ObjectStorage(skip_instance_cache=True).read(f"{place}/one")
        assert "not the secret" not in str(refused.value)


def test_a_service_that_is_not_there_is_told_soon(monkeypatch: pytest.MonkeyPatch, bucket: Bucket) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(OSError, match="cannot be reached"):
        ObjectStorage(skip_instance_cache=True).read("some/thing")


class BreaksOff(http.server.BaseHTTPRequestHandler):
    """Answers with less than it promises, but for every third time."""

    asked = 0

    def do_GET(self) -> None:
        type(self).asked += 1
        self.send_response(200)
        self.send_header("Content-Length", "8")
        self.send_header("ETag", '"x"')
        self.end_headers()
        self.wfile.write(b"all of it"[:8] if self.asked % 3 == 0 and "never" not in self.path else b"half")
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002, the name is http.server's
        pass


@pytest.fixture
def breaking_off(monkeypatch: pytest.MonkeyPatch, bucket: Bucket) -> Iterator[type[BreaksOff]]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), BreaksOff) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        BreaksOff.asked = 0
        yield BreaksOff
        server.shutdown()
        thread.join()


def test_an_answer_that_breaks_off_is_asked_for_again_a_few_times(
    breaking_off: type[BreaksOff], tmp_path: Path
) -> None:
    storage = ObjectStorage(skip_instance_cache=True)
    assert storage.read("some/thing") == (b"all of i", "x")
    assert storage.fetch("some/thing", tmp_path / "thing") == hashlib.sha256(b"all of i").hexdigest()
    assert (tmp_path / "thing").read_bytes() == b"all of i"
    assert breaking_off.asked == 6
    for act in (lambda: storage.read("some/never"), lambda: storage.fetch("some/never", tmp_path / "never")):
        with pytest.raises(OSError, match="broke off its answer"):
            act()
    assert breaking_off.asked == 12


class AnswersWhenTold(http.server.BaseHTTPRequestHandler):
    """Takes an object, and says so, or that it may be sent, once it is told to."""

    asked = 0
    told = threading.Event()

    def do_PUT(self) -> None:
        type(self).asked += 1
        self.told.wait()
        self.send_response(200)
        self.send_header("ETag", '"x"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002, the name is http.server's
        pass


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch, bucket: Bucket) -> Iterator[type[AnswersWhenTold]]:
    AnswersWhenTold.asked = 0
    AnswersWhenTold.told.clear()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), AnswersWhenTold) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        yield AnswersWhenTold
        AnswersWhenTold.told.set()
        server.shutdown()
        thread.join()


def test_a_service_that_takes_a_connection_and_says_nothing_is_not_waited_for_for_ever(
    silent: type[AnswersWhenTold], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(object_storage, "_READ_SECONDS", 0.1)
    monkeypatch.setattr(object_storage, "_TRIES", 2)
    with pytest.raises(OSError, match="did not answer within"):
        ObjectStorage(skip_instance_cache=True).write("some/thing", b"content")
    # A busy machine may count the second request a moment after it was given up.
    for _ in range(100):
        if silent.asked == 2:
            break
        time.sleep(0.05)
    assert silent.asked == 2


@pytest.mark.parametrize("is_lost", [False, True])
def test_a_write_under_way_is_given_as_long_as_the_lease_is_held(
    is_lost: bool, silent: type[AnswersWhenTold], monkeypatch: pytest.MonkeyPatch
) -> None:
    checks = 0

    def check() -> float:
        nonlocal checks
        checks += 1
        if checks < 3:
            return 0.01
        if is_lost:
            raise lease.LeaseLostError("another machine may be loading by now")
        silent.told.set()
        return 30.0

    monkeypatch.setattr(lease, "check", check)
    storage = ObjectStorage(skip_instance_cache=True)
    if is_lost:
        with pytest.raises(lease.LeaseLostError):
            storage.write("some/thing", b"content")
    else:
        assert storage.write("some/thing", b"content") == "x"
    assert checks == 3


def test_families_of_a_bucket_are_judged_by_the_process_that_holds_its_lease(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In another one, whatever was written for them would be written also when the lease is lost."""
    settings = load_settings(data=bucket.data, work=tmp_path)
    monkeypatch.setattr(night, "check", lambda *_, **__: {"process": os.getpid()})
    night.write_summary(settings, "read", {"days": {}, "observations": {"begging": parallel.FEWEST_ROWS}})
    found = dict(night.check_all(settings, night.load_rulebook(settings), ["begging"]))
    assert found == {"begging": {"process": os.getpid()}}
