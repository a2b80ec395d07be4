"""What stands on a side of a comparison, in the reader's language.

`marts.reconciliation` describes each side in English, in the few forms below; what a publication printed stays as
it was printed, and anything else is shown as it stands, marked as English.
"""

import re
from collections.abc import Callable
from types import MappingProxyType

from markupsafe import Markup, escape

from orchestration.portal import labels
from orchestration.portal.catalogues import message
from orchestration.portal.data import Group
from orchestration.portal.labels import Words
from orchestration.portal.view import View

KINDS_OF_PARTS: Words = MappingProxyType(
    {
        "places": message("what parts are told apart by", "place"),
        "periods": message("what parts are told apart by", "period"),
        "sex": message("what parts are told apart by", "sex"),
        "age_group": message("what parts are told apart by", "age"),
        "residence": message("what parts are told apart by", "residence"),
        "population_group": message("what parts are told apart by", "group"),
    }
)
_STATED = message("side of a comparison", "%(who)s, total as stated")
_SUM = message("side of a comparison", "%(who)s, sum of the parts by %(kind)s: %(count)s parts")
_PRINTED = message("side of a comparison", "as printed")
_COMPUTED = message("side of a comparison", "as computed")
_COMPUTED_SUM = message("side of a comparison", "computed from the parts by %(kind)s: %(count)s parts")
_DELIVERABLES = message("side of a comparison", "different deliverables; done: %(count)s")
_COUNTS = message("side of a comparison", "%(who)s, counts")
_HIDDEN = message("side of a comparison", "%(who)s, does not count")
_DATED = message("side of a comparison", "%(who)s, dated %(year)s")
_WHOLE = message("side of a comparison", "the whole")
_GROUP_COLUMNS = {"sex": "sex", "age": "age_group", "residence": "residence", "group": "population_group"}


def side(view: View, label: str | None) -> Markup:
    """A side's label in HTML; nothing for none."""
    if not label:
        return Markup()
    said, *groups = label.split(" · ")
    group = _group(groups)
    for form, tell in _FORMS:
        if (found := form.fullmatch(said)) and group is not None:
            of = view.group(group)
            return tell(view, found) + (escape(view.comma + of) if of else "")
    return Markup('<span lang="en" dir="auto">{}</span>').format(label)


def _group(told: list[str]) -> Group | None:
    """The group that the end of a label names; None where it is none."""
    named = {}
    for part in told:
        name, _, code = part.partition(" ")
        if name not in _GROUP_COLUMNS or not code:
            return None
        named[_GROUP_COLUMNS[name]] = code
    return Group(**named)


def _parts(view: View, found: re.Match[str]) -> dict[str, object]:
    return {"kind": view.word(KINDS_OF_PARTS, found["kind"]), "count": view.number(int(found["count"]))}


def _who(view: View, found: re.Match[str]) -> str:
    return view.plain_name(view.framework.organisations.get(found["who"])) or found["who"]


def _stands(view: View, found: re.Match[str]) -> Markup:
    told = view.say(_COUNTS if found["use"] == "stands" else _HIDDEN, who=_who(view, found))
    qualifier = labels.QUALIFIERS.get(found["qualifier"])
    return escape(told + (f" ({view.say(qualifier, value='…')})" if qualifier else ""))


def _indicators(view: View, found: re.Match[str]) -> Markup:
    codes = Markup('<bdi dir="ltr">{}</bdi>').format(found["codes"])
    return codes + escape(f" ({view.word(labels.UNITS, found['unit'])})")


def _printed(view: View, found: re.Match[str]) -> Markup:
    return escape(view.say(_PRINTED) + view.colon) + Markup("<bdi>{}</bdi>").format(found["text"])


_FORMS: tuple[tuple[re.Pattern[str], Callable[[View, re.Match[str]], Markup]], ...] = (
    (
        re.compile(r"computed: sum of (?P<count>\d+) parts by (?P<kind>\w+)"),
        lambda view, found: escape(view.say(_COMPUTED_SUM, **_parts(view, found))),
    ),
    (
        re.compile(r"(?P<who>\w+): stated total"),
        lambda view, found: escape(view.say(_STATED, who=_who(view, found))),
    ),
    (
        re.compile(r"(?P<who>\w+): sum of (?P<count>\d+) parts by (?P<kind>\w+)"),
        lambda view, found: escape(view.say(_SUM, who=_who(view, found), **_parts(view, found))),
    ),
    (re.compile(r"printed: (?P<text>.+)", re.DOTALL), _printed),
    (re.compile(r"computed"), lambda view, _: escape(view.say(_COMPUTED))),
    (
        re.compile(r"computed: distinct deliverables, (?P<count>\d+) done"),
        lambda view, found: escape(view.say(_DELIVERABLES, count=view.number(int(found["count"])))),
    ),
    (re.compile(r"(?P<who>\w+) \((?P<qualifier>\w+)\), (?P<use>stands|hidden)"), _stands),
    (
        re.compile(r"(?P<who>\w+): dated (?P<year>\d{4})"),
        lambda view, found: escape(view.say(_DATED, who=_who(view, found), year=found["year"])),
    ),
    (re.compile(r"the whole"), lambda view, _: escape(view.say(_WHOLE))),
    (re.compile(r"(?P<codes>\w+(?: \+ \w+)*) \((?P<unit>\w+)\)"), _indicators),
    (
        re.compile(r"(?P<codes>\w+) / (?P<number>\d+)"),
        lambda view, found: Markup('<bdi dir="ltr">{} / {}</bdi>').format(
            found["codes"], view.number(int(found["number"]))
        ),
    ),
)
"""Each form with what is said for it, the first that fits."""
