"""The generator's own promises; that its reports are read as written is a property test's."""

import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from benchmarks.reports import formats_of, generate, write
from orchestration.read.contracts import Contract
from tests.helpers import PROJECT


def test_mixed_files_are_written_as_an_inbox_with_their_truth(tmp_path: Path, contracts: tuple[Contract, ...]) -> None:
    count = write(tmp_path, 2 * len(contracts), 3, contracts, rows=(1, 4))
    truth = pq.read_table(tmp_path / "truth.parquet").to_pylist()
    files = {path.name: path.parent.name for path in (tmp_path / "inbox").glob("*/*")}
    assert len(truth) == count
    assert {row["file_name"]: row["organisation_code"] for row in truth}.items() <= files.items()
    assert len(files) == 2 * len(contracts)


def test_what_cannot_be_written_is_refused(contracts: tuple[Contract, ...]) -> None:
    contract = next(contract for contract in contracts if formats_of(contract))
    with pytest.raises(ValueError, match="kobo_json"):
        generate(contract, "kobo_json", "fr", 1)


def test_senders_are_those_of_the_contract(contracts: tuple[Contract, ...]) -> None:
    for contract in contracts:
        for kind in formats_of(contract):
            sender = generate(contract, kind, "ar", 1, 1).organisation_code
            assert contract.senders == "any" or sender in contract.senders


def test_the_command_line_is_deterministic(tmp_path: Path) -> None:
    for name in ("one", "two"):
        command = [sys.executable, "-m", "benchmarks.reports", "--count", "16", "--seed", "5", "--rows", "1", "3"]
        subprocess.run([*command, "--out", str(tmp_path / name)], cwd=PROJECT, check=True, capture_output=True)
    one, two = ({path.name: path.read_bytes() for path in (tmp_path / name).rglob("*.*")} for name in ("one", "two"))
    assert one == two
