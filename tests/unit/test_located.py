"""YAML files that people write: every fault with file and line, and nothing in one can hang a load."""

from pathlib import Path

import pytest

from orchestration.located import LocatedError, read_located


def problems(path: Path, text: str) -> list[str]:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LocatedError) as refusal:
        read_located(path)
    return [str(problem) for problem in refusal.value.problems]


def test_every_part_has_its_line(tmp_path: Path) -> None:
    path = tmp_path / "a.yml"
    path.write_text("# a comment\na:\n  - b: 1\n    c: 2\n  - d\n", encoding="utf-8")
    file = read_located(path)
    assert file.content == {"a": [{"b": 1, "c": 2}, "d"]}
    assert file.lines == {("a",): 2, ("a", 0): 3, ("a", 0, "b"): 3, ("a", 0, "c"): 4, ("a", 1): 5}
    # What the file lacks is told at the part that should hold it.
    assert file.problem(("a", 0, "missing"), "why").line == 3
    assert file.problem(("nothing",), "why").line == 1


def test_keys_given_twice_are_told_all_at_once_inside_lists_too(tmp_path: Path) -> None:
    path = tmp_path / "a.yml"
    assert sorted(problems(path, "a: 1\nb:\n  - c: 1\n    c: 2\na: 2\n")) == [
        f"{path}:4: c is given twice, and only the last would count",
        f"{path}:5: a is given twice, and only the last would count",
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: [", "not YAML"),
        ("&a [*a]", "leads back to itself"),
        ("a: &a {b: *a}", "leads back to itself"),
        (
            "a: &a [1, 2, 3, 4, 5, 6, 7, 8, 9]\n"
            + "\n".join(f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join([f'*{chr(97 + i)}'] * 9)}]" for i in range(8)),
            "by hand",
        ),
        ("a: !!python/object:os.system x", "not YAML"),
        ("a: 2019-02-30", "not YAML"),
        ("a\x00b", "not YAML"),
    ],
)
def test_what_is_no_plain_content_is_told(tmp_path: Path, text: str, reason: str) -> None:
    (problem,) = problems(tmp_path / "a.yml", text)
    assert reason in problem


def test_a_file_that_is_not_utf_8_or_is_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_bytes("é".encode("latin-1"))
    for name in ("a.yml", "b.yml"):
        with pytest.raises(LocatedError, match=f"{name}:0: cannot be read"):
            read_located(tmp_path / name)
