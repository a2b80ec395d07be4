"""Types answers into workbooks with LibreOffice set to French, as a reporter would; run with a Python that has uno.

Usage: python type_with_libreoffice.py JOBS.json, where the jobs are {profile, soffice, files: [{source,
target, cells: {A5: "12", ...}}]}. Every text is typed: LibreOffice decides what it is.
"""

import json
import subprocess
import sys
import time
from pathlib import Path

import uno  # type: ignore[import-not-found]
from com.sun.star.beans import PropertyValue  # type: ignore[import-not-found]
from com.sun.star.connection import NoConnectException  # type: ignore[import-not-found]

FRENCH = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Setup/L10N"><prop oor:name="ooSetupSystemLocale" oor:op="fuse">
<value>fr-FR</value></prop></item></oor:items>
"""


def connected(pipe: str) -> object:
    """The desktop of the LibreOffice that was started; waits until it answers."""
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    for _ in range(600):
        try:
            context = resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
            return context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
        except NoConnectException:
            time.sleep(0.1)
    raise SystemExit("LibreOffice does not answer")


def said(name: str, value: object) -> object:
    return PropertyValue(Name=name, Value=value)


def main() -> None:
    jobs = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    profile = Path(jobs["profile"])
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(FRENCH, encoding="utf-8")
    pipe = f"hasila{profile.stat().st_ino}"
    office = subprocess.Popen(
        [
            *(jobs["soffice"], f"-env:UserInstallation={profile.as_uri()}", "--headless", "--norestore"),
            f"--accept=pipe,name={pipe};urp",
        ]
    )
    try:
        desktop = connected(pipe)
        for job in jobs["files"]:
            url = Path(job["source"]).as_uri()
            document = desktop.loadComponentFromURL(url, "_blank", 0, (said("Hidden", True),))
            sheet = document.Sheets.getByIndex(0)
            for name, typed in job["cells"].items():
                sheet.getCellRangeByName(name).FormulaLocal = typed
            document.storeToURL(Path(job["target"]).as_uri(), (said("FilterName", "Calc MS Excel 2007 XML"),))
            document.close(True)
        desktop.terminate()
    finally:
        office.terminate()
        office.wait(30)


if __name__ == "__main__":
    main()
