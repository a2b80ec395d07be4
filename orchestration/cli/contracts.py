"""`hasila template`, `hasila contract`: what a family's reports look like."""

import json
from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.common import FAILED, USAGE, Language, app, say, told
from orchestration.settings import load_settings


@app.command()
def template(
    family: Annotated[str, typer.Argument(help="The family of reports.")],
    out: Annotated[Path, typer.Option("--out", help="The workbook to write.")],
    lang: Annotated[Language, typer.Option(help="Language of the workbook.")] = Language.fr,
) -> None:
    """Write the workbook that a reporter fills in."""
    settings = load_settings()
    with told():
        from orchestration import night
        from orchestration.read.contracts import in_force
        from orchestration.read.template import TemplateError, write_template

        rulebook = night.load_rulebook(settings)
        contracts = {contract.family: contract for contract in in_force(rulebook.contracts, settings.today())}
        if family not in contracts:
            say(f"hasila: there is no family {family}. Known: {', '.join(sorted(contracts))}.")
            raise typer.Exit(USAGE)
        if out.suffix.lower() != ".xlsx":
            say(f"hasila: the template is a workbook: --out must end in .xlsx, not {out.suffix or 'nothing'}")
            raise typer.Exit(USAGE)
        try:
            write_template(contracts[family], rulebook.reference, lang.value, out)
        except TemplateError as error:
            say(f"hasila: {error}")
            raise typer.Exit(USAGE) from None
    print(f"{out}: {family}, version {contracts[family].version}")


contract_app = typer.Typer(help="Contracts: what a family's reports look like.", no_args_is_help=True)
app.add_typer(contract_app, name="contract")


@contract_app.command("new")
def contract_new(
    file: Annotated[Path, typer.Argument(help="A report of the new kind.")],
    organisation: Annotated[str, typer.Option(help="Who sends it.")],
    out: Annotated[
        Path | None, typer.Option(help="The contract to write; else standard output.", show_default=False)
    ] = None,
) -> None:
    """Propose a contract from a new reporter's file; a person decides what stands in it."""
    settings = load_settings()
    if not file.is_file():
        say(f"hasila: {file} is not a file")
        raise typer.Exit(USAGE)
    if out is not None and out.exists():
        say(f"hasila: {out} exists; a contract is not overwritten")
        raise typer.Exit(USAGE)
    with told():
        from orchestration import night
        from orchestration.read.formats.document import Limits, UnreadableError
        from orchestration.read.formats.open import open_document
        from orchestration.read.propose import ProposalError, propose

        rulebook = night.load_rulebook(settings)
        code = rulebook.reference.organisations.find(organisation)
        if code is None:
            nearest = ", ".join(rulebook.reference.organisations.nearest(organisation)) or "none"
            say(f"hasila: no organisation is registered as {organisation!r} (nearest: {nearest})")
            raise typer.Exit(USAGE)
        limits = Limits(settings.max_file_bytes, settings.max_expanded_bytes, settings.max_cells)
        try:
            document = open_document(file.name, file.read_bytes(), limits)
            proposal = propose(document, code, rulebook.reference, rulebook.contracts)
        except (UnreadableError, ProposalError) as error:
            say(f"hasila: {rulebook.catalogue.message(error.finding, settings.language)}")
            raise typer.Exit(FAILED) from None
    if out is None:
        print(proposal.yaml)
    else:
        out.write_text(proposal.yaml, encoding="utf-8")
        print(f"{out}: proposed; read it, decide, then try `hasila check {file} --organisation {code}`")


@contract_app.command("schema")
def contract_schema() -> None:
    """Print the JSON Schema of contracts, for editors that check YAML while it is written."""
    from orchestration.read.contracts import json_schema

    print(json.dumps(json_schema(), ensure_ascii=False, indent=2))
