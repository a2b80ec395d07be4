"""Spelling: blanks that nobody sees, and words that are written once in another way than everywhere else.

What HXL's default schema looks for in a table, for every report: nothing of it refuses a row.
"""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    import pandas as pd

_BLANKS = r"^[\s\x{A0}]|[\s\x{A0}]$|[\s\x{A0}]{2}"
_BLANK_IN = {"source_text": "value", "indicator_text": "indicator", "place_text": "place"}
_NAMES = (
    ("indicator_text", "indicator", "indicator_code"),
    ("place_text", "place", "place_code"),
    ("population_group", "population_group", ""),
)
_FEWEST = 8
_SHORTEST = 5
_MOST_PAIRS = 100_000  # pairs of names of one report that are held at once


def add(frame: "pd.DataFrame", rows: pa.Table, tagged: npt.NDArray[np.bool_]) -> None:
    """Columns about the texts of `rows`; `tagged` are those of reports with HXL tags.

    `blanks`: 1 where the value, the indicator or the place is written with blanks before, behind or
    doubled within; `tagged_blanks` the same in reports with HXL tags, where `blanks` is empty.
    `blanks_text` is the first such text with the blanks made visible, `blanks_role` the report's
    column that it stands in.
    `rare_spelling`: 1 where a name or a group is written once in the report and, but for one letter
    or for capitals, as another one is written there at least 8 times; empty in rows that name none. `rare_text` is
    how it is written, `usual_text` the other, `rare_role` the report's column.
    """
    blanks = np.zeros(rows.num_rows, bool)
    text, roles = np.full(rows.num_rows, "", object), np.full(rows.num_rows, "value", object)
    for name, role in _BLANK_IN.items():
        column = rows.column(name).combine_chunks().dictionary_encode()
        words = column.dictionary
        is_odd = pc.match_substring_regex(words, _BLANKS)
        if not pc.any(is_odd).as_py():
            continue
        odd = is_odd.take(column.indices).to_numpy(zero_copy_only=False)
        new = odd & ~blanks
        shown = pc.replace_substring_regex(words, r"[\s\x{A0}]", "␣").take(column.indices)
        text[new] = np.asarray(shown.to_pylist(), object)[new]
        roles[new] = role
        blanks |= odd
    frame["blanks"] = np.where(tagged, np.nan, blanks)
    frame["tagged_blanks"] = np.where(tagged, blanks, np.nan)
    frame["blanks_text"], frame["blanks_role"] = text, roles
    _add_rare(frame, rows)


def _add_rare(frame: "pd.DataFrame", rows: pa.Table) -> None:
    import pandas as pd

    frame["rare_spelling"] = np.nan
    frame["rare_text"] = frame["usual_text"] = frame["rare_role"] = None
    receipts = frame["receipt_id"]
    for name, role, code in _NAMES:
        written = frame[name] if name in frame else rows.column(name).to_pandas()
        # A code is exact, and as like to the next as codes are.
        is_name = written.str.len() >= _SHORTEST
        is_name &= (written != "_T") if not code else (written != frame[code])
        frame.loc[is_name.fillna(False).to_numpy(bool), "rare_spelling"] = frame["rare_spelling"].fillna(0)
        found = pd.DataFrame({"receipt": receipts, "text": written})[is_name.to_numpy(bool)]
        if found.empty:
            continue
        counts = found.value_counts(sort=False)
        usual = counts[counts >= _FEWEST].reset_index(name="often")
        once = counts[counts == 1].reset_index(name="rare")
        pairs = _alike(once, usual)
        if pairs.empty:
            continue
        rows_of = found.groupby(["receipt", "text"], sort=False).groups
        for receipt, rare, other in pairs.drop_duplicates(["receipt", "text"]).itertuples(index=False):
            (at,), others = rows_of[receipt, rare], rows_of[receipt, other]
            # Two ways to write the name of one thing do no harm.
            if code and frame.at[at, code] in set(frame.loc[others, code]):
                continue
            frame.loc[at, ["rare_spelling", "rare_text", "usual_text", "rare_role"]] = [1.0, rare, other, role]


def _alike(once: "pd.DataFrame", usual: "pd.DataFrame") -> "pd.DataFrame":
    """The pairs of a report's names that differ by one letter or by capitals: receipt, text and text_usual.

    All names of few are put beside each other at once. Of a report with many, whose pairs are millions, no more are
    held than are alike.
    """
    import pandas as pd

    sizes = once["receipt"].value_counts().mul(usual["receipt"].value_counts(), fill_value=0)
    many = set(sizes.index[sizes > _MOST_PAIRS])
    few = once[~once["receipt"].isin(many)][["receipt", "text"]]
    pairs = few.merge(usual[["receipt", "text"]], on="receipt", suffixes=("", "_usual"))
    pairs = pairs[(pairs["text"].str.len() - pairs["text_usual"].str.len()).abs() <= 1]
    if not pairs.empty:
        pairs = pairs[_is_one_letter(pairs["text"].tolist(), pairs["text_usual"].tolist())]
    found = [pairs]
    for receipt in sorted(many):
        own = (names.loc[names["receipt"] == receipt, "text"].tolist() for names in (once, usual))
        alike = pd.DataFrame(_one_letter_apart(*own), columns=["text", "text_usual"])
        found.append(alike.assign(receipt=receipt)[["receipt", "text", "text_usual"]])
    return pd.concat(found) if len(found) > 1 else pairs


def _one_letter_apart(rare: list[str], usual: list[str]) -> list[tuple[str, str]]:
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    others = [name.casefold() for name in usual]
    step = max(1, _MOST_PAIRS // len(others))
    found = []
    for start in range(0, len(rare), step):
        some = [name.casefold() for name in rare[start : start + step]]
        distances = process.cdist(some, others, scorer=OSA.distance, score_cutoff=1, dtype=np.uint8)
        found += [(rare[start + row], usual[column]) for row, column in zip(*np.nonzero(distances <= 1), strict=True)]
    return found


def _is_one_letter(first: list[str], second: list[str]) -> list[bool]:
    from rapidfuzz.distance import OSA

    pairs = zip(first, second, strict=True)
    return [OSA.distance(one.casefold(), other.casefold(), score_cutoff=1) <= 1 for one, other in pairs]
