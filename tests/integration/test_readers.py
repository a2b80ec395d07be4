"""Readers in processes of their own, without a pause, while releases are published one after the other."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.release import publish
from tests.helpers import PROJECT
from tests.unit.release.small import MADE, number_id, publish_number

READERS, PUBLICATIONS = 8, 50
# Each query says what two tables hold: in one release both hold that release's number alone. A fresh connection
# reads what the link leads to, a long-lived one what `hasila.connect` leads to.
READ = """
import json, sys, time, duckdb, hasila
from pathlib import Path
data = Path(sys.argv[1])
sql = "select min(release), max(release), count(*) from (from marts.one union all from marts.other)"
reader, seen, faults, queries = hasila.connect(data), {}, [], 0
print("reading", flush=True)
while not (data / "done").exists() or not queries:
    try:
        ((first, last, rows),) = reader.sql(sql).fetchall()
        if first != last or rows != 2 * (first + 1):
            faults.append(f"long-lived: {first} {last} {rows}")
        seen[first] = True
        folder = (data / "published" / "current").resolve()
        with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as connection:
            ((first, last, rows),) = connection.sql(sql).fetchall()
        if first != last or rows != 2 * (first + 1):
            faults.append(f"fresh: {first} {last} {rows}")
        queries += 2
    except Exception as error:
        faults.append(f"{type(error).__name__}: {error}")
((last, _, _),) = reader.sql(sql).fetchall()
print(json.dumps({"seen": sorted(seen), "queries": queries, "faults": faults[:5], "last": last}))
"""


def test_eight_readers_and_fifty_publications(tmp_path: Path) -> None:
    published = tmp_path / "published"
    publish_number(published, 0)
    command = [sys.executable, "-c", READ, str(tmp_path)]
    readers = [subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) for _ in range(READERS)]
    for reader in readers:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "reading\n"
    for number in range(1, PUBLICATIONS + 1):
        publish_number(published, number)
        publish.retire(published, 10, None, MADE, spared=[number_id(number - 1)])
    (tmp_path / "done").touch()
    told = [json.loads(reader.communicate()[0]) for reader in readers]
    assert [one["faults"] for one in told] == [[]] * READERS
    assert [one["last"] for one in told] == [PUBLICATIONS] * READERS
    assert all(one["queries"] > 0 for one in told)
    # They did read meanwhile, not only at the end.
    assert len({number for one in told for number in one["seen"]}) > PUBLICATIONS / 5


@pytest.mark.parametrize("public", [False, True])
def test_a_reader_that_lives_through_a_publication_sees_it_at_its_next_query(tmp_path: Path, public: bool) -> None:
    told = (
        "import sys, hasila\n"
        f"reader = hasila.connect(sys.argv[1], public={public})\n"
        "for _ in sys.stdin:\n"
        "    print(reader.sql('select max(release) from marts.one').fetchall()[0][0], flush=True)\n"
    )
    publish_number(tmp_path / "published", 0, public=True)
    reader = subprocess.Popen(
        [sys.executable, "-c", told, str(tmp_path)],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert reader.stdin is not None
    assert reader.stdout is not None
    for number in range(4):
        if number:
            publish_number(tmp_path / "published", number, public=True)
        reader.stdin.write("next\n")
        reader.stdin.flush()
        assert reader.stdout.readline() == f"{number}\n"
    reader.stdin.close()
    assert reader.wait() == 0
