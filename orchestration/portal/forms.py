"""Forms: markup of a template's macro that is drawn once, with marks where something goes in, and filled in often."""

import re
from typing import Any

from markupsafe import Markup

_MARKED = re.compile("\0(\\w+)\0")


def form(macro: Any, **given: object) -> str:
    """What a macro draws, as a format for `%` that takes its arguments by name; what is `given` is drawn at once.

    What a form is filled with is not escaped any more: it must be HTML. To the macro's conditions it is true.
    """
    marks = {name: Markup(f"\0{name}\0") for name in macro.arguments if name not in given}  # noqa: S704
    return _MARKED.sub(r"%(\1)s", str(macro(**marks, **given)).replace("%", "%%"))
