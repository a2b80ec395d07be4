"""The structure of the SDMX cube: concepts, code lists, data structure and dataflow, as an SDMX-ML 3.0 message.

pysdmx writes the message; it knows names in one language and codes without parents, so those of the other languages
and the tree of places are added to what it wrote. The artefacts have the version 1.0, which SDMX 3.0 lets change:
a release may bring new indicators and groups.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestration.release.exports import headlines
from orchestration.release.exports.contents import Contents, Mart
from orchestration.release.exports.edition import Edition
from orchestration.release.marts import quoted
from orchestration.settings import LANGUAGES, Language

if TYPE_CHECKING:
    from pysdmx.model import Codelist, Concept
    from pysdmx.model.dataflow import Components

TOTAL = "_T"
AGENCY = "HASILA"
VERSION = "1.0"
DATAFLOW = f"{AGENCY}:DF_TALLY({VERSION})"
_CONCEPT_URN = f"urn:sdmx:org.sdmx.infomodel.conceptscheme.Concept={AGENCY}:CS_TALLY({VERSION})"
_STRUCTURE = "{http://www.sdmx.org/resources/sdmxml/schemas/v3_0/structure}"
_COMMON = "{http://www.sdmx.org/resources/sdmxml/schemas/v3_0/common}"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"

Names = dict[Language, str]


@dataclass(frozen=True, slots=True)
class Dimension:
    """A dimension of the cube: its id, the column that it is made from, the code list of its values."""

    name: str
    column: str
    codelist: str


# Characters that XML does not have.
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class _Code:
    id: str
    names: Names
    parent: str | None = None

    def __post_init__(self) -> None:
        cleaned = {language: _NO_XML.sub("", name) for language, name in self.names.items()}
        object.__setattr__(self, "names", cleaned)


def ids(codes: Iterable[str]) -> dict[str, str]:
    """An id that SDMX allows for each code, no two the same.

    `AREA=X+SECTOR=Y` becomes `AREA-X--SECTOR-Y`; what is allowed stays.
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    # Codes that stay as they are come first, so that no other takes their id.
    for code in sorted(set(codes), key=lambda one: (_allowed(one) != one, one)):
        wanted = candidate = _allowed(code)
        number = 1
        while candidate in taken:
            number += 1
            candidate = f"{wanted}-{number}"
        taken.add(candidate)
        found[code] = candidate
    return found


def _allowed(code: str) -> str:
    return re.sub(r"[^A-Za-z0-9_@$\-]", "_", code.replace("=", "-").replace("+", "--")) or "_"


def message(
    source: Contents,
    dimensions: Sequence[Dimension],
    code_ids: Mapping[str, Mapping[str, str]],
    obs_status: Mapping[str, str],
    edition: Edition,
) -> bytes:
    """The structure message in UTF-8; `code_ids` holds the codes of each column with their ids."""
    from pysdmx.io import write_sdmx
    from pysdmx.io.format import Format
    from pysdmx.model import Agency, Codelist, Concept, ConceptScheme, Dataflow, DataStructureDefinition
    from pysdmx.model.__base import Organisation
    from pysdmx.model.message import Header
    from pysdmx.model.organisation import AgencyScheme

    texts = {language: headlines.texts(language)["sdmx"] for language in LANGUAGES}
    english = texts["en"]
    lists = {
        **{one.codelist: _codes_of(one, code_ids[one.column], source) for one in dimensions},
        "CL_UNIT": _codes_in_words("unit", code_ids["unit"]),
        "CL_QUALIFIER": _codes_in_words("qualifier", {code: code for code in obs_status}),
        "CL_OBS_STATUS": [
            _Code(code, {language: said["obs_status"][code] for language, said in texts.items()})
            for code in dict.fromkeys(obs_status.values())
        ],
    }
    names = {**{one.name: one.codelist for one in dimensions}, "UNIT_MEASURE": "CL_UNIT", "QUALIFIER": "CL_QUALIFIER"}
    names["OBS_STATUS"] = "CL_OBS_STATUS"
    artefact: dict[str, Any] = {"agency": AGENCY, "version": VERSION}
    codelists = {name: Codelist(id=name, name=name, items=_codes(codes), **artefact) for name, codes in lists.items()}
    concepts = {
        name: Concept(id=name, name=title, urn=f"{_CONCEPT_URN}.{name}", codes=codelists.get(names.get(name, "")))
        for name, title in english["names"].items()
    }
    scheme = ConceptScheme(id="CS_TALLY", name=english["concepts"], items=list(concepts.values()), **artefact)
    structure = DataStructureDefinition(
        id="DSD_TALLY",
        name=english["structure"],
        components=_components(dimensions, concepts, codelists, names),
        **artefact,
    )
    flow = Dataflow(id="DF_TALLY", name=english["tally"], structure=structure, **artefact)
    agencies = AgencyScheme(
        id="AGENCIES",
        name="Agencies",
        agency="SDMX",
        items=[Agency(id=AGENCY, name=english["agency"])],
        is_partial=True,
    )
    header = Header(
        id=f"HASILA-{_allowed(edition.release_id)}",
        prepared=edition.moment,
        sender=Organisation(id=AGENCY),
    )
    written = write_sdmx(
        [agencies, *codelists.values(), scheme, structure, flow], Format.STRUCTURE_SDMX_ML_3_0, header=header
    )
    return _complete(str(written), lists, texts, names)


def _codes(codes: Sequence[_Code]) -> list[Any]:
    from pysdmx.model import Code

    return [Code(id=code.id, name=code.names["en"]) for code in codes]


def _components(
    dimensions: Sequence[Dimension],
    concepts: Mapping[str, "Concept"],
    codelists: Mapping[str, "Codelist"],
    names: Mapping[str, str],
) -> "Components":
    from pysdmx.model import Component, Components, DataType, Role

    def coded(name: str, role: Any, attached: str | None = None) -> Component:
        return Component(
            id=name,
            required=True,
            role=role,
            concept=concepts[name],
            local_codes=codelists[names[name]],
            attachment_level=attached,
        )

    return Components(
        [
            *(coded(one.name, Role.DIMENSION) for one in dimensions),
            Component(
                id="TIME_PERIOD",
                required=True,
                role=Role.DIMENSION,
                concept=concepts["TIME_PERIOD"],
                local_dtype=DataType.PERIOD,
            ),
            Component(
                id="OBS_VALUE",
                required=False,
                role=Role.MEASURE,
                concept=concepts["OBS_VALUE"],
                local_dtype=DataType.DECIMAL,
            ),
            coded("UNIT_MEASURE", Role.ATTRIBUTE, "O"),
            coded("OBS_STATUS", Role.ATTRIBUTE, "O"),
            coded("QUALIFIER", Role.ATTRIBUTE, "O"),
        ]
    )


def _codes_of(dimension: Dimension, codes: Mapping[str, str], source: Contents) -> list[_Code]:
    if dimension.column == "indicator_code":
        return _codes_named_by(source.marts.get("dim_indicator"), dimension.column, codes, source)
    if dimension.column == "place_code":
        return _codes_named_by(source.marts.get("dim_place"), dimension.column, codes, source, "parent_code")
    if dimension.column == "age_group":
        return [
            _Code(one, {language: _age(code, headlines.texts(language)) for language in LANGUAGES})
            for code, one in codes.items()
        ]
    return _codes_in_words(dimension.column, codes)


def _codes_in_words(vocabulary: str, codes: Mapping[str, str]) -> list[_Code]:
    words = {language: headlines.texts(language)["words"][vocabulary] for language in LANGUAGES}
    return [
        _Code(one, {language: str(known.get(code, code)) for language, known in words.items()})
        for code, one in codes.items()
    ]


def _codes_named_by(
    mart: Mart | None, key: str, codes: Mapping[str, str], source: Contents, parent: str = ""
) -> list[_Code]:
    """Codes with the names that a register gives them, sorted so that a parent is before its children."""
    known: dict[str, tuple[Any, ...]] = {}
    if mart and mart.names >= {key, *(f"name_{language}" for language in LANGUAGES)}:
        above = quoted(parent) if parent in mart.names else "null"
        columns = ", ".join(f"name_{language}" for language in LANGUAGES)
        rows = source.connection.execute(f"select {quoted(key)}, {above}, {columns} from {mart.table}").fetchall()
        known = {str(row[0]): row[1:] for row in rows}
    found = []
    for code, one in codes.items():
        above, *names = known.get(code, (None, *(None for _ in LANGUAGES)))
        fallback = next((name for name in reversed(names) if name), code)
        given = {language: name or fallback for language, name in zip(LANGUAGES, names, strict=True)}
        found.append(_Code(one, given, codes.get(above) if above else None))
    return found


def _age(code: str, words: dict[str, Any]) -> str:
    if span := re.fullmatch(r"Y(\d+)T(\d+)", code):
        return str(words["ages"]["span"].format(low=span[1], high=span[2]))
    if from_on := re.fullmatch(r"Y_GE(\d+)", code):
        return str(words["ages"]["from_on"].format(low=from_on[1]))
    return str(words["words"]["age_group"].get(code, code))


def _complete(
    written: str,
    lists: Mapping[str, Sequence[_Code]],
    texts: Mapping[Language, dict[str, Any]],
    names: Mapping[str, str],
) -> bytes:
    """Names in the other languages, and the tree of places."""
    from lxml import etree

    root = etree.fromstring(written.encode("utf-8"))
    concept_of = {codelist: concept for concept, codelist in names.items()}
    for codelist in root.iter(f"{_STRUCTURE}Codelist"):
        listed = str(codelist.get("id"))
        concept = concept_of[listed]
        _name(codelist, {language: said["names"][concept] for language, said in texts.items()})
        codes = {code.id: code for code in lists[listed]}
        for element in codelist.iter(f"{_STRUCTURE}Code"):
            code = codes[str(element.get("id"))]
            _name(element, code.names)
            if code.parent:
                etree.SubElement(element, f"{_STRUCTURE}Parent").text = code.parent
    for element in root.iter(f"{_STRUCTURE}Concept"):
        concept = str(element.get("id"))
        _name(element, {language: said["names"][concept] for language, said in texts.items()})
    for kind, key in (
        ("ConceptScheme", "concepts"), ("DataStructure", "structure"), ("Dataflow", "tally"), ("Agency", "agency")
    ):  # fmt: skip
        for element in root.iter(f"{_STRUCTURE}{kind}"):
            _name(element, {language: said[key] for language, said in texts.items()})
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8")) + b"\n"


def _name(element: Any, names: Names) -> None:
    """Put the names in all languages where pysdmx wrote the English one."""
    first = element.find(f"{_COMMON}Name")
    if first is None:
        return
    first.text = names["en"]
    for language in ("fr", "ar"):
        other = first.makeelement(f"{_COMMON}Name", {_LANG: language})
        other.text, other.tail = names[language], first.tail
        first.addnext(other)
