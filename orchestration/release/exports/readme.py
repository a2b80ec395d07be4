"""README.txt: what is what in the public folder, in three languages."""

from pathlib import Path

from orchestration.release.exports import headlines
from orchestration.release.exports.edition import Edition
from orchestration.settings import LANGUAGES

_RULE = "-" * 72


def write(path: Path, edition: Edition) -> None:
    """Write the text. Raises OSError."""
    parts = []
    for language in LANGUAGES:
        words = headlines.texts(language)
        said = words["readme"].format(
            release_id=edition.release_id,
            created=f"{edition.moment:%Y-%m-%d %H:%M:%S}",
            as_of=edition.as_of_date.isoformat(),
        )
        parts.append(f"{words['package']['title']}\n{said}")
    # Windows' own editor needs both: the mark for Arabic, the line ends for lines.
    text = f"\n{_RULE}\n\n".join(parts)
    path.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode("utf-8"))
