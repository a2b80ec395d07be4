"""The page of SQL: only where DuckDB was made and there is something to ask, and DuckDB made whole or not at all."""

import json
import os
import re
import shutil
from pathlib import Path

import duckdb
import pytest

from orchestration import portal
from orchestration.portal import engine
from orchestration.portal.pages import ask
from orchestration.settings import LANGUAGES
from tests.unit.portal import made

NPM = """#!/bin/sh
echo called >> "{log}"
[ "$1" = ci ] || exit 9
[ -f package-lock.json ] || exit 8
dist=node_modules/@duckdb/duckdb-wasm/dist
mkdir -p $dist node_modules/.bin
printf 'worker();\\n//# sourceMappingURL=a.map\\n' > $dist/duckdb-browser-eh.worker.js
printf wasm > $dist/duckdb-eh.wasm
mkdir -p node_modules/parquet-wasm/esm
printf reader > node_modules/parquet-wasm/esm/parquet_wasm_bg.wasm
for name in @duckdb/duckdb-wasm apache-arrow flatbuffers parquet-wasm tslib; do
  mkdir -p node_modules/$name
  echo "terms of $name" > node_modules/$name/LICENSE
  echo "other terms of $name" > node_modules/$name/LICENSE_OTHER
done
cat > node_modules/.bin/esbuild <<'EOF'
#!/bin/sh
for option in "$@"; do case "$option" in --outfile=*) out="${{option#--outfile=}}";; esac; done
{bundle}
EOF
chmod +x node_modules/.bin/esbuild
"""


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An npm that gives what the real one would, and keeps count."""
    return stand_in(tmp_path, monkeypatch, 'echo "bundle();" > "$out"')


def stand_in(folder: Path, monkeypatch: pytest.MonkeyPatch, bundle: str) -> Path:
    log, path = folder / "calls", folder / "bin" / "npm"
    path.parent.mkdir()
    path.write_text(NPM.format(log=log, bundle=bundle))
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{path.parent}{os.pathsep}{os.environ['PATH']}")
    return log


def test_it_is_made_once_and_whole(npm: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    assert engine.found(kept) is None
    folder = engine.make(kept)
    assert engine.found(kept) == engine.make(kept) == folder
    assert npm.read_text().split() == ["called"]
    assert [path.name for path in kept.iterdir()] == [folder.name]
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        [engine.SCRIPT, engine.WORKER, engine.WASM, engine.PARQUET, engine.LICENCES]
    )
    # The map that a worker would name is not there.
    assert (folder / engine.WORKER).read_text() == "worker();\n"
    licences = (folder / engine.LICENCES).read_text()
    for name in ("apache-arrow", "parquet-wasm"):
        assert f"\nterms of {name}\n\nother terms of {name}\n" in licences


def test_what_fails_leaves_nothing_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stand_in(tmp_path, monkeypatch, "echo no such module >&2; exit 1")
    kept = tmp_path / "kept"
    with pytest.raises(engine.EngineError, match="esbuild failed: no such module"):
        engine.make(kept)
    assert list(kept.iterdir()) == []
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setenv("HASILA_PORTAL_SCRIPTS", str(kept))
    assert engine.main() == 1
    assert "there is no npm on this machine" in capsys.readouterr().err
    monkeypatch.setenv("HASILA_SETTLE_SECONDS", "soon")
    assert engine.main() == 1
    (told,) = capsys.readouterr().err.splitlines()
    assert "HASILA_SETTLE_SECONDS: " in told


def test_packages_are_pinned_by_their_digests_and_come_from_wherever_npm_is_told() -> None:
    wanted = json.loads((engine.SOURCES / "package.json").read_text())
    locked = json.loads((engine.SOURCES / "package-lock.json").read_text())["packages"]
    for name, version in (wanted["dependencies"] | wanted["devDependencies"]).items():
        assert locked[f"node_modules/{name}"]["version"] == version
    others = {name: package for name, package in locked.items() if name}
    assert len(others) > 10
    assert [name for name, package in others.items() if not package["integrity"].startswith("sha512-")] == []
    assert [name for name, package in others.items() if "resolved" in package] == []


def test_the_page_is_there_where_duckdb_is_and_nowhere_else(public: Path, npm: Path, tmp_path: Path) -> None:
    engine.make(tmp_path / "kept")
    again = tmp_path / "public"
    again.mkdir()
    shutil.copyfile(public / "hasila.duckdb", again / "hasila.duckdb")
    portal.write(again, made.EDITION, kept=tmp_path / "kept")
    assert not list(again.rglob("ask*"))
    made.write_parquet(again)
    portal.write(again, made.EDITION, kept=tmp_path / "kept")
    folder = again / portal.FOLDER
    assert (folder / ask.ASSETS / engine.WASM).read_bytes() == b"wasm"
    assert (folder / ask.ASSETS / engine.WASM).stat().st_nlink > 1
    marts = {path.stem for path in (again / "parquet").iterdir()}
    assert "dim_place" in marts
    for language in LANGUAGES:
        page = made.read(folder / language / "ask.html")
        policy = page.one("meta", http_equiv="Content-Security-Policy").attributes["content"]
        assert "script-src 'self' 'wasm-unsafe-eval';" in policy
        assert "worker-src 'self'" in policy
        assert "'unsafe-" not in policy
        links = {link.attributes["data-table"]: link for link in page.all("a") if "data-table" in link.attributes}
        assert set(links) == marts
        for name, link in links.items():
            assert link.text == f"parquet/{name}.parquet"
            assert link.attributes["href"] == f"../../parquet/{name}.parquet"
        assert [
            node.attributes["href"] for node in made.read(folder / language / "downloads.html").all("a", class_="more")
        ]
        for name in ("downloads.html", "index.html"):
            assert "wasm" not in (folder / language / name).read_text(encoding="utf-8").split("<body")[0]
        assert not list((public / portal.FOLDER).rglob("ask*"))
        assert not made.read(public / portal.FOLDER / language / "downloads.html").all("a", class_="more")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_example_is_answered_by_what_is_public(public: Path, language: str) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"attach '{public / 'hasila.duckdb'}' as released (read_only)")
        connection.execute("use released.marts")
        for title, sql in ask.EXAMPLES:
            found = connection.execute(sql.format(language=language)).fetchall()
            assert found, title
            if title.text == "Who owes reports":
                assert {row[2:] for row in found} == {("reported", 1, 2), ("illustrative", 1, 2)}
    names = re.findall(r"name_\{?(\w+)", " ".join(sql for _, sql in ask.EXAMPLES))
    assert set(names) == {"language"}
