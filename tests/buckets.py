"""An S3 service of the tests' own, spoken to over HTTP: moto's server on the loopback."""

import json
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
from moto.server import ThreadedMotoServer


@dataclass(frozen=True)
class Service:
    """The service's address, and who may do anything there."""

    endpoint: str
    key: str = "tester"
    secret: str = "tester's secret"  # noqa: S105

    @property
    def environment(self) -> dict[str, str]:
        """The variables that lead to it."""
        return {
            "AWS_ACCESS_KEY_ID": self.key,
            "AWS_SECRET_ACCESS_KEY": self.secret,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self, name: str = "s3") -> Any:
        return boto3.client(
            name,
            endpoint_url=self.endpoint,
            aws_access_key_id=self.key,
            aws_secret_access_key=self.secret,
            region_name="us-east-1",
        )

    def bucket(self) -> "Bucket":
        """A new bucket."""
        name = f"hasila-{uuid.uuid4().hex[:12]}"
        self.client().create_bucket(Bucket=name)
        return Bucket(self, name)

    @contextmanager
    def guarded(self, actions: list[str]) -> Iterator["Service"]:
        """The service as it is for somebody who may only do `actions`, which it looks at meanwhile."""
        people = self.client("iam")
        name = f"user-{uuid.uuid4().hex[:8]}"
        people.create_user(UserName=name)
        policy = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}],
        }
        people.put_user_policy(UserName=name, PolicyName="some", PolicyDocument=json.dumps(policy))
        made = people.create_access_key(UserName=name)["AccessKey"]
        self._look_at_credentials_after(0)
        try:
            yield Service(self.endpoint, made["AccessKeyId"], made["SecretAccessKey"])
        finally:
            self._look_at_credentials_after(float("inf"))

    def _look_at_credentials_after(self, actions: float) -> None:
        address, kind = f"{self.endpoint}/moto-api/reset-auth", {"Content-Type": "text/plain"}
        request = urllib.request.Request(address, str(actions).encode(), kind, method="POST")  # noqa: S310
        with urllib.request.urlopen(request, timeout=10):  # noqa: S310
            pass


@dataclass(frozen=True)
class Bucket:
    """A bucket of a service."""

    service: Service
    name: str

    @property
    def data(self) -> str:
        """An address for hasila's data in it."""
        return f"s3://{self.name}/hasila"

    def etags(self) -> dict[str, str]:
        """What changes with every object's content, by its key below the data."""
        client = self.service.client()
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix="hasila/")
        entries = [entry for page in pages for entry in page.get("Contents", ())]
        return {entry["Key"].removeprefix("hasila/"): entry["ETag"] for entry in entries}

    def objects(self) -> dict[str, bytes]:
        """Every object's content, by its key below the data."""
        return {name: self.read(name) for name in self.etags()}

    def read(self, name: str) -> bytes:
        return bytes(self.service.client().get_object(Bucket=self.name, Key=f"hasila/{name}")["Body"].read())

    def write(self, name: str, content: bytes) -> None:
        self.service.client().put_object(Bucket=self.name, Key=f"hasila/{name}", Body=content)

    def remove(self, name: str) -> None:
        self.service.client().delete_object(Bucket=self.name, Key=f"hasila/{name}")


@contextmanager
def service() -> Iterator[Service]:
    """A service that runs."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield Service(f"http://{host}:{port}")
    finally:
        server.stop()
