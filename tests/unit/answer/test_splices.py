"""XML changed in places: every other byte stays, whatever it is."""

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st

from orchestration.answer.splices import NotEditableError, Splices, attribute_xml, parse, text_xml

ODD = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<!-- a > b -->\n<x:a  xmlns:x=\'urn:x\' q="1 > 0"\n>'
    b"<x:b s='1' t=\" s='9'\"/><x:c><![CDATA[<x:b/>]]></x:c  >\n</x:a>"
)


def test_elements_are_found_where_they_stand() -> None:
    root = parse(ODD)
    assert (root.name, root.prefix, root.get("q")) == ("a", "x:", "1 > 0")
    b, c = root.children
    assert ODD[b.start : b.end] == b"<x:b s='1' t=\" s='9'\"/>"
    assert b.is_empty and not c.is_empty
    assert ODD[c.inner : c.inner_end] == b"<![CDATA[<x:b/>]]>"
    assert ODD[c.start : c.end].endswith(b"</x:c  >")


def test_an_attribute_is_changed_and_not_what_looks_like_it_inside_another() -> None:
    b = parse(ODD).children[0]
    splices = Splices(ODD)
    splices.set_attribute(b.start, b.inner, "s", "7")
    assert splices.result() == ODD.replace(b"s='1'", b's="7"')


def test_an_attribute_is_added_where_there_is_none() -> None:
    for written, expected in (
        (b"<a/>", b'<a s="1"/>'),
        (b"<a></a>", b'<a s="1"></a>'),
        (b"<a b='2'/>", b"<a s=\"1\" b='2'/>"),
    ):
        root, splices = parse(written), Splices(written)
        splices.set_attribute(root.start, root.inner, "s", "1")
        assert splices.result() == expected


def test_children_are_put_into_an_element_that_is_written_as_empty() -> None:
    content = b"<a><b k='1'/></a>"
    b, splices = parse(content).children[0], Splices(content)
    splices.append(b, "<c/>")
    splices.append(b, "<d/>")
    splices.set_attribute(b.start, b.inner, "count", "2")
    found = fromstring(splices.result())
    assert [child.tag for child in found[0]] == ["c", "d"]
    assert found[0].attrib == {"k": "1", "count": "2"}


def test_what_lies_inside_something_removed_goes_with_it() -> None:
    content = b"<a><b><c/></b><d/></a>"
    root, splices = parse(content), Splices(content)
    splices.remove(root.children[0])
    splices.set_attribute(root.children[0].children[0].start, root.children[0].children[0].inner, "s", "1")
    assert splices.result() == b"<a><d/></a>"


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_is_held_by_a_part_in_any_encoding(text: str, value: str) -> None:
    """What XML cannot hold is shown as such; all else is read back as it was."""
    content = b"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe9<b/></a>"
    root, splices = parse(content), Splices(content)
    splices.append(root.children[0], f"<t v={attribute_xml(value)}>{text_xml(text)}</t>")
    found = fromstring(splices.result())
    assert found.text == "é"

    def kept(written: str) -> str:
        return "".join(
            c if c in "\t\n\r" or " " <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c > "\uffff" else "\ufffd"
            for c in written
        )

    assert (found[0][0].text or "") == kept(text)
    assert found[0][0].get("v") == kept(value)


@pytest.mark.parametrize(
    "content",
    [
        b"<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>",
        b"<a><b></a>",
        b"",
        "<a/>".encode("utf-16"),
        b"<a>" * 300 + b"</a>" * 300,
    ],
)
def test_what_cannot_be_changed_safely_is_refused(content: bytes) -> None:
    with pytest.raises(NotEditableError):
        parse(content)
