"""What is around the content of every page: head, navigation, crumbs, footer. Its markup is `templates/frame.html`."""

from collections.abc import Mapping, Sequence
from typing import Any

import jinja2
from markupsafe import Markup, escape

from orchestration.portal import addresses
from orchestration.portal.addresses import Here
from orchestration.portal.branding import Branding
from orchestration.portal.catalogues import message
from orchestration.portal.forms import form
from orchestration.portal.view import View
from orchestration.release.exports.edition import Edition
from orchestration.settings import LANGUAGES, Language

TEMPLATE = "frame.html"

NAVIGATION = (
    (addresses.HOME, message("navigation", "The tally")),
    (addresses.FIGURES, message("navigation", "All figures")),
    (addresses.PLACES, message("navigation", "Regions")),
    (addresses.COMPARE, message("navigation", "Compare")),
    (addresses.REPORTING, message("navigation", "Reporting")),
    (addresses.QUALITY, message("navigation", "Data quality")),
    (addresses.CHANGES, message("navigation", "What changed")),
    (addresses.DOWNLOADS, message("navigation", "Downloads")),
    (addresses.ABOUT, message("navigation", "About")),
)
SELF_NAMES: Mapping[Language, str] = {"ar": "العربية", "fr": "Français", "en": "English"}
"""What each language calls itself, for whoever does not read the page's language."""


class Frame:
    """The frame of one language's pages."""

    def __init__(self, view: View, environment: jinja2.Environment, branding: Branding, edition: Edition):
        drawn: Any = environment.get_template(TEMPLATE).module
        given: Mapping[str, object] = {
            "view": view,
            "brand": branding,
            "languages": [(language, SELF_NAMES[language]) for language in LANGUAGES],
            "navigation": NAVIGATION,
        }
        self._before = {
            current: form(drawn.before, **given, current=current)
            for current in (None, *(address for address, _ in NAVIGATION))
        }
        self._after = form(drawn.after, view=view, brand=branding, edition=edition)
        self._script = form(drawn.script)
        self._crumb = form(drawn.crumb)

    def before(
        self, here: Here, title: str, crumbs: Sequence[tuple[str, str]], scripts: Sequence[str], policy: str
    ) -> Markup:
        """All that stands before a page's content."""
        up = here.up
        filled = {
            "up": up,
            "path": escape(here.path),
            "title": escape(title),
            "policy": escape(policy),
            "scripts": "".join(self._script % {"up": up, "address": escape(script)} for script in scripts),
            "crumbs": "".join(
                self._crumb % {"up": up, "address": escape(address), "title": escape(name)} for name, address in crumbs
            ),
        }
        return Markup(self._before.get(here.path, self._before[None]) % filled)  # noqa: S704

    def after(self, here: Here) -> Markup:
        """All that stands after a page's content."""
        return Markup(self._after % {"up": here.up})  # noqa: S704
