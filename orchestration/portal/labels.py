"""The words for what the warehouse knows by a code: units, qualifiers, statuses, rules, groups.

A code that has no word here is shown as it is, readable, and marked as untranslated.
"""

from collections.abc import Mapping
from types import MappingProxyType

from orchestration.portal.catalogues import Message, message

Words = Mapping[str, Message]

STATUSES: Words = MappingProxyType(
    {
        "published": message("data status", "official"),
        "reported": message("data status", "reported"),
        "illustrative": message("data status", "illustrative"),
    }
)
STATUS_MEANINGS: Words = MappingProxyType(
    {
        "published": message("meaning of a status", "A figure that an authority has published, with its citation."),
        "reported": message("meaning of a status", "A figure from a report that was received and accepted."),
        "illustrative": message(
            "meaning of a status",
            "Not a real figure: made up to show what a report looks like. Never to be quoted.",
        ),
    }
)
QUALIFIERS: Words = MappingProxyType(
    {
        "approximate": message("qualifier", "about %(value)s"),
        "at_least": message("qualifier", "at least %(value)s"),
        "at_most": message("qualifier", "at most %(value)s"),
        "more_than": message("qualifier", "more than %(value)s"),
        "less_than": message("qualifier", "less than %(value)s"),
    }
)
"""What a value is preceded by; an exact value stands alone."""
QUALIFIER_MEANINGS: Words = MappingProxyType(
    {
        "approximate": message("meaning of a qualifier", "The source gives a round or estimated number."),
        "at_least": message("meaning of a qualifier", "The true figure is this one or higher; a part may be missing."),
        "at_most": message("meaning of a qualifier", "The true figure is this one or lower."),
        "more_than": message("meaning of a qualifier", "The source says that the figure is higher."),
        "less_than": message("meaning of a qualifier", "The source says that the figure is lower."),
    }
)
ABSENCES: Words = MappingProxyType(
    {
        "suppressed": message("why there is no value", "withheld"),
        "not_applicable": message("why there is no value", "does not apply"),
        "not_reported": message("why there is no value", "not reported"),
    }
)
ABSENCE_MEANINGS: Words = MappingProxyType(
    {
        "suppressed": message(
            "meaning of an absence",
            "The figure is known and not shown, because it could point to a child, or because another figure that "
            "could would follow from it.",
        ),
        "not_applicable": message("meaning of an absence", "The indicator has no meaning here."),
        "not_reported": message("meaning of an absence", "A report came, and the value was left blank in it."),
    }
)
RATINGS: Words = MappingProxyType(
    {
        "achieved": message("rating", "target reached"),
        "on_track": message("rating", "on track"),
        "behind": message("rating", "behind"),
        "unknown": message("rating", "not rated"),
    }
)
DELIVERABLE_STATUSES: Words = MappingProxyType(
    {
        "planned": message("status of a deliverable", "planned"),
        "in_progress": message("status of a deliverable", "in progress"),
        "under_approval": message("status of a deliverable", "under approval"),
        "done": message("status of a deliverable", "done"),
    }
)
DELIVERABLE_TYPES: Words = MappingProxyType(
    {
        "kit": message("kind of deliverable", "kit"),
        "leaflet": message("kind of deliverable", "leaflet"),
        "poster": message("kind of deliverable", "poster"),
        "event": message("kind of deliverable", "event"),
        "reference": message("kind of deliverable", "reference document"),
        "guide": message("kind of deliverable", "guide"),
        "study": message("kind of deliverable", "study"),
        "training_programme": message("kind of deliverable", "training programme"),
        "spot": message("kind of deliverable", "spot"),
    }
)
REPORT_STATES: Words = MappingProxyType(
    {
        "not_yet_due": message("state of a report", "not yet due"),
        "due": message("state of a report", "due"),
        "overdue": message("state of a report", "overdue"),
        "received": message("state of a report", "received"),
        "sent_back": message("state of a report", "sent back"),
        "accepted": message("state of a report", "accepted"),
        "unreadable": message("state of a report", "unreadable"),
    }
)
VERDICTS: Words = MappingProxyType(
    {
        "accepted": message("verdict on a report", "accepted"),
        "accepted_with_findings": message("verdict on a report", "accepted with findings"),
        "sent_back": message("verdict on a report", "sent back"),
        "unreadable": message("verdict on a report", "unreadable"),
    }
)
PLACE_TYPES: Words = MappingProxyType(
    {
        "country": message("kind of place", "country"),
        "region": message("kind of place", "region"),
        "province": message("kind of place", "province"),
        "prefecture": message("kind of place", "prefecture"),
    }
)
SEXES: Words = MappingProxyType(
    {
        "F": message("sex", "girls, women"),
        "M": message("sex", "boys, men"),
        "_U": message("sex", "sex not known"),
    }
)
RESIDENCES: Words = MappingProxyType(
    {
        "U": message("residence", "urban"),
        "R": message("residence", "rural"),
        "_U": message("residence", "residence not known"),
    }
)
GROUPS: Words = MappingProxyType(
    {
        "AREA": message("population group", "area"),
        "CHANNEL": message("population group", "channel"),
        "SECTOR": message("population group", "sector"),
        "STAGE": message("population group", "stage"),
        "SUPPORT": message("population group", "support"),
        "CHILD_PARTICIPATION": message("population group", "child participation"),
        "COMMUNICATION": message("population group", "communication"),
        "POSITIVE_PARENTING": message("population group", "positive parenting"),
        "RESULTS_BASED_MANAGEMENT": message("population group", "results-based management"),
        "SOCIAL_NORMS": message("population group", "social norms"),
        "PUBLIC_TV": message("population group", "public television"),
        "RADIO": message("population group", "radio"),
        "SOCIAL_NETWORKS": message("population group", "social networks"),
        "PUBLIC": message("population group", "public sector"),
        "CIVIL_SOCIETY": message("population group", "civil society"),
        "TERRITORIAL": message("population group", "territorial collectivities"),
        "DETECTION": message("population group", "detection"),
        "FOLLOW_UP": message("population group", "follow-up"),
        "INTEGRATION": message("population group", "integration"),
        "HOUSING": message("population group", "housing"),
        "STUDIES": message("population group", "studies"),
        "VOCATIONAL_TRAINING": message("population group", "vocational training"),
    }
)
UNITS: Words = MappingProxyType(
    {
        "acts": message("unit", "acts"),
        "attendances": message("unit", "attendances"),
        "broadcasts": message("unit", "broadcasts"),
        "calls": message("unit", "calls"),
        "cases": message("unit", "cases"),
        "children": message("unit", "children"),
        "committees": message("unit", "committees"),
        "documents": message("unit", "documents"),
        "EUR": message("unit", "euros"),
        "events": message("unit", "events"),
        "households": message("unit", "households"),
        "institutions": message("unit", "institutions"),
        "interactions": message("unit", "interactions"),
        "materials": message("unit", "materials"),
        "meetings": message("unit", "meetings"),
        "percent": message("unit", "percent"),
        "persons": message("unit", "persons"),
        "places": message("unit", "places offered"),
        "provinces": message("unit", "provinces"),
        "referrals": message("unit", "referrals"),
        "reports": message("unit", "reports received from the public"),
        "services": message("unit", "services"),
        "sessions": message("unit", "sessions"),
        "spots": message("unit", "spots"),
        "studies": message("unit", "studies"),
        "texts": message("unit", "legal texts"),
        "units": message("unit", "units"),
        "victims": message("unit", "victims"),
        "workshops": message("unit", "workshops"),
    }
)
FAMILIES: Words = MappingProxyType(
    {
        "activity_report": message("kind of report", "Activity report"),
        "after_care": message("kind of report", "After-care"),
        "begging": message("kind of report", "Begging"),
        "campaign_reach": message("kind of report", "Reach of the campaign"),
        "deliverables": message("kind of report", "Deliverables"),
        "information_system": message("kind of report", "Information system"),
        "institutions_standards": message("kind of report", "Standards of institutions"),
        "internet_risks": message("kind of report", "Internet risks"),
        "ngo_project": message("kind of report", "NGO project"),
        "official_figures": message("kind of report", "Official figures"),
        "sdmx_csv": message("kind of report", "SDMX file"),
        "sector_activity": message("kind of report", "Sector activity"),
        "street_situations": message("kind of report", "Street situations"),
        "territorial_protection_units": message("kind of report", "Territorial protection units"),
        "training_register": message("kind of report", "Training register"),
        "unmatched": message("kind of report", "not recognised"),
    }
)
ORGANISATION_TYPES: Words = MappingProxyType(
    {
        "foreign_government": message("kind of organisation", "foreign government"),
        "inter_ministerial_commission": message("kind of organisation", "interministerial commission"),
        "international_organisation": message("kind of organisation", "international organisation"),
        "judicial_authority": message("kind of organisation", "judicial authority"),
        "ministry": message("kind of organisation", "ministry"),
        "ngo": message("kind of organisation", "non-governmental organisation"),
        "oversight_body": message("kind of organisation", "oversight body"),
        "public_institution": message("kind of organisation", "public institution"),
        "security_force": message("kind of organisation", "security force"),
        "statistics_office": message("kind of organisation", "statistics office"),
    }
)
ACROSS_PLACES: Words = MappingProxyType(
    {
        "sum": message("rule over places", "Places are added up."),
        "max": message("rule over places", "Of several places the largest value counts."),
        "avg": message("rule over places", "The average of the places is taken, each with the same weight."),
        "ratio": message("rule over places", "Numerators and denominators of the places are added, then divided once."),
        "none": message("rule over places", "Places are not put together: a value stands where it was stated."),
    }
)
ACROSS_PERIODS: Words = MappingProxyType(
    {
        "sum": message("rule over periods", "The periods of a year are added up."),
        "max": message("rule over periods", "Of the periods of a year the largest value counts."),
        "avg": message("rule over periods", "The average of the periods of a year is taken."),
        "latest": message("rule over periods", "Of the periods of a year the latest counts."),
        "none": message("rule over periods", "Periods are not put together: a value stands for the period stated."),
    }
)
ACROSS_SOURCES: Words = MappingProxyType(
    {
        "sum": message("rule over sources", "Organisations are added up."),
        "max": message("rule over sources", "Of several organisations the largest value counts."),
        "ratio": message(
            "rule over sources", "Numerators and denominators of the organisations are added, then divided once."
        ),
        "priority": message(
            "rule over sources", "Of several organisations one counts, in a fixed order of preference."
        ),
    }
)
STOCK_OR_FLOW: Words = MappingProxyType(
    {
        "stock": message("stock or flow", "A state at a date: what there is, not what was added."),
        "flow": message("stock or flow", "What happened in a period."),
    }
)
DIRECTIONS: Words = MappingProxyType(
    {
        "increase": message("direction", "A higher value is better."),
        "decrease": message("direction", "A lower value is better."),
        "none": message("direction", "Neither a higher nor a lower value is better by itself."),
    }
)
CHANGES: Words = MappingProxyType(
    {
        "value": message("kind of change", "other value"),
        "qualifier": message("kind of change", "other precision"),
        "status": message("kind of change", "other status"),
        "added": message("kind of change", "new"),
        "removed": message("kind of change", "no longer there"),
    }
)
REASONS: Words = MappingProxyType(
    {
        "revision": message("reason of a change", "a report was received"),
        "correction": message("reason of a change", "a known error was corrected"),
        "decision": message("reason of a change", "a person decided on a report"),
        "rule_change": message("reason of a change", "rules, framework or software changed"),
    }
)
COMPARISONS: Words = MappingProxyType(
    {
        "printed_vs_computed": message("kind of comparison", "Printed and computed"),
        "parts_vs_total": message("kind of comparison", "Parts and total"),
        "source_conflict": message("kind of comparison", "Several sources"),
        "date_conflict": message("kind of comparison", "One figure, two dates"),
        "published_comparison": message("kind of comparison", "Published figures side by side"),
    }
)
OUTCOMES: Words = MappingProxyType(
    {
        "agreed": message("outcome of a comparison", "they agree"),
        "rounding": message("outcome of a comparison", "they agree after rounding"),
        "different": message("outcome of a comparison", "they differ"),
        "conflict": message("outcome of a comparison", "they contradict each other"),
        "not_compared": message("outcome of a comparison", "not comparable"),
    }
)
SEVERITIES: Words = MappingProxyType(
    {
        "critical": message("severity", "critical"),
        "warning": message("severity", "warning"),
        "info": message("severity", "remark"),
    }
)
BASES: Words = MappingProxyType(
    {
        "stated": message("basis of an objective", "The objective is named by a source."),
        "assigned": message("basis of an objective", "The objective was assigned by this project."),
        "not_stated": message("basis of an objective", "No source names a strategic objective."),
    }
)
LANGUAGE_NAMES: Words = MappingProxyType(
    {
        "ar": message("language of a name", "in Arabic"),
        "fr": message("language of a name", "in French"),
        "en": message("language of a name", "in English"),
    }
)
FORMATS: Words = MappingProxyType(
    {
        ".csv": message("kind of file", "Table as text (CSV)"),
        ".duckdb": message("kind of file", "Database for analysts (DuckDB)"),
        ".json": message("kind of file", "Description for programs (JSON)"),
        ".parquet": message("kind of file", "Table for analysts (Parquet)"),
        ".txt": message("kind of file", "Text to read"),
        ".xlsx": message("kind of file", "Workbook (Excel, LibreOffice)"),
        ".xml": message("kind of file", "Statistical exchange (SDMX)"),
    }
)
FOLDERS: Words = MappingProxyType(
    {
        "csv": message("folder of files", "Tables as text (CSV)"),
        "excel": message("folder of files", "Tables as text for spreadsheets (CSV)"),
        "hxl": message("folder of files", "Tables with humanitarian tags (HXL)"),
        "parquet": message("folder of files", "Tables for analysts (Parquet)"),
        "sdmx": message("folder of files", "Statistical exchange (SDMX)"),
    }
)
AGE_FROM_TO = message("age group", "%(low)s to %(high)s years")
AGE_FROM_ON = message("age group", "%(low)s years and over")
AGE_UNDER = message("age group", "under %(high)s years")
AGE_ONE = message("age group", "%(low)s years")
AGE_UNKNOWN = message("age group", "age not known")
