"""Formats of records: JSON, DHIS2, KoboToolbox and SDMX-ML as sheets whose cells say where they stand."""

import json

import pytest

from orchestration.read.contracts import Contract
from orchestration.read.formats.document import Document, Limits, Sheet
from orchestration.read.formats.open import open_document
from tests.helpers import Desk

LIMITS = Limits(file_bytes=10_000_000, expanded_bytes=100_000_000, cells=200_000)


def opened(content: bytes | str | object, name: str = "report") -> Document:
    if not isinstance(content, bytes | str):
        content = json.dumps(content)
    return open_document(name, content.encode() if isinstance(content, str) else content, LIMITS)


def records(sheet: Sheet) -> list[dict[str, object]]:
    """The sheet's rows by field, without what a record does not have."""
    return [
        {str(field): cell for field, cell in zip(sheet.rows[0], row, strict=True) if cell is not None}
        for row in sheet.rows[1:]
    ]


@pytest.mark.parametrize("wrapped", [False, True])
def test_objects_become_rows_and_nested_ones_paths(wrapped: bool) -> None:
    items = [{"place": {"code": "MA-01", "name/fr": "Tanger"}, "n": 3}, {"n": 0, "tags": ["a", "b"]}, {"n": None}]
    document = opened({"status": "ok", "results": items} if wrapped else items, "envoi.json")
    sheet = document.sheets[0]
    assert (document.format, sheet.name) == ("json", "envoi")
    assert records(sheet) == [
        {"place/code": "MA-01", "place/name/fr": "Tanger", "n": 3},
        {"n": 0, "tags": "a, b"},
        {},
    ]
    start = "/results" if wrapped else ""
    assert sheet.cell_name(1, 1) == f"{start}/0/place/name~1fr"
    assert sheet.cell_name(2, 2) == f"{start}/1/n"


def test_a_list_of_lists_is_a_sheet_already() -> None:
    sheet = opened([["place", "n"], ["#adm1", "#reached"], ["Fès", 0]]).sheets[0]
    assert sheet.rows == [["place", "n"], ["#adm1", "#reached"], ["Fès", 0]]
    assert sheet.cell_name(2, 1) == "/2/1"


def test_geojson_gives_its_properties() -> None:
    feature = {"type": "Feature", "id": "MA-01", "geometry": {"type": "Point", "coordinates": [1, 2]}}
    sheet = opened({"type": "FeatureCollection", "features": [{**feature, "properties": {"n": 5}}]}).sheets[0]
    assert records(sheet) == [{"n": 5, "id": "MA-01"}]
    assert sheet.cell_name(1, 0) == "/features/0/properties/n"


def test_two_lists_become_two_sheets() -> None:
    sheets = opened({"data": {"country": [{"n": 1}], "regions": [{"n": 2}, {"n": 3}]}}).sheets
    assert [(sheet.name, len(sheet.rows)) for sheet in sheets] == [("data/country", 2), ("data/regions", 3)]


@pytest.mark.parametrize(
    "around",
    [
        {"count": 1, "next": None, "previous": None},
        {"count": 12},
        {"next": "fin", "count": 1},
        {"pager": {"page": 1, "pageCount": 1}},
    ],
)
def test_a_list_that_is_whole_is_read_whatever_its_service_says_around_it(around: dict[str, object]) -> None:
    assert records(opened(around | {"results": [{"n": 3}]}).sheets[0]) == [{"n": 3}]


def test_zero_deleted_and_missing_are_three_things() -> None:
    values = [
        {"dataElement": "a", "value": "0"},
        {"dataElement": "b", "value": "7", "deleted": True},
        {"dataElement": "c"},
    ]
    document = opened({"dataSet": "ds", "period": "2019Q2", "orgUnit": "ou", "dataValues": values})
    common = {"dataSet": "ds", "period": "2019Q2", "orgUnit": "ou"}
    assert document.format == "dhis2_json"
    assert records(document.sheets[0]) == [
        {**common, "dataElement": "a", "value": "0"},
        {**common, "dataElement": "b", "value": "7", "deleted": True},
        {**common, "dataElement": "c"},
    ]
    columns = document.sheets[0].rows[0]
    assert document.sheets[0].cell_name(1, columns.index("value")) == "/dataValues/0/value"
    assert document.sheets[0].cell_name(1, columns.index("period")) == "/period"


def test_an_object_where_a_code_belongs_is_a_text_wherever_it_stands() -> None:
    """What a set says for all its values as much as what a value says itself."""
    unit = {"id": "ou"}
    values = [{"dataElement": "a", "value": "1"}, {"dataElement": "b", "value": "2", "orgUnit": unit}]
    sheet = opened({"orgUnit": unit, "period": ["2019"], "dataValues": values}).sheets[0]
    said = {"orgUnit": str(unit), "period": str(["2019"])}
    assert records(sheet) == [{**said, **values[0]}, {**said, **values[1], "orgUnit": str(unit)}]


def test_dxf_values_inherit_what_their_set_says() -> None:
    document = opened(
        '<?xml version="1.0"?><dataValueSet xmlns="http://dhis2.org/schema/dxf/2.0" period="201904" orgUnit="ou">'
        '<dataValue dataElement="a" value="0" followup="true"/>'
        '<dataValue dataElement="b" period="201905" value="2" deleted="true"/></dataValueSet>'
    )
    sheet = document.sheets[0]
    assert document.format == "dhis2_xml"
    assert records(sheet) == [
        {"dataElement": "a", "period": "201904", "orgUnit": "ou", "value": "0", "followUp": "true"},
        {"dataElement": "b", "period": "201905", "orgUnit": "ou", "value": "2", "deleted": "true"},
    ]
    assert sheet.cell_name(2, sheet.rows[0].index("value")) == "/dataValueSet/dataValue[2]/@value"
    assert sheet.cell_name(2, sheet.rows[0].index("orgUnit")) == "/dataValueSet/@orgUnit"


def test_adx_values_inherit_what_their_group_says() -> None:
    document = opened(
        '<adx xmlns="urn:ihe:qrph:adx:2015"><group orgUnit="1" period="2019-01-01/P1M" sex="F">'
        '<dataValue dataElement="a" value="1"/></group><group orgUnit="2" period="2019-02-01/P1M">'
        '<dataValue dataElement="a" value="0"><annotation>checked</annotation></dataValue></group></adx>'
    )
    assert document.format == "adx_xml"
    assert records(document.sheets[0]) == [
        {"dataElement": "a", "period": "2019-01-01/P1M", "orgUnit": "1", "sex": "F", "value": "1"},
        {"dataElement": "a", "period": "2019-02-01/P1M", "orgUnit": "2", "value": "0", "comment": "checked"},
    ]
    sheet = document.sheets[0]
    assert sheet.cell_name(2, sheet.rows[0].index("value")) == "/adx/group[2]/dataValue[1]/@value"


def test_kobo_repeat_groups_become_sheets_that_name_their_parent() -> None:
    child = {"visit/child/age": 7, "visit/child/sick": [{"visit/child/sick/days": 2}]}
    submissions = [
        {"_uuid": "a", "visit/place": "Fès", "visit/child": [{"visit/child/age": 5}, child]},
        {"_uuid": "b", "visit/place": "Salé", "_geolocation": [None, None]},
    ]
    document = opened({"count": 2, "results": submissions}, "visites.json")
    assert document.format == "kobo_json"
    main, children, sick = document.sheets
    assert (main.name, children.name, sick.name) == ("visites", "visit/child", "visit/child/sick")
    assert [record["visit/place"] for record in records(main)] == ["Fès", "Salé"]
    parent = {"_parent_index": 1, "_parent_table_name": "visites", "_parent.visit.place": "Fès"}
    assert records(children) == [
        {"_index": 1, **parent, "visit/child/age": 5},
        {"_index": 2, **parent, "visit/child/age": 7},
    ]
    age = children.rows[0].index("visit/child/age")
    assert children.cell_name(2, age) == "/results/0/visit~1child/1/visit~1child~1age"
    assert records(sick) == [
        {
            "_index": 1,
            "_parent_index": 2,
            "_parent_table_name": "visit/child",
            "_parent._parent.visit.place": "Fès",
            "_parent.visit.child.age": 7,
            "visit/child/sick/days": 2,
        }
    ]


def test_a_kobo_row_repeats_what_its_submission_answered_wherever_that_stands() -> None:
    """Answers that follow the group count as well; what Kobo itself says of a submission is no answer."""
    submission = {"_uuid": "a", "_id": 7, "visites": [{"filles": 3}], "periode": "2019-05", "_tags": []}
    _, visits = opened([submission]).sheets
    assert records(visits) == [
        {"_index": 1, "_parent_index": 1, "_parent_table_name": "report", "_parent.periode": "2019-05", "filles": 3}
    ]
    assert visits.cell_name(1, visits.rows[0].index("_parent.periode")) == "/0/periode"


def contract_of(format_: str, columns: dict[str, object]) -> Contract:
    """A contract for records of one indicator, each of which says its period."""
    return Contract.model_validate(
        {
            "family": "visits",
            "version": 1,
            "title": {"ar": "زيارات", "fr": "Visites", "en": "Visits"},
            "formats": [format_],
            "data_status": {"default": "reported"},
            "period": {"source": "column"},
            "constants": {"indicator": "SN_PARENTS_TRAINED"},
            "columns": columns,
        }
    )


def test_a_figure_of_a_submission_is_read_once_whatever_repeats_it(desk: Desk) -> None:
    form = contract_of(
        "kobo_json",
        {
            "period": {"role": "period", "required": True, "labels": {"fr": ["periode"]}},
            "value": {"role": "value", "required": True, "labels": {"fr": ["total"]}},
        },
    )
    submission = {"_uuid": "a", "periode": "2019-05", "bilan/total": 9, "visites": [{"filles": 3}, {"filles": 6}]}
    own = Desk((form,), desk.reference, desk.catalogue)
    reading = own.read(json.dumps([submission]).encode(), "ENTRAIDE", "report.json")
    assert [(row.source_cell, row.value) for row in reading.rows] == [("/0/bilan~1total", 9)]


def test_the_hxl_tags_of_a_kobo_form_decide_the_columns(desk: Desk) -> None:
    """A form's questions are named as its author liked: the tags beside them say what they are about."""
    form = contract_of(
        "kobo_json",
        {
            "period": {"role": "period", "required": True, "hxl": ["#date+start"]},
            "place": {"role": "place", "required": True, "hxl": ["#loc"]},
            "value": {"role": "value", "required": True, "hxl": ["#reached"]},
        },
    )
    survey = [
        {"type": "begin_group", "name": "q1"},
        {"type": "text", "name": "a", "hxl": "#loc+name"},
        {"type": "end_group"},
        {"type": "integer", "name": "b", "hxl": "#reached"},
        {"type": "date", "$autoname": "c", "hxl": "#date+start"},
        {"type": "text", "name": "d"},
    ]
    submissions = [{"meta/instanceID": "x", "q1/a": "Larache", "b": 12, "c": "2019-05", "d": "x"}]
    content = json.dumps({"content": {"survey": survey}, "submissions": submissions}).encode()
    reading = Desk((form,), desk.reference, desk.catalogue).read(content, "ENTRAIDE", "report.json")
    assert [(row.source_cell, row.value, row.place_code, str(row.period_start)) for row in reading.rows] == [
        ("/submissions/0/b", 12, "MA-LAR", "2019-05-01")
    ]
    assert reading.is_tagged
    sheet = opened(json.loads(content)).sheets[0]
    assert sheet.cell_name(1, sheet.rows[0].index("q1/a")) == "/content/survey/1/hxl"


def test_what_a_record_does_not_have_is_located_by_the_record() -> None:
    """Also where the field first comes up in a later record, and its first field stands elsewhere."""
    content = '<dataValueSet period="201901"><dataValue orgUnit="A"/><dataValue orgUnit="B" value="1"/></dataValueSet>'
    (sheet,) = opened(content.encode(), "a.xml").sheets
    assert sheet.cell_name(1, sheet.rows[0].index("value")) == "/dataValueSet/dataValue[1]"
    groups = [{"a": {"b": 1}}, {"a": {"b": 2}, "c": 3}]
    (sheet,) = opened(groups).sheets
    assert (sheet.cell_name(1, 1), sheet.cell_name(2, 1)) == ("/0", "/1/c")


GENERIC = """<?xml version="1.0"?><m:GenericData
 xmlns:m="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message"
 xmlns:g="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/data/generic"
 xmlns:c="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/common">
<m:Header><m:ID>x</m:ID><m:Test>false</m:Test><m:Prepared>2026-01-01T00:00:00</m:Prepared><m:Sender id="A"/>
<m:Structure structureID="PT" dimensionAtObservation="TIME_PERIOD"><c:Structure>
<Ref id="PT" agencyID="UNICEF" version="1.0" class="DataStructure"/></c:Structure></m:Structure></m:Header>
<m:DataSet structureRef="PT">
<g:Attributes><g:Value id="SOURCE" value="ENPSF"/></g:Attributes>
<g:Group type="G"><g:GroupKey><g:Value id="REF_AREA" value="MAR"/></g:GroupKey>
<g:Attributes><g:Value id="TITLE" value="Maroc"/></g:Attributes></g:Group>
<g:Series><g:SeriesKey><g:Value id="REF_AREA" value="MAR"/><g:Value id="SEX" value="F"/></g:SeriesKey>
<g:Attributes><g:Value id="UNIT" value="PCNT"/></g:Attributes>
<g:Obs><g:ObsDimension value="2018"/><g:ObsValue value="13.7"/>
<g:Attributes><g:Value id="OBS_STATUS" value="A"/></g:Attributes></g:Obs>
<g:Obs><g:ObsDimension value="2011"/></g:Obs></g:Series>
<g:Series><g:SeriesKey><g:Value id="REF_AREA" value="TUN"/><g:Value id="SEX" value="_T"/></g:SeriesKey>
<g:Obs><g:ObsDimension value="2018"/><g:ObsValue value="0"/></g:Obs></g:Series>
</m:DataSet></m:GenericData>"""
SPECIFIC = """<?xml version="1.0"?><m:StructureSpecificData
 xmlns:m="http://www.sdmx.org/resources/sdmxml/schemas/v{version}/message"
 xmlns:s="http://www.sdmx.org/resources/sdmxml/schemas/v{version}/data/structurespecific"
 xmlns:c="http://www.sdmx.org/resources/sdmxml/schemas/v{version}/common"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:n="urn:x">
<m:Header><m:ID>x</m:ID><m:Test>false</m:Test><m:Prepared>2026-01-01T00:00:00</m:Prepared><m:Sender id="A"/>
<m:Structure structureID="PT" dimensionAtObservation="TIME_PERIOD"><c:Structure>{structure}
</c:Structure></m:Structure></m:Header>
<m:DataSet s:structureRef="PT" s:dimensionAtObservation="TIME_PERIOD" xsi:type="n:DataSetType" SOURCE="ENPSF">
<Group xsi:type="n:G" REF_AREA="MAR" TITLE="Maroc"/>
<Series REF_AREA="MAR" SEX="F" UNIT="PCNT"><Obs TIME_PERIOD="2018" OBS_VALUE="13.7" OBS_STATUS="A"/>
<Obs TIME_PERIOD="2011"/></Series>
<Series REF_AREA="TUN" SEX="_T"><Obs TIME_PERIOD="2018" OBS_VALUE="0"/></Series>
</m:DataSet></m:StructureSpecificData>"""
OBSERVATIONS = [
    {
        "SOURCE": "ENPSF",
        "TITLE": "Maroc",
        "REF_AREA": "MAR",
        "SEX": "F",
        "UNIT": "PCNT",
        "TIME_PERIOD": "2018",
        "OBS_VALUE": "13.7",
        "OBS_STATUS": "A",
    },
    {"SOURCE": "ENPSF", "TITLE": "Maroc", "REF_AREA": "MAR", "SEX": "F", "UNIT": "PCNT", "TIME_PERIOD": "2011"},
    {"SOURCE": "ENPSF", "REF_AREA": "TUN", "SEX": "_T", "TIME_PERIOD": "2018", "OBS_VALUE": "0"},
]


SPECIFIC_21 = SPECIFIC.replace("{version}", "2_1").replace(
    "{structure}", '<Ref id="PT" agencyID="UNICEF" version="1.0" class="DataStructure"/>'
)
SPECIFIC_30 = SPECIFIC.replace("{version}", "3_0").replace(
    "{structure}", "urn:sdmx:org.sdmx.infomodel.datastructure.DataStructure=UNICEF:PT(1.0)"
)


@pytest.mark.parametrize("message", [GENERIC, SPECIFIC_21, SPECIFIC_30], ids=["generic", "2.1", "3.0"])
def test_every_sdmx_message_gives_one_row_an_observation(message: str) -> None:
    document = opened(message)
    assert document.format == "sdmx_ml"
    assert records(document.sheets[0]) == OBSERVATIONS


@pytest.mark.parametrize("message", [GENERIC, SPECIFIC_21, SPECIFIC_30], ids=["generic", "2.1", "3.0"])
def test_pysdmx_reads_the_same_observations(message: str) -> None:
    """An SDMX library written by others agrees, in what it reads of a message without its structure."""
    from pysdmx.io import read_sdmx

    (dataset,) = read_sdmx(message, validate=False).data
    ours = records(opened(message).sheets[0])
    assert len(dataset.data) == len(ours)
    for theirs, own in zip(dataset.data.to_dict("records"), ours, strict=True):
        known = {key: value for key, value in theirs.items() if isinstance(value, str) and value}
        assert {"REF_AREA", "SEX", "TIME_PERIOD"} <= known.keys()
        assert {key: own[key] for key in known} == known


def test_an_sdmx_observation_is_located() -> None:
    sheet = opened(SPECIFIC_30).sheets[0]
    assert sheet.cell_name(3, sheet.rows[0].index("OBS_VALUE")) == "/DataSet[1]/Series[2]/Obs[1]/@OBS_VALUE"
    assert sheet.cell_name(3, sheet.rows[0].index("SEX")) == "/DataSet[1]/Series[2]/@SEX"


@pytest.mark.parametrize(
    ("message", "before", "after", "place"),
    [
        (GENERIC, "<m:DataSet ", '<m:DataSet action="Delete" ', "/DataSet[1]/@action"),
        (SPECIFIC_21, "<m:DataSet ", '<m:DataSet s:action="Delete" ', "/DataSet[1]/@action"),
        (SPECIFIC_30, "</m:Header>", "<m:DataSetAction>Delete</m:DataSetAction></m:Header>", "/Header/DataSetAction"),
    ],
    ids=["generic", "2.1", "header"],
)
def test_what_is_to_be_done_with_an_observation_is_said_of_each(
    message: str, before: str, after: str, place: str
) -> None:
    """A deleted value is no figure: whoever reads it must see that it is."""
    sheet = opened(message.replace(before, after, 1)).sheets[0]
    assert records(sheet) == [{**observation, "ACTION": "Delete"} for observation in OBSERVATIONS]
    assert sheet.cell_name(1, sheet.rows[0].index("ACTION")) == place


def test_the_action_nearest_to_an_observation_counts() -> None:
    message = SPECIFIC_30.replace("</m:Header>", "<m:DataSetAction>Append</m:DataSetAction></m:Header>")
    message = message.replace("<m:DataSet ", '<m:DataSet s:action="Replace" ').replace(
        '<Obs TIME_PERIOD="2011"', '<Obs s:action="Delete" TIME_PERIOD="2011"'
    )
    assert [record["ACTION"] for record in records(opened(message).sheets[0])] == ["Replace", "Delete", "Replace"]


def test_an_observation_that_is_to_be_deleted_is_no_figure(desk: Desk) -> None:
    message = SPECIFIC_30.replace('<Obs TIME_PERIOD="2011"', '<Obs s:action="Delete" TIME_PERIOD="2011"')
    own = contract_of(
        "sdmx_ml",
        {
            "period": {"role": "period", "required": True, "labels": {"en": ["TIME_PERIOD"]}},
            "value": {"role": "value", "required": True, "labels": {"en": ["OBS_VALUE"]}},
        },
    )
    reading = Desk((own,), desk.reference, desk.catalogue).read(message.encode(), "UNICEF", "data.xml")
    assert "2011" not in {str(row.period_start)[:4] for row in reading.rows}
    assert len(reading.rows) == len(OBSERVATIONS) - 1
    assert [finding.code for finding in reading.findings] == ["ROW_DELETED"]


def test_flat_observations_are_read() -> None:
    message = (
        SPECIFIC_30[: SPECIFIC_30.index("<Group")]
        + '<Obs REF_AREA="MAR" OBS_VALUE="1"/></m:DataSet></m:StructureSpecificData>'
    )
    assert records(opened(message).sheets[0]) == [{"SOURCE": "ENPSF", "REF_AREA": "MAR", "OBS_VALUE": "1"}]


def test_sdmx_csv_2_is_csv() -> None:
    document = opened("STRUCTURE,STRUCTURE_ID,ACTION,REF_AREA,OBS_VALUE\ndataflow,UNICEF:PT(1.0),I,MAR,1\n", "a.csv")
    assert (document.format, document.sheets[0].rows[1][3]) == ("csv", "MAR")
