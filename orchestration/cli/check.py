"""`hasila check`: a report tried before it is sent."""

from pathlib import Path
from typing import Annotated, Any

import typer

from orchestration.cli.common import SENT_BACK, USAGE, Language, app, say, told
from orchestration.settings import Settings, load_settings


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(help="Reports to try, each as its sender would send it.")],
    organisation: Annotated[
        str | None, typer.Option(help="Who sends it: a code or a name; else its folder's name.", show_default=False)
    ] = None,
    lang: Annotated[
        Language | None,
        typer.Option(help="Language of the findings; else the organisation's, else the file's.", show_default=False),
    ] = None,
    annotate: Annotated[
        Path | None, typer.Option(help="Write the feedback workbook that the reporter would get.", show_default=False)
    ] = None,
) -> None:
    """Try reports before they are sent: what the nightly load would say of them, with nothing kept.

    Exit codes: 0 all acceptable; 3 at least one is not; 2 wrong usage.
    """
    settings = load_settings()
    if annotate is not None:
        _refuse_annotation(files, annotate)
    acceptable = True
    with told():
        from orchestration import night
        from orchestration.check.dry_run import check_file

        rulebook = night.load_rulebook(settings)
        for path in files:
            if not path.is_file():
                say(f"hasila: {path} is not a file")
                raise typer.Exit(USAGE)
            sender = organisation or _folder_of_sender(path.resolve(), settings.inbox)
            code = rulebook.reference.organisations.find(sender)
            if code is None and organisation is None:
                say(f"hasila: say who sends {path} with --organisation (its folder {sender!r} is no organisation)")
                raise typer.Exit(USAGE)
            result = check_file(path, code or sender, settings, rulebook)
            acceptable = acceptable and result.is_acceptable
            language = _language_of(result, rulebook, settings, lang)
            _print_dry_run(result, rulebook.catalogue, language)
            if annotate is not None:
                _annotate(result, rulebook, settings, language, annotate)
    if not acceptable:
        raise typer.Exit(SENT_BACK)


def _folder_of_sender(path: Path, inbox: Path) -> str:
    """The folder that is named by who sends: in the inbox the outermost, elsewhere the file's, or that of its day."""
    from orchestration.receive.inbox import received_day

    if path.is_relative_to(inbox):
        return path.relative_to(inbox).parts[0]
    folder = path.parent
    return folder.parent.name if received_day(folder.name) is not None else folder.name


def _refuse_annotation(files: list[Path], out: Path) -> None:
    """Say why the feedback workbook cannot be written there, where it cannot."""
    reason = None
    if len(files) > 1:
        reason = "--annotate takes one report at a time"
    elif out.suffix.lower() != ".xlsx":
        reason = f"the feedback is a workbook: --annotate must end in .xlsx, not {out.suffix or 'nothing'}"
    elif out.exists() and files[0].exists() and out.samefile(files[0]):
        reason = f"{out} is the report itself; it is not overwritten"
    elif not out.parent.is_dir():
        reason = f"{out.parent} is no folder"
    if reason:
        say(f"hasila: {reason}")
        raise typer.Exit(USAGE)


def _language_of(result: Any, rulebook: Any, settings: Settings, lang: Language | None) -> Any:
    from orchestration.answer.content import language_of

    if lang is not None:
        return lang.value
    report = result.report
    return language_of(report["organisation_code"], report["language"], rulebook.reference, settings.language)


def _print_dry_run(result: Any, catalogue: Any, language: Any) -> None:
    from orchestration.answer.content import in_order

    counts = result.counts.observations
    counted = f"{counts['accepted']} of {counts['read']} values count"
    print(f"{result.path.name}: {result.state} ({result.family}, {counted})")
    for finding in in_order(result.findings, catalogue):
        said = catalogue.message(finding, language)
        print(f"  {catalogue[finding.code].severity:<8} {finding.code}  {said}")


def _annotate(result: Any, rulebook: Any, settings: Settings, language: Any, out: Path) -> None:
    """Write the feedback workbook of a dry run."""
    from orchestration import storage
    from orchestration.answer.content import compose
    from orchestration.answer.workbook import feedback
    from orchestration.read.formats.document import Limits

    said = compose(
        result.report,
        result.findings,
        language=language,
        contracts=rulebook.contracts,
        reference=rulebook.reference,
        catalogue=rulebook.catalogue,
    )
    limits = Limits(settings.max_file_bytes, settings.max_expanded_bytes, settings.max_cells)
    storage.write_bytes(out.resolve(), feedback(said, result.content, limits))
    print(f"{out}: the report with its findings marked")
