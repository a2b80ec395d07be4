"""Personal data in a statistics report: found, to be refused, and masked, so that no message repeats them.

The numbers of the Moroccan identity card and passport, telephone numbers and e-mail addresses are
known by their form, which no figure, year, period or place code of a report has. A person's name has
no form: only the heading of its column gives it away.
"""

import re
from collections.abc import Sequence
from typing import Literal

from orchestration.read import text

Kind = Literal["national_id", "passport", "phone", "email", "name"]

MASK = "•••"
_LONGEST = 20_000  # characters of a cell that are looked at; a spreadsheet's cell holds 32,767
_INVISIBLE = re.compile(r"[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
# Nothing personal has neither an @ nor five digits close together.
_MAYBE = re.compile(r"@|\d(?:\W{0,3}\d){4}")
_GAP = r"[ .\-/\u00a0\u2007\u2009\u202f]"
_START = r"(?<![\w./#@-])"
_END = r"(?![\w@]|[-./]\w)"

_EMAIL = r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}"
# 06 12 34 56 78, 0612-345678, 0612 345 678: one kind of gap throughout, so that no date is a part of one.
_NATIONAL_PHONE = (
    rf"0[5-7]\d{{8}}|0[5-7](?P<gap>{_GAP})\d\d(?:(?P=gap)\d\d){{3}}|0[5-7]{_GAP}\d{{8}}|0[5-7]\d\d{_GAP}\d{{6}}"
    rf"|0[5-7]\d\d(?P<gap2>{_GAP})(?:\d\d(?P=gap2)\d\d(?P=gap2)\d\d|\d{{3}}(?P=gap2)\d{{3}})"
    rf"|0[5-7]{_GAP}\d{{4}}{_GAP}\d{{4}}"
)
_PHONE = (
    rf"(?<![\w.,/#@-])(?:{_NATIONAL_PHONE}"
    rf"|(?:\+|00){_GAP}?212{_GAP}?(?:\(0\){_GAP}?|0{_GAP}?)?[5-8](?:{_GAP}?\d){{8}}|\+\d{{11,14}}|212[67]\d{{8}})"
    r"(?![\w@]|[-.,/]\d)"
)
# A leading zero is a place code's (OCHA's MA010002, KE001001); T22019 and W052019 are periods.
_NATIONAL_ID = rf"{_START}(?![QTSHMW](?:\d|\d\d)(?:19|20)\d\d(?!\d))[A-Z]{{1,2}}[1-9]\d{{4,5}}{_END}"
# With a gap, in a sentence: six digits behind two capitals that stand for nothing else. Five may be a post code.
_ABBREVIATIONS = "DH|DA|DT|NO|NB|US|RS|EU|UE|BP|CP|MA|ID|DU|DE|LE|LA|ET|EN|AU|UN"
_GAPPED_ID = rf"{_START}(?!(?:{_ABBREVIATIONS})[ \-])[A-Z]{{2}}[ \-][1-9]\d{{5}}{_END}"
_PASSPORT = rf"{_START}[A-Z]{{2}}[1-9]\d{{6}}{_END}"
# Behind its own name, an identity number may be written in any way.
_NAMED_ID = (
    r"(?<![^\W_])(?:c\.?i\.?n\.?(?:e\.?)?|cnie|carte nationale|national id"
    r"|البطاقة الوطنية|بطاقة التعريف الوطنية|ب\.?ت\.?و\.?)"
    r"\W{0,3}(?:(?:n[°ºo]|no|رقم)\W{0,3})?(?P<number>[A-Za-z]{1,2}[ \-]?\d{5,6})(?!\d)"
)
_NAMED_PASSPORT = (
    r"(?<![^\W_])(?:passeport|passport|جواز السفر|جواز سفر)"
    r"\W{0,3}(?:(?:n[°ºo]|no|رقم)\W{0,3})?(?P<number>[A-Za-z]{1,2}[ \-]?\d{6,8})(?!\d)"
)
_FORMS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("email", re.compile(_EMAIL)),
    ("phone", re.compile(_PHONE)),
    ("national_id", re.compile(_NAMED_ID, re.IGNORECASE)),
    ("passport", re.compile(_NAMED_PASSPORT, re.IGNORECASE)),
    ("passport", re.compile(_PASSPORT)),
    ("national_id", re.compile(_NATIONAL_ID)),
    ("national_id", re.compile(_GAPPED_ID)),
)
# A cell that holds nothing else: also in small letters or with a gap. `DH 12345` is an amount.
_WHOLE_ID = re.compile(r"(?!(?i:dh|da|dt|n|no|nb|us|rs|eu|ue)[ \-])[A-Za-z]{1,2}[ \-]?[1-9]\d{4,5}")
_PERIOD_CODE = re.compile(r"[QTSHMW][ \-]?(?:\d|\d\d)(?:19|20)\d\d", re.IGNORECASE)


def find(content: str) -> Kind | None:
    """What kind of personal data a text holds, the first found; None where it holds none."""
    found = _spans(content)
    return found[0][2] if found else None


def masked(content: str) -> str:
    """`content` with everything `find` finds replaced by `MASK`; unchanged where nothing is.

    >>> masked("appeler 06 12 34 56 78")
    'appeler •••'
    """
    spans = _spans(content)
    while spans:
        for start, end, _ in sorted(spans, reverse=True):
            content = content[:start] + MASK + content[end:]
        # What remains may only now stand free of its neighbour.
        spans = _spans(content)
    return content[:_LONGEST] + MASK if len(content) > _LONGEST else content


def _spans(content: str) -> list[tuple[int, int, Kind]]:
    """Where personal data stand in a text: start, end and kind, not overlapping, in the order of the forms."""
    if len(content) < 6 or _MAYBE.search(content) is None:
        return []
    plain = text.ascii_digits(content[:_LONGEST])
    places: Sequence[int] = range(len(plain) + 1)
    if _INVISIBLE.search(plain):
        kept = [position for position, char in enumerate(plain) if not _INVISIBLE.match(char)]
        places = [*kept, len(plain)]
        plain = _INVISIBLE.sub("", plain)
    found: list[tuple[int, int, Kind]] = []
    for kind, form in _FORMS:
        if kind == "email" and "@" not in plain:
            continue
        for match in form.finditer(plain):
            start, end = match.span("number" if "number" in form.groupindex else 0)
            if not any(start < other_end and other_start < end for other_start, other_end, _ in found):
                found.append((start, end, kind))
    whole = plain.strip()
    if not found and _WHOLE_ID.fullmatch(whole) and not _PERIOD_CODE.fullmatch(whole):
        start = plain.index(whole)
        found.append((start, start + len(whole), "national_id"))
    return [(places[start], places[end - 1] + 1, kind) for start, end, kind in found]


_NAME_HEADINGS = (
    "nom",
    "noms",
    "prénom",
    "prénoms",
    "nom et prénom",
    "noms et prénoms",
    "nom prénom",
    "prénom et nom",
    "prénom nom",
    "nom complet",
    "nom de famille",
    "name",
    "names",
    "first name",
    "last name",
    "family name",
    "given name",
    "middle name",
    "surname",
    "full name",
    "الاسم",
    "الأسماء",
    "الاسم الكامل",
    "الاسم الشخصي",
    "الاسم العائلي",
    "الاسم والنسب",
    "الاسم العائلي والشخصي",
    "الاسم الشخصي والعائلي",
    "النسب",
    "اللقب",
    "الإسم",
)
_HEADINGS: dict[str, Kind] = {
    **{text.key(word): "name" for word in _NAME_HEADINGS},
    **{
        text.key(word): "national_id"
        for word in (
            "CIN",
            "CNIE",
            "CINE",
            "N° CIN",
            "N° CNIE",
            "n° de la CIN",
            "numéro CIN",
            "carte nationale",
            "carte nationale d'identité",
            "carte d'identité nationale",
            "numéro de la carte nationale",
            "national ID",
            "national ID number",
            "identity card",
            "ID card number",
            "البطاقة الوطنية",
            "رقم البطاقة الوطنية",
            "رقم البطاقة الوطنية للتعريف",
            "البطاقة الوطنية للتعريف",
            "رقم بطاقة التعريف الوطنية",
            "رقم ب.ت.و",
            "ب.ت.و",
        )
    },
    **{
        text.key(word): "passport"
        for word in (
            "passeport",
            "n° passeport",
            "numéro de passeport",
            "passport",
            "passport number",
            "جواز السفر",
            "رقم جواز السفر",
        )
    },
    **{
        text.key(word): "phone"
        for word in (
            "téléphone",
            "tél",
            "tel",
            "n° téléphone",
            "n° tél",
            "n° de téléphone",
            "numéro de téléphone",
            "GSM",
            "portable",
            "téléphone portable",
            "phone",
            "phone number",
            "telephone",
            "telephone number",
            "mobile",
            "mobile number",
            "mobile phone",
            "الهاتف",
            "رقم الهاتف",
            "الهاتف المحمول",
            "الهاتف النقال",
        )
    },
    **{
        text.key(word): "email"
        for word in (
            "e-mail",
            "email",
            "mail",
            "courriel",
            "adresse e-mail",
            "adresse électronique",
            "email address",
            "البريد الإلكتروني",
            "العنوان الإلكتروني",
        )
    },
}
_NAME_OF = re.compile(
    r"(?:(?:pre)?noms?(?: et prenoms?| complet)?|(?:full |first |last )?names?|(?:ال)?اسم)"
    r"(?: (?:de|du|des|d|l|la|le|of|the))*"
)
_PERSONS = frozenset(
    text.key(word)
    for word in (
        "enfant",
        "enfants",
        "mineur",
        "mineure",
        "élève",
        "fille",
        "garçon",
        "bénéficiaire",
        "bénéficiaires",
        "victime",
        "victimes",
        "participant",
        "participante",
        "participants",
        "personne",
        "père",
        "mère",
        "tuteur",
        "tutrice",
        "parent",
        "parents",
        "child",
        "children",
        "beneficiary",
        "beneficiaries",
        "victim",
        "person",
        "father",
        "mother",
        "guardian",
        "caregiver",
        "الطفل",
        "الطفلة",
        "التلميذ",
        "المستفيد",
        "المستفيدة",
        "المستفيدين",
        "الضحية",
        "المشارك",
        "المشاركة",
        "الشخص",
        "الأب",
        "الأم",
        "الولي",
        "ولي الأمر",
        "الوصي",
    )
)
_PERSON_FIRST = re.compile(r"(\w+)(?: s)? (?:(?:full|first|last) )?names?")


def heading_kind(heading: str) -> Kind | None:
    """What personal data a column of that heading holds; None for `Nom de la province` and all else.

    Only the heading as a whole counts, or a person's word after `nom de`, `name of`, `اسم`.
    """
    word = text.key(heading)
    if kind := _HEADINGS.get(word):
        return kind
    if (match := _NAME_OF.match(word)) and word[match.end() :].strip() in _PERSONS:
        return "name"
    if (match := _PERSON_FIRST.fullmatch(word)) and match[1] in _PERSONS:
        return "name"
    return None
