"""The decision of a release: which sensitive figures it withholds, given what earlier releases showed."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.release.disclosure import record
from orchestration.release.disclosure.policy import Policy
from orchestration.release.disclosure.protect import Protection, protect
from orchestration.release.disclosure.record import Figure, Record
from orchestration.release.disclosure.relations import Additive, Snapshot, System, build

Choice = Sequence[tuple[Figure, str | None]]
"""Figures, each with why it is withheld; None where it is shown."""

_MODULES = ("bounds", "control", "policy", "protect", "record", "relations")


@dataclass(frozen=True)
class Control:
    """What a release withholds."""

    record: Record
    exposed: int
    """Small counts that follow from earlier releases, whatever this one withholds."""

    @property
    def withheld(self) -> dict[Figure, str]:
        """The figures that are not shown, each with why."""
        return {
            figure: reason for listed in self.record.figures.values() for figure, reason in listed if reason is not None
        }


def decide(connection: duckdb.DuckDBPyConnection, source: str, policy: Policy, kept: Sequence[Path]) -> Control:
    """Choose what the release attached as `source` withholds.

    `kept` are the folders of the releases that stay public beside it, the one before it first. What is tied to
    nothing that changed since that one is decided as there, without a search.
    """
    rules = {
        code: Additive(places, periods)
        for code, places, periods in connection.execute(
            f"select indicator_code, across_places, across_periods from {source}.marts.dim_indicator"
        ).fetchall()
    }
    parents = dict(connection.execute(f"select place_code, parent_code from {source}.marts.dim_place").fetchall())
    totals = [(total.total, total.parts) for total in policy.totals]
    blocks: dict[str, list[Figure]] = defaultdict(list)
    names = _blocks(policy)
    for figure in record.figures(connection, source):
        blocks[names.get(figure.indicator_code, figure.indicator_code)].append(figure)
    records = [record.read(folder) for folder in kept]
    method = _method(policy, rules, parents)
    digests, decided, exposed = {}, {}, 0
    for block, listed in sorted(blocks.items()):
        digests[block] = record.digest(listed, method)
        if records and records[0].digests.get(block) == digests[block]:
            # An equal digest says that the figures are the same, and in the same order.
            chosen = (withheld for _, withheld in records[0].figures[block])
            decided[block] = list(zip(listed, chosen, strict=True))
            continue
        snapshots = [
            Snapshot(found, is_made_up=status == record.MADE_UP) for status, found in record.by_status(listed).items()
        ]
        # Releases one after the other that had the same figures and showed the same of them say the same.
        said = [earlier.said(block) for earlier in records]
        told = [earlier for number, earlier in enumerate(records) if number == 0 or said[number] != said[number - 1]]
        snapshots += [
            snapshot for number, earlier in enumerate(told, start=1) for snapshot in earlier.snapshots(block, number)
        ]
        before = records[0].figures.get(block, ()) if records and records[0].method == method else ()
        # Whoever must guess that a figure changed and came back knows less, and more counts can be protected against
        # that reader; so this assumption is taken where the other one leaves counts exposed.
        tried = []
        for tells_returned_apart in (False, True):
            system = build(
                snapshots,
                rules,
                parents,
                totals,
                policy.threshold,
                compares_releases=policy.rounding_base is None,
                tells_returned_apart=tells_returned_apart,
            )
            tried.append((system, _protected(system, listed, before)))
            if not tried[-1][1].exposed:
                break
        system, protection = min(tried, key=lambda made: len(made[1].exposed))
        exposed += len(protection.exposed)
        decided[block] = [(figure, _reason(system, protection.withheld, figure)) for figure in listed]
    return Control(Record(method, digests, decided), exposed)


def _protected(system: System, now: Sequence[Figure], before: Choice) -> Protection:
    """The choice for a system. `before` is what the release before chose, by the same method."""
    earlier = {figure: (system.figure(figure.cell, figure.value, 1), reason) for figure, reason in before}
    components = system.components()
    is_new = {
        components[earlier[figure][0] if figure in earlier else system.current[figure.cell, figure.value]]
        for figure in set(now) ^ earlier.keys()
    }
    known = {components[index] for index, _ in earlier.values()}
    # What is tied only to figures that both releases have: what protected it then does so now.
    settled = {index for index, component in enumerate(components) if component in known and component not in is_new}
    protection = protect(system, settled)
    protection.withheld.update(index for index, reason in earlier.values() if reason is not None and index in settled)
    return protection


def _reason(system: System, withheld: set[int], figure: Figure) -> str | None:
    index = system.current[figure.cell, figure.value]
    if index not in withheld:
        return None
    if system.is_small(figure.value):
        return "small"
    return "before" if index in system.withheld_before else "complementary"


def _blocks(policy: Policy) -> dict[str, str]:
    """Indicators that hold each other are decided together: each with the name of its block."""
    names: dict[str, str] = {}
    for total in policy.totals:
        together = {total.total, *total.parts}
        together |= {other for other, name in names.items() if name in {names.get(code) for code in together}}
        names |= dict.fromkeys(together, min(together))
    return names


def _method(policy: Policy, rules: Mapping[str, Additive], parents: Mapping[str, str | None]) -> str:
    """What else than the figures a choice follows from."""
    told = hashlib.sha256(policy.model_dump_json().encode())
    told.update(repr(sorted(rules.items(), key=lambda rule: rule[0])).encode())
    told.update(repr(sorted(parents.items())).encode())
    for name in _MODULES:
        told.update((Path(__file__).parent / f"{name}.py").read_bytes())
    return told.hexdigest()
