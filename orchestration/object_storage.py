"""Object storage: what hasila asks of an S3 service, and what it says when that goes wrong.

s3fs does the talking, with the credentials and the endpoint of the usual AWS variables. Here is what it
leaves open: no listing is remembered, waiting is bounded, what is written is held against its MD5, objects
are made or replaced on a condition, whoever lost the lease changes nothing more, and whatever goes wrong is an
OSError that names the address.
"""

import asyncio
import base64
import contextlib
import datetime as dt
import email.utils
import errno
import hashlib
from collections.abc import Callable, Coroutine, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import aiohttp
from aiobotocore.httpsession import AIOHTTPSession
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
    ReadTimeoutError,
)
from fsspec.asyn import sync, sync_wrapper
from s3fs import S3FileSystem

from orchestration import lease

P = ParamSpec("P")
T = TypeVar("T")

_CONNECT_SECONDS, _READ_SECONDS = 5, 20
_SLOWEST = 128 * 1024
"""So many bytes are sent in a second, or the connection counts as dead."""
_TRIES = 3
_PART = 16 * 1024 * 1024
_AT_ONCE = 8
_MANY = 1000  # so many objects can be removed, or are listed, in one request
_READING = ("get", "head", "list")
_BROKEN_OFF = (BotoCoreError, aiohttp.ClientError, ConnectionError, TimeoutError)

_REFUSED = {"InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "ExpiredToken", "InvalidClientTokenId"}
_FORBIDDEN = {"AccessDenied", "AllAccessDisabled", "AccountProblem", "Forbidden", "403"}


@dataclass(frozen=True, slots=True)
class Entry:
    """An object in a listing: its size in bytes, and what changes with its content."""

    size: int
    etag: str


class LostRaceError(Exception):
    """An object was not written: it is there already, or is not the one that was to be replaced."""


class _Session(AIOHTTPSession):  # type: ignore[misc]
    """aiohttp with a bound on what it leaves without one: sending a body, and waiting to be let send it."""

    async def send(self, request: Any) -> Any:
        size = len(request.body) if isinstance(request.body, bytes | bytearray) else 0
        try:
            async with asyncio.timeout(_CONNECT_SECONDS + _READ_SECONDS + size / _SLOWEST):
                return await super().send(request)
        except TimeoutError as error:
            # As what may pass: it is tried again.
            raise ReadTimeoutError(endpoint_url=request.url, error=error) from error


def _needs_no_lease(method: str, arguments: dict[str, Any]) -> bool:
    """Whether a request harms nobody, whoever holds the lease.

    So it is with what only reads or ends an upload of one's own, and with what the service itself makes depend on
    what it finds, as the lease is written.
    """
    return method.startswith((*_READING, "abort")) or not arguments.keys().isdisjoint(("IfMatch", "IfNoneMatch"))


async def _while_leased(call: Coroutine[Any, Any, T]) -> T:
    """The answer to a request that is sent, and waited for, only while this process has not lost a lease.

    Raises LeaseLostError.
    """
    try:
        left = lease.check()
    except lease.LeaseLostError:
        call.close()
        raise
    task = asyncio.ensure_future(call)
    try:
        # A lease that is renewed meanwhile gives it more time.
        while not (await asyncio.wait({task}, timeout=left))[0]:
            left = lease.check()
    finally:
        task.cancel()
        await asyncio.wait({task})
    return task.result()


class ObjectStorage(S3FileSystem):  # type: ignore[misc]
    """s3fs as hasila uses it. Every method raises OSError with a sentence and the address; no traceback is needed.

    Paths are `bucket/key`. FileNotFoundError means that an object is not there; a bucket that is not is
    another OSError, so that nobody takes it for an empty one.
    """

    connect_timeout = _CONNECT_SECONDS
    read_timeout = _READ_SECONDS
    retries = 1  # botocore tries again itself, whatever may pass

    def __init__(self, **options: Any):
        config = {
            "retries": {"total_max_attempts": _TRIES, "mode": "standard"},
            # Not every service knows the newer checksums; what is sent has its MD5, which all check.
            "request_checksum_calculation": "when_required",
            "response_checksum_validation": "when_required",
            "http_session_cls": _Session,
            **options.pop("config_kwargs", {}),
        }
        super().__init__(use_listings_cache=False, config_kwargs=config, **options)

    async def _call_s3(self, method: str, *given: Any, **arguments: Any) -> Any:
        place = "/".join(str(arguments[name]) for name in ("Bucket", "Key") if name in arguments)
        call = super()._call_s3(method, *given, **arguments)
        try:
            return await (call if _needs_no_lease(method, arguments) else _while_leased(call))
        except lease.LeaseLostError:
            raise
        except (OSError, BotoCoreError) as error:
            raise told(error, place, "read" if method.startswith(_READING) else "write") from None

    call_s3 = sync_wrapper(_call_s3)

    async def _body(self, path: str) -> tuple[bytes, str]:
        bucket, key, _ = self.split_path(path)
        for left in reversed(range(_TRIES)):
            answer = await self._call_s3("get_object", Bucket=bucket, Key=key)
            try:
                async with answer["Body"] as body:
                    return await body.read(), answer["ETag"].strip('"')
            except _BROKEN_OFF as error:
                # It broke off half-way: from the beginning again.
                if not left:
                    raise told(error, path, "read") from None
        raise AssertionError

    async def _cat_file(self, path: str, *_: Any, start: int | None = None, end: int | None = None, **__: Any) -> bytes:
        content, _etag = await self._body(path)
        return content[start:end]

    # --- one object

    def read(self, path: str) -> tuple[bytes, str]:
        """An object's content, and what changes with it."""
        return tuple(sync(self.loop, self._body, path))

    def write(self, path: str, content: bytes, *, create: bool = False, replaces: str | None = None) -> str:
        """Write an object whole; returns what changes with its content.

        With `create` only where there is none, with `replaces` only in the place of that one: else
        LostRaceError.
        """
        bucket, key, _ = self.split_path(path)
        condition = {"IfNoneMatch": "*"} if create else {"IfMatch": f'"{replaces}"'} if replaces else {}
        try:
            answer = self.call_s3("put_object", Bucket=bucket, Key=key, Body=content, **_summed(content), **condition)
        except OSError as error:
            if condition and _code(error) in ("PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey", "412"):
                raise LostRaceError(path) from error
            raise
        return str(answer["ETag"]).strip('"')

    def pipe_file(self, path: str, value: bytes, **_: Any) -> None:
        """`write`, by the name that fsspec has for it."""
        self.write(path, value)

    def upload(self, source: Path, path: str) -> None:
        """Write a file as an object, in parts where it is large; each part is held against its MD5."""
        bucket, key, _ = self.split_path(path)
        size = source.stat().st_size
        if size <= _PART:
            self.write(path, source.read_bytes())
            return
        upload = self.call_s3("create_multipart_upload", Bucket=bucket, Key=key)["UploadId"]
        try:
            parts = []
            with source.open("rb") as file:
                for number, part in enumerate(iter(lambda: file.read(_PART), b""), 1):
                    told_part = {"Bucket": bucket, "Key": key, "UploadId": upload, "PartNumber": number}
                    answer = self.call_s3("upload_part", Body=part, **told_part, **_summed(part))
                    parts.append({"PartNumber": number, "ETag": answer["ETag"]})
            self.call_s3(
                "complete_multipart_upload",
                Bucket=bucket,
                Key=key,
                UploadId=upload,
                MultipartUpload={"Parts": parts},
            )
        except BaseException:
            with contextlib.suppress(OSError):
                self.call_s3("abort_multipart_upload", Bucket=bucket, Key=key, UploadId=upload)
            raise
        arrived = int(self.call_s3("head_object", Bucket=bucket, Key=key)["ContentLength"])
        if arrived != size:
            raise OSError(errno.EIO, f"{arrived} bytes arrived of {size}", f"s3://{path}")

    def fetch(self, path: str, target: Path) -> str:
        """Write an object's content to the new file `target`; returns its SHA-256."""
        return str(sync(self.loop, self._fetch, path, target))

    async def _fetch(self, path: str, target: Path) -> str:
        bucket, key, _ = self.split_path(path)
        for left in reversed(range(_TRIES)):
            answer = await self._call_s3("get_object", Bucket=bucket, Key=key)
            digest = hashlib.sha256()
            with target.open("wb") as file:
                try:
                    async with answer["Body"] as body:
                        while block := await body.read(1024 * 1024):
                            digest.update(block)
                            file.write(block)
                except _BROKEN_OFF as error:
                    if not left:
                        raise told(error, path, "read") from None
                    continue
                return digest.hexdigest()
        raise AssertionError

    def age(self, path: str) -> tuple[bytes, str, dt.timedelta]:
        """An object's content, what changes with it, and how long ago it was written by the service's own clock."""

        async def look() -> tuple[bytes, str, dt.timedelta]:
            bucket, key, _ = self.split_path(path)
            answer = await self._call_s3("get_object", Bucket=bucket, Key=key)
            now = email.utils.parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
            async with answer["Body"] as body:
                return await body.read(), answer["ETag"].strip('"'), now - answer["LastModified"]

        return tuple(sync(self.loop, look))

    # --- many objects

    def entries(self, folder: str) -> dict[str, Entry]:
        """Every object below a folder, by its key relative to it."""
        return {key: entry for key, entry in self._listed(folder, "") if entry is not None}

    def folders(self, folder: str) -> list[str]:
        """The names of the folders in a folder."""
        return sorted(name.rstrip("/") for name, entry in self._listed(folder, "/") if entry is None)

    def _listed(self, folder: str, delimiter: str) -> Iterator[tuple[str, Entry | None]]:
        bucket, prefix, _ = self.split_path(f"{folder}/.")
        prefix = prefix[:-1]
        more: dict[str, str] = {"Delimiter": delimiter} if delimiter else {}
        while True:
            answer = self.call_s3("list_objects_v2", Bucket=bucket, Prefix=prefix, MaxKeys=_MANY, **more)
            for found in answer.get("Contents", ()):
                yield found["Key"].removeprefix(prefix), Entry(int(found["Size"]), found["ETag"].strip('"'))
            for found in answer.get("CommonPrefixes", ()):
                yield found["Prefix"].removeprefix(prefix), None
            if not answer.get("IsTruncated"):
                return
            more["ContinuationToken"] = answer["NextContinuationToken"]

    def read_many(self, paths: Iterable[str]) -> Iterator[tuple[str, bytes, str]]:
        """The content of many objects, and what changes with each, some at a time."""
        wanted = list(paths)
        for start in range(0, len(wanted), 4 * _AT_ONCE):
            some = wanted[start : start + 4 * _AT_ONCE]
            for path, (content, etag) in zip(some, at_once(self.read, some), strict=True):
                yield path, content, etag

    def remove(self, paths: Iterable[str]) -> None:
        """Remove objects; one that is not there is as good as removed."""

        def remove_one(path: str) -> None:
            bucket, key, _ = self.split_path(path)
            self.call_s3("delete_object", Bucket=bucket, Key=key)

        at_once(remove_one, list(paths))


def at_once(call: Callable[[Any], T], arguments: list[Any]) -> list[T]:
    """`call` of each argument, a few at a time. Raises what the first one raises that fails."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(call, arguments))


def _summed(content: bytes) -> dict[str, str]:
    """What has the service refuse a body that is not what was sent."""
    return {"ContentMD5": base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()}


# --- what went wrong


def _code(error: BaseException | None) -> str:
    """The service's own word for what went wrong; empty where it said none."""
    while error is not None:
        if isinstance(error, ClientError):
            return str(error.response.get("Error", {}).get("Code", ""))
        error = error.__cause__ or error.__context__
    return ""


def told(error: BaseException, place: str, act: str) -> OSError:
    """What went wrong at `place` (`bucket/key`) when one wanted to `act`, in a sentence without any secret."""
    code = _code(error)
    address, bucket = f"s3://{place}", f"s3://{place.split('/')[0]}"
    if code == "NoSuchBucket":
        return OSError(errno.ENODEV, "there is no such bucket", bucket)
    if code in _REFUSED:
        return PermissionError(errno.EACCES, f"the storage does not accept these credentials ({code})", bucket)
    if code in _FORBIDDEN:
        return PermissionError(errno.EACCES, f"these credentials may not {act} there ({code})", address)
    if isinstance(error, FileNotFoundError):
        return FileNotFoundError(errno.ENOENT, "there is no such object", address)
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        why = "there are no credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        return PermissionError(errno.EACCES, why, bucket)
    if isinstance(error, EndpointConnectionError | ConnectTimeoutError):
        return OSError(errno.EHOSTUNREACH, "the storage cannot be reached", bucket)
    if isinstance(error, ReadTimeoutError | TimeoutError):
        # With ETIMEDOUT it were a TimeoutError, in whose place fsspec puts one that says nothing.
        return OSError(errno.EIO, f"the storage did not answer within {_READ_SECONDS} s", address)
    if isinstance(error, aiohttp.ClientError):
        return OSError(errno.EIO, "the storage broke off its answer", address)
    said = (str(error).strip() or type(error).__name__).splitlines()[0]
    number = error.errno if isinstance(error, OSError) and error.errno else errno.EIO
    return OSError(number, f"the storage failed: {said}", address)
