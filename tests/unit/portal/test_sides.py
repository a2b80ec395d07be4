"""The sides of comparisons: every form that the mart has, in the reader's language."""

import re

import pytest

from orchestration.portal.addresses import Origins
from orchestration.portal.data import Framework
from orchestration.portal.sides import side
from orchestration.portal.view import View
from orchestration.settings import LANGUAGES

HCP = {"organisation_code": "HCP", "name_ar": "المندوبية", "name_fr": "Le Haut-Commissariat", "name_en": "The HCP"}
FRAMEWORK = Framework((), {}, {}, {"HCP": HCP}, {}, (), (), (), {}, (), (), (), (), (), {}, {})
VIEWS = {language: View(language, FRAMEWORK, Origins()) for language in LANGUAGES}
FORMS = [
    ("HCP: stated total", "Le Haut-Commissariat, total déclaré"),
    ("HCP: stated total · sex F · group AREA=RADIO", "Le Haut-Commissariat, total déclaré, filles, femmes, "),
    ("HCP: sum of 1200 parts by residence", "somme des parties par milieu\u202f: 1\u202f200 parties"),
    ("printed: أكثر من 4.330", "tel qu'imprimé\u202f: <bdi>أكثر من 4.330</bdi>"),
    ("computed", "tel que calculé"),
    ("computed: sum of 2 parts by places", "calculé à partir des parties par lieu\u202f: 2 parties"),
    ("computed: distinct deliverables, 3 done", "livrables distincts\u202f; achevés\u202f: 3"),
    ("HCP (exact), stands", "Le Haut-Commissariat, compte"),
    ("HCP (approximate), hidden · age Y0T5", "ne compte pas (environ …)"),
    ("HCP: dated 2019", "Le Haut-Commissariat, daté de 2019"),
    ("the whole", "le tout"),
    ("A_B + C_D (children)", '<bdi dir="ltr">A_B + C_D</bdi> (enfants)'),
    ("A_B / 7493000", '<bdi dir="ltr">A_B / 7\u202f493\u202f000</bdi>'),
]


@pytest.mark.parametrize(("label", "told"), FORMS)
def test_each_form_is_told_in_french(label: str, told: str) -> None:
    said = str(side(VIEWS["fr"], label)).replace("&#39;", "'")
    assert told in said
    assert 'lang="en"' not in said


@pytest.mark.parametrize("label", [label for label, _ in FORMS])
def test_in_arabic_no_english_word_is_left(label: str) -> None:
    said = re.sub("<[^>]*>|[A-Z]+_[A-Z]+", "", str(side(VIEWS["ar"], label)))
    assert not re.search("[A-Za-z]{2,}", said)


@pytest.mark.parametrize("label", ["homicide cases, printed: 22 cases", "HCP: stated total · weather fine", "<b>x</b>"])
def test_what_has_no_form_is_marked_as_it_stands(label: str) -> None:
    said = str(side(VIEWS["ar"], label))
    assert said.startswith('<span lang="en" dir="auto">')
    assert "<b>" not in said


def test_no_label_is_nothing() -> None:
    assert side(VIEWS["en"], None) == ""
