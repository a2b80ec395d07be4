"""How an explained figure is written for a person: a tree in a terminal, indented lines in a pipe.

The words stand in `explain_texts.yml`. A step that has one part and hides nothing says nothing of its
own and is passed over; a long list of parts is cut, and says how many more there are.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.explain import Figure, Step, plain
from orchestration.findings import visible
from orchestration.texts import load_texts

if TYPE_CHECKING:
    from rich.tree import Tree

FEW = 8
"""How many parts of a step, and of those that do not count, are shown before the rest is only counted."""


@dataclass
class Branch:
    """One line of the tree, the lines that belong to it, and what hangs below.

    `is_faint` for what does not count, `is_loud` for what nobody may overlook.
    """

    line: str
    details: list[str] = field(default_factory=list)
    below: list["Branch"] = field(default_factory=list)
    is_faint: bool = False
    is_loud: bool = False


class Teller:
    """Writes figures in one language; `few` is None where nothing may be cut."""

    def __init__(self, language: str, few: int | None = FEW) -> None:
        self._texts: dict[str, Any] = load_texts(Path(__file__).with_name("explain_texts.yml"))[language]
        self._language = language
        self._few = few

    def branch(self, figure: Figure) -> Branch:
        """The whole figure as a branch."""
        row = figure.row
        mark = "" if row["data_status"] != "illustrative" else f"  {self._texts['illustrative']}"
        said = self._said(row, row["unit"])
        status = self._texts["statuses"][row["data_status"]]
        line = f"{row['period_label']}  {self._place(row)}  {said} ({status}){self._how_from_sources(figure)}"
        below = self._cut([self._step(part, row) for part in figure.tree.parts])
        aside = list(self._asides(figure.aside))
        if aside:
            below.append(Branch(self._texts["not_counted"], below=self._cut(aside), is_faint=True))
        name = f"{row['indicator_code']}  {row[f'indicator_name_{self._language}']}{mark}"
        return Branch(name, below=[Branch(line, below=below)], is_loud=bool(mark))

    def _how_from_sources(self, figure: Figure) -> str:
        row, parts = figure.row, figure.tree.parts
        because = self._texts["because"]
        if row["basis"] == "deliverables":
            return f"{because}{self._texts['bases']['deliverables']}, {self._texts['rules']['deliverable_once']}"
        if len(parts) < 2:
            return f"{because}{self._texts['bases']['one_source']}"
        how = (
            f"{because}{self._texts['bases']['sources'].format(count=len(parts))}, {self._texts['rules'][row['rule']]}"
        )
        if row["rule"] == "priority" and row["source_priority"]:
            ranking = row["source_priority"].replace("|", " > ")
            how += f" ({self._texts['ranking'].format(ranking=ranking)})"
        return how

    def _step(self, step: Step, above: dict[str, Any]) -> Branch:
        step, passed = _without_passing(step)
        row = step.row
        # What the line above has named is not named again.
        names = [] if row["organisation_code"] == above.get("organisation_code") else [row["organisation_code"]]
        if row["step"] == "deliverable":
            names = [row["deliverable_code"]]
        elif row["step"] == "node":
            names += [] if row["period_label"] == above["period_label"] else [row["period_label"]]
            names += [] if row["place_code"] == above["place_code"] else [self._place(row)]
        hidden = [part for part in step.parts if not part.counts]
        counted = [part for part in step.parts if part.counts]
        # A node that was stated says what its statement says: the statement has no line of its own.
        teller = counted.pop() if row["step"] == "node" and row["basis"] == "stated" and counted else step
        how = self._how(teller)
        line = "  ".join([*names, self._said(row)]) + (f"{self._texts['because']}{how}" if how else "")
        branch = Branch(line + self._why(passed.row), is_faint=not passed.counts)
        self._hang_cells(branch, teller, above if teller is step else row)
        branch.below += self._cut([self._step(part, row) for part in counted])
        branch.below += self._cut([self._step(part, row) for part in hidden])
        return branch

    def _hang_cells(self, branch: Branch, step: Step, above: dict[str, Any]) -> None:
        if not step.counts:
            branch.details = self._cut_lines([self._in_one_line(cell, above) for cell in step.cells])
        elif step.row["basis"] == "stated" and step.row["step"] == "statement":
            branch.details = [line for cell in step.cells for line in self._details(cell)]
        else:
            branch.below = self._cut([self._cell(cell, above) for cell in step.cells])

    def _place(self, row: dict[str, Any]) -> str:
        return f"{row[f'place_name_{self._language}']} ({row['place_code']})"

    def _how(self, step: Step) -> str:
        row = step.row
        if row["step"] == "deliverable":
            return ""
        if row["basis"] == "parts":
            return str(self._texts["bases"]["parts"].format(dimension=self._texts["dimensions"][row["dimension"]]))
        words = [self._texts["bases"][row["basis"]], self._texts["rules"][row["rule"]]]
        return ", ".join(word for word in words if word)

    def _why(self, row: dict[str, Any]) -> str:
        """The rule that keeps a step from counting as its value says."""
        if row["part_use"] in (None, "counted"):
            return ""
        rule = row["part_rule"]
        if row["part_use"] == "missing" and rule == "no_value":
            rule = "no_value_in_sum"
        return f" [{self._texts['part_rules'][rule]}]"

    def _said(self, row: dict[str, Any], unit: str = "") -> str:
        """Value and qualifier in words: `more than 4330 children`, `not reported`."""
        qualifier = self._texts["qualifiers"][row["qualifier"]]
        words = [qualifier] if row["value"] is None else [qualifier, str(plain(row["value"])), unit]
        return " ".join(word for word in words if word)

    def _cell(self, cell: dict[str, Any], above: dict[str, Any]) -> Branch:
        return Branch(self._cell_words(cell, above), list(self._details(cell)))

    def _cell_words(self, cell: dict[str, Any], above: dict[str, Any]) -> str:
        words = [
            cell[name]
            for name in ("organisation_code", "period_label", "place_code")
            if cell[name] != above.get(name, cell[name])
        ]
        words += [cell[name] for name in ("sex", "age_group", "residence", "population_group") if cell[name] != "_T"]
        return "  ".join([*words, self._said(cell)])

    def _in_one_line(self, cell: dict[str, Any], above: dict[str, Any]) -> str:
        """A cell that does not count: enough to find it."""
        where = f"{cell['inbox_path']}, {cell['source_sheet']}!{cell['source_cell']}"
        return f"{self._cell_words(cell, above)}  {where}"

    def _details(self, cell: dict[str, Any]) -> Iterator[str]:
        """Where a cell stands and what was said and done about it, each with its label."""
        said = {
            "file": self._file(cell),
            "archived": _shortened(cell["archive_path"]),
            "cell": f"{cell['source_sheet']}!{cell['source_cell']}",
            "text": cell["source_text"],
            "corrected": self._corrected(cell) if cell["correction_code"] else None,
            "accepted": self._despite(cell["decisions"]) if cell["decisions"] else None,
            "status": self._texts["deliverable_statuses"].get(cell["deliverable_status"], cell["deliverable_status"]),
            "citation": ", ".join(filter(None, (cell["citation"], cell["citation_place"]))),
            "remark": cell["remark"],
        }
        labels = self._texts["labels"]
        width = max(len(label) for label in labels.values())
        for name, text in said.items():
            if text:
                yield f"{labels[name]:<{width}} {' '.join(str(text).split())}"

    def _despite(self, decisions: Sequence[dict[str, Any]]) -> str:
        """Who let the report stand despite which rules."""
        told = [
            self._texts["decision"].format(
                rule=one["rule_code"], reason=one["reason"], by=one["decided_by"], date=one["decided_on"]
            )
            for one in decisions
        ]
        return str(self._texts["despite"].format(decisions="; ".join(told)))

    def _corrected(self, cell: dict[str, Any]) -> str:
        """What a correction did to a cell, why, and who said so to whom."""
        before = cell["value_as_reported"]
        after = cell["value"]
        told = "flagged" if cell["correction_action"] == "flag" else "corrected"
        return str(
            self._texts[told].format(
                before=cell["source_text"] if before is None else plain(before),
                after=self._texts["qualifiers"][cell["qualifier"]] if after is None else plain(after),
                reason=cell["correction_reason"],
                code=cell["correction_code"],
                by=cell["reported_by"],
                to=cell["reported_to"],
                date=cell["reported_on"],
            )
        )

    def _asides(self, entries: Sequence[dict[str, Any]]) -> Iterator[Branch]:
        """What does not count and lies outside the tree; the cells of one replaced report together."""
        rules, labels = self._texts["part_rules"], self._texts["labels"]
        replaced: dict[str, list[dict[str, Any]]] = {}
        for entry in entries:
            if entry["why"] == "superseded":
                replaced.setdefault(entry["receipt_id"], []).append(entry)
        for cells in replaced.values():
            why = rules["superseded"].format(file=cells[0]["replaced_by"], date=cells[0]["replaced_on"])
            named_here = {"organisation_code": cells[0]["organisation_code"], "period_label": "", "place_code": ""}
            lines = [
                f"{self._cell_words(cell, named_here)}  {cell['source_sheet']}!{cell['source_cell']}" for cell in cells
            ]
            yield Branch(f"{self._file(cells[0])} [{why}]", self._cut_lines(lines), is_faint=True)
        for entry in entries:
            if entry["why"] in ("other_status", "multi_year"):
                status = self._texts["statuses"][entry["data_status"]]
                line = f"{entry['period_label']}  {self._said(entry, entry['unit'])} ({status})"
                yield Branch(f"{line} [{rules[entry['why']].format(status=status)}]", is_faint=True)
            elif entry["why"] == "report_not_accepted":
                why = rules["report_not_accepted"].format(state=self._texts["report_states"][entry["state"]])
                yield Branch(f"{self._file(entry)} [{why}]", is_faint=True)
            elif entry["why"] == "quarantined":
                where = [
                    f"{labels['file']} {self._file(entry)}",
                    f"{labels['cell']} {entry['source_sheet']}!{entry['source_cell']}",
                    f"{labels['text']} {entry['source_text']}",
                ]
                why = rules["quarantined"].format(rule=entry["rule_code"])
                yield Branch(f"{entry['organisation_code']}  {entry['row_labels']} [{why}]", where, is_faint=True)

    def _file(self, row: dict[str, Any]) -> str:
        return str(self._texts["received"].format(path=row["inbox_path"], date=row["received_date"]))

    def _cut_lines(self, lines: Sequence[str]) -> list[str]:
        return [branch.line for branch in self._cut([Branch(line) for line in lines])]

    def _cut(self, branches: Sequence[Branch]) -> list[Branch]:
        if self._few is None or len(branches) <= self._few:
            return list(branches)
        more = self._texts["more"].format(count=len(branches) - self._few)
        return [*branches[: self._few], Branch(more, is_faint=True)]


def _shortened(archive_path: str) -> str:
    """The archived file as a pattern that a shell completes: its name is a digest of 64 digits."""
    return re.sub(r"(?<=/)([0-9a-f]{12})[0-9a-f]{52}(?=\.)", r"\1*", archive_path)


def _without_passing(step: Step) -> tuple[Step, Step]:
    """The step that is shown in place of one whose only part says the same, and the one whose use tells why.

    A year that one quarter gives is shown as that quarter.
    """
    first = step
    while len(step.parts) == 1:
        (only,) = step.parts
        says_the_same = only.row["value"] == step.row["value"] and only.row["qualifier"] == step.row["qualifier"]
        if only.row["step"] != "node" or only.row["part_use"] != "counted" or not says_the_same:
            break
        step = only
    return step, first


def plain_lines(branch: Branch, depth: int = 0) -> Iterator[str]:
    """The branch as indented lines, none of them wrapped: what a pipe gets."""
    yield "  " * depth + visible(branch.line)
    for detail in branch.details:
        yield "  " * (depth + 1) + visible(detail)
    for below in branch.below:
        yield from plain_lines(below, depth + 1)


def rich_tree(branch: Branch) -> "Tree":
    """The branch as a tree for a terminal, which wraps it to its width."""
    from rich.text import Text
    from rich.tree import Tree

    def label(one: Branch) -> Text:
        text = Text()
        text.append(visible(one.line), style="bold red" if one.is_loud else "dim" if one.is_faint else "bold")
        for detail in one.details:
            text.append(f"\n{visible(detail)}", style="dim" if one.is_faint else "")
        return text

    tree = Tree(label(branch))

    def grow(under: Tree, one: Branch) -> None:
        for below in one.below:
            grow(under.add(label(below)), below)

    grow(tree, branch)
    return tree
