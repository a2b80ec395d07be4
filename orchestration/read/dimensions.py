"""Sex, age groups and residence in the forms that reports use, as codes of the SDMX code lists.

What is none of the known forms stays as written, for the check room to refuse: a guessed group
would be counted under the wrong children. What a contract names as unknown (9, 99, 9999) is `_U`.
"""

import re
from collections.abc import Collection

from orchestration.read import text
from orchestration.read.reference import TOTAL, Reference

UNKNOWN = "_U"

TOTALS = frozenset(
    text.key(word)
    for word in (
        "_T",
        "T",
        "total",
        "totaux",
        "ensemble",
        "both sexes",
        "both",
        "les deux sexes",
        "deux sexes",
        "all",
        "all ages",
        "tous",
        "tous âges",
        "tous les âges",
        "المجموع",
        "مجموع",
        "كلا الجنسين",
        "الجنسين",
        "الجنسان",
        "الكل",
        "جميع الأعمار",
        "كل الأعمار",
        "المجموع العام",
        "total général",
        "tous âges confondus",
        "les deux",
        "الجنسان معا",
        "grand total",
    )
)
"""Keys of what says "all of them"."""

SEXES = {
    text.key(word): code
    for code, words in {
        "F": (
            "F",
            "féminin",
            "sexe féminin",
            "filles",
            "fille",
            "femmes",
            "femme",
            "girls",
            "girl",
            "female",
            "females",
            "women",
            "woman",
            "إناث",
            "الإناث",
            "أنثى",
            "الأنثى",
            "بنت",
            "بنات",
            "البنات",
            "فتاة",
            "فتيات",
            "الفتيات",
            "طفلات",
            "الطفلات",
            "نساء",
            "النساء",
            "امرأة",
            "مؤنث",
            "fém",
            "fille(s)",
            "femme(s)",
            "إ",
        ),
        "M": (
            "M",
            "masculin",
            "sexe masculin",
            "garçons",
            "garçon",
            "hommes",
            "homme",
            "boys",
            "boy",
            "male",
            "males",
            "men",
            "man",
            "ذكور",
            "الذكور",
            "ذكر",
            "الذكر",
            "بنين",
            "البنين",
            "فتى",
            "فتيان",
            "الفتيان",
            "أولاد",
            "الأولاد",
            "رجال",
            "الرجال",
            "رجل",
            "مذكر",
            "H",
            "masc",
            "garçon(s)",
            "homme(s)",
            "ذ",
        ),
    }.items()
    for word in words
}
RESIDENCES = {
    text.key(word): code
    for code, words in {
        "U": (
            "U",
            "urbain",
            "urbaine",
            "urban",
            "urban area",
            "urban areas",
            "milieu urbain",
            "zone urbaine",
            "en milieu urbain",
            "حضري",
            "حضرية",
            "الحضري",
            "المجال الحضري",
            "الوسط الحضري",
            "وسط حضري",
            "مجال حضري",
            "بالوسط الحضري",
        ),
        "R": (
            "R",
            "rural",
            "rurale",
            "rural area",
            "rural areas",
            "milieu rural",
            "zone rurale",
            "en milieu rural",
            "قروي",
            "قروية",
            "القروي",
            "المجال القروي",
            "الوسط القروي",
            "وسط قروي",
            "مجال قروي",
            "بالوسط القروي",
            "العالم القروي",
        ),
    }.items()
    for word in words
}
_UNKNOWNS = frozenset(
    text.key(word)
    for word in (
        "unknown",
        "not known",
        "not stated",
        "inconnu",
        "inconnue",
        "non connu",
        "non connue",
        "non précisé",
        "non précisée",
        "non déclaré",
        "non renseigné",
        "non renseignée",
        "non spécifié",
        "non spécifiée",
        "غير مبين",
        "غير مبينة",
        "indéterminé",
        "غير محدد",
        "غير محددة",
        "غير معروف",
        "غير معروفة",
        "غير مصرح به",
    )
)

# Neither the digits of a name (adm1+) nor the figures of a date (5-9 that a spreadsheet made 2024-09-05)
# nor those of a larger number are ages.
_AGE = r"(?<![A-Za-z\d/.-])(\d{1,2})(?![\d/.]|-\d+-)"
_YEARS = r"(?:\s*(?:ans?|years?|yrs?|y|سنوات|سنة|عاما|عام))?"
_AGE_SPAN = re.compile(rf"{_AGE}{_YEARS}\s*(?:-|–|—|à|to|through|إلى|الى)\s*(\d{{1,2}})(?![\d/.-])")
_AGE_BETWEEN = re.compile(rf"(?:entre|between|ما بين|بين)\s+{_AGE}{_YEARS}\s*(?:et|and|و)\s*(\d{{1,2}})(?![\d/.-])")
_AGE_UP_TO_UNDER = re.compile(
    rf"{_AGE}{_YEARS}\s*(?:-|–|à|to|et|and|إلى|الى|و)?\s*(?:moins de|under|less than|<|أقل من|دون)"
    r"\s*(\d{1,2})(?![\d/.-])"
)
_AGE_FROM = re.compile(
    rf"(?:{_AGE}{_YEARS}\s*(?:\+|et\s*(?:plus|\+|au-delà|au delà)|(?:and|or)\s*(?:over|above|older|more)"
    rf"|فما فوق|فأكثر|فاكثر|وما فوق|أو أكثر)"
    rf"|(?:plus de|over|أكثر من|اكثر من|≥|>=|à partir de|ابتداء من|من سن)\s*{_AGE}"
    rf"(?!{_YEARS}\s*(?:-|–|à|to|إلى|الى|et|and|و)))"
)
_AGE_UNDER = re.compile(rf"(?:moins de|under|below|less than|<(?!=)|أقل من|اقل من|دون سن|دون)\s*{_AGE}")
_AGE_AT_MOST = re.compile(rf"(?:≤|<=|jusqu['’]à|up to|حتى)\s*{_AGE}")
_AGE_SINGLE = re.compile(r"\s*(\d{1,2})\s*(?:ans?|years?(?: old)?|yrs?|سنة|سنوات|عاما|عام)\s*")
_NOT_YEARS = re.compile(r"\b(?:mois|months?|jours?|days?|semaines?|weeks?|شهر|شهرا|أشهر|شهور|يوم|أيام|أسبوع|أسابيع)\b")
_CODE = re.compile(r"[YM]\d{1,2}(?:T\d{1,2})?|Y_(?:GE|LT)\d{1,2}")
# [6-12[ leaves the twelve-year-olds out; "> 18" leaves the eighteen-year-olds out or not.
_HALF_OPEN = re.compile(r"[\[\]]|>(?!=)")
_MANY_AGES = re.compile(r"\d\D+\d+\D+\d")


def is_unknown(cell: str, unknown: Collection[str] = ()) -> bool:
    """Whether a cell says that nobody knows: in words, or by a sentinel that the contract names."""
    content = cell.strip()
    # By the letter: the key of _U is that of U, urban.
    return (
        content == UNKNOWN
        or text.key(content) in _UNKNOWNS
        or (bool(unknown) and text.ascii_digits(content) in unknown)
    )


def sex_code(cell: str, unknown: Collection[str] = ()) -> str:
    """F, M, _T or _U; what is none of them stays as written."""
    word = text.key(cell)
    if not word or word in TOTALS:
        return TOTAL
    return UNKNOWN if is_unknown(cell, unknown) else SEXES.get(word, cell.strip())


def residence_code(cell: str, unknown: Collection[str] = ()) -> str:
    """U, R, _T or _U; what is none of them stays as written."""
    word = text.key(cell)
    if not word or word in TOTALS:
        return TOTAL
    return UNKNOWN if is_unknown(cell, unknown) else RESIDENCES.get(word, cell.strip())


def age_code(cell: str, unknown: Collection[str] = ()) -> str:
    """An SDMX age code (`Y0T4`, `Y15`, `Y_GE18`, `Y_LT5`), _T or _U; what is no age stays as written."""
    word = text.key(cell)
    if not word or word in TOTALS:
        return TOTAL
    content = cell.strip()
    if is_unknown(content, unknown):
        return UNKNOWN
    if _CODE.fullmatch(content.upper()):
        return content.upper()
    plain = text.ascii_digits(cell[:200]).casefold().replace("under-", "under ")
    if _NOT_YEARS.search(plain) or _HALF_OPEN.search(plain) or _MANY_AGES.search(plain):
        return content
    return _age(plain) or content


def _age(plain: str) -> str | None:
    if match := _AGE_UP_TO_UNDER.search(plain):
        first, last = int(match[1]), int(match[2]) - 1
        return f"Y{first}T{last}" if first <= last else None
    if match := _AGE_SPAN.search(plain) or _AGE_BETWEEN.search(plain):
        return f"Y{int(match[1])}T{int(match[2])}" if int(match[1]) <= int(match[2]) else None
    if match := _AGE_FROM.search(plain):
        return f"Y_GE{int(match[1] or match[2])}"
    if match := _AGE_UNDER.search(plain):
        return f"Y_LT{int(match[1])}"
    if match := _AGE_AT_MOST.search(plain):
        return f"Y_LT{int(match[1]) + 1}"
    if match := _AGE_SINGLE.fullmatch(plain):
        return f"Y{int(match[1])}"
    return None


def place(reference: Reference, written: str, code_system: str = "name", parent: str | None = None) -> str | None:
    """The code of a place as a contract's code system writes it; None where there is no one such place."""
    return reference.place(written, code_system=code_system, parent=parent)
