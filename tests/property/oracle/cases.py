"""Made-up cases: small worlds of reporters, indicators and reports, each with something that is hard to add up."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from random import Random

from tests.property.oracle.facts import (
    EVERYBODY,
    GRAINS,
    UNKNOWN,
    VALUELESS,
    Case,
    Compared,
    Enrolment,
    Family,
    Group,
    Indicator,
    Period,
    Printed,
    Report,
    Side,
    Statement,
    Target,
    months,
    periods_of,
)

BY_PERIOD = ("organisation_code", "family", "period")
BY_FILE = ("organisation_code", "family", "file_name")
AGES = ("Y0T9", "Y10T17")
FAMILIES = (
    Family("sex_report", "reported", BY_PERIOD, {"sex": ("F", "M")}),
    Family("age_report", "reported", BY_PERIOD, {"age_group": AGES, "sex": ("F", "M")}),
    Family("figures", "published", BY_FILE, {"sex": ("F", "M"), "residence": ("U", "R")}),
    Family("plain_report", "reported", BY_PERIOD, {}),
)
ILLUSTRATIVE_MARK = "illustrative example"
COUNTRY = "MA"
REGIONS = {"MA-01": ("MA-TNG", "MA-TET", "MA-FAH"), "MA-02": ("MA-OUJ", "MA-NAD")}
PLACES = (COUNTRY, *REGIONS, *(place for below in REGIONS.values() for place in below))
RECEIVED = tuple(dt.date(2019, 4, 10) + dt.timedelta(days=45 * step) for step in range(14))
QUALIFIERS = ("approximate", "at_least", "at_most", "more_than", "less_than")
SPANS = (
    Period(dt.date(2019, 1, 5), dt.date(2019, 1, 20)),
    Period(dt.date(2019, 1, 15), dt.date(2019, 2, 20)),
    Period(dt.date(2019, 2, 1), dt.date(2019, 2, 28)),
    Period(dt.date(2019, 1, 1), dt.date(2019, 2, 28)),
    Period(dt.date(2019, 3, 10), dt.date(2019, 4, 20)),
    Period(dt.date(2019, 4, 1), dt.date(2019, 9, 30)),
    Period(dt.date(2019, 1, 1), dt.date(2019, 10, 15)),
    Period(dt.date(2019, 11, 3), dt.date(2019, 11, 9)),
)
CITATIONS = ("another page", "a study")
MULTI_YEAR = (months(2017, 1, 36), months(2018, 1, 24), months(2018, 9, 10), months(2019, 1, 24))


def make_case(number: int, seed: int) -> Case:
    """The case of a number: the same numbers give the same case."""
    return _Maker(number, Random(f"{seed}:{number}")).case()  # noqa: S311 - made-up reports


class _Maker:
    def __init__(self, number: int, random: Random):
        self._number = number
        self._random = random
        self._prefix = f"C{number:05}"

    def _chance(self, share: float) -> bool:
        return self._random.random() < share

    def _some(self, items: Sequence[Period | str], least: int = 1) -> list:
        return self._random.sample(list(items), self._random.randint(least, len(items)))

    def case(self) -> Case:
        random = self._random
        organisations = tuple(f"{self._prefix}_{letter}" for letter in "ABC"[: random.choice((1, 1, 2, 2, 3))])
        programme = f"{self._prefix}_P"
        indicators = tuple(
            self._indicator(f"{self._prefix}_I{position}", programme, organisations)
            for position in range(random.choice((1, 1, 2)))
        )
        deliverables = tuple(
            (f"{self._prefix}_D{indicator.code[-1]}{letter}", indicator.code)
            for indicator in indicators
            if indicator.is_deliverable_count
            for letter in "ABC"
        )
        reports = self._reports(organisations, indicators, deliverables)
        return Case(
            self._number,
            organisations,
            (programme,),
            indicators,
            deliverables,
            tuple(target for indicator in indicators for target in self._targets(indicator)),
            tuple(self._enrolments(organisations, programme)),
            tuple(reports),
            tuple(self._printed(reports, indicators)),
            tuple(self._compared(reports, indicators)),
        )

    def _indicator(self, code: str, programme: str, organisations: Sequence[str]) -> Indicator:
        random = self._random
        sources = random.choice(("sum", "max", "priority"))
        kind = random.choices(("count", "amount", "percent", "deliverable"), (6, 2, 3, 1))[0]
        if kind == "deliverable":
            return Indicator(code, programme, is_deliverable_count=True)
        if kind == "percent":
            sources = random.choice(("ratio", "max", "priority"))
            rules = (random.choice(("ratio", "ratio", "none")), random.choice(("latest", "latest", "none")))
        else:
            rules = (
                random.choice(("sum", "sum", "sum", "max", "avg", "none")),
                random.choice(("sum", "sum", "max", "avg", "latest", "none")),
            )
        priority = tuple(self._some(organisations)) if sources == "priority" else ()
        universe_sex, universe_age = random.choice((("", ""),) * 6 + (("F", ""), ("", "Y0T17")))
        return Indicator(
            code,
            programme,
            kind,
            random.choice(("increase", "decrease", "none")),
            False,
            *rules,
            sources,
            priority,
            universe_sex,
            universe_age,
        )

    # --- what is reported

    def _reports(
        self, organisations: Sequence[str], indicators: Sequence[Indicator], deliverables: Sequence[tuple[str, str]]
    ) -> list[Report]:
        random = self._random
        reports: list[Report] = []
        periods = self._periods()
        for organisation in organisations:
            for family in random.sample(FAMILIES, random.choice((1, 1, 1, 2))):
                chosen = [period for period in periods if self._chance(0.8)] or periods[:1]
                places = self._places()
                batches = [chosen] if family.key == BY_FILE else [[period] for period in chosen]
                for batch in batches:
                    statements = tuple(
                        statement
                        for period in batch
                        for statement in self._rows(period, places, indicators, deliverables)
                    )
                    if family.key == BY_FILE:
                        statements += tuple(self._dated_again(statements, indicators))
                    if statements:
                        reports += self._versions(organisation, family, statements, len(reports), indicators)
        return reports

    def _dated_again(self, statements: Sequence[Statement], indicators: Sequence[Indicator]) -> Iterator[Statement]:
        """Figures of a year that publications date to another year, or to both."""
        counts = {indicator.code for indicator in indicators if not indicator.is_deliverable_count}
        taken = {(row.indicator, row.period, row.place, row.group, row.citation) for row in statements}
        for row in statements:
            if row.indicator not in counts or row.period.grain != "year" or not self._chance(0.5):
                continue
            for year in (row.period.end.year, 2018, 2020):
                again = replace(
                    row, period=periods_of(year, "year")[0], citation=self._random.choice(("the report", *CITATIONS))
                )
                cell = (again.indicator, again.period, again.place, again.group, again.citation)
                if cell not in taken and self._chance(0.5):
                    taken.add(cell)
                    yield again

    def _periods(self) -> list[Period]:
        """A few periods that meet in one year, and sometimes others."""
        random = self._random
        palette: list[Period] = []
        for grain in random.sample(list(GRAINS), random.choice((1, 1, 2, 2, 3))):
            known = periods_of(2019, grain)[: random.choice((2, 4, 6))]
            palette += random.sample(known, random.randint(1, min(3, len(known))))
        if self._chance(0.3):
            palette += random.sample(SPANS, random.choice((1, 2)))
        if self._chance(0.25):
            palette += random.sample(MULTI_YEAR, random.choice((1, 2)))
        if self._chance(0.2):
            palette.append(random.choice((*periods_of(2020, "quarter"), *periods_of(2020, "year"))))
        return list(dict.fromkeys(palette))

    def _places(self) -> list[str]:
        random = self._random
        return random.choice(
            (
                [COUNTRY],
                list(REGIONS),
                self._some(REGIONS["MA-01"]),
                self._some(PLACES, 2),
                [*self._some(REGIONS["MA-01"]), *self._some(REGIONS["MA-02"])],
                ["MA-01", *self._some(REGIONS["MA-01"])],
            )
        )

    def _rows(
        self,
        period: Period,
        places: Sequence[str],
        indicators: Sequence[Indicator],
        deliverables: Sequence[tuple[str, str]],
    ) -> list[Statement]:
        rows: list[Statement] = []
        for indicator in indicators:
            if not self._chance(0.9):
                continue
            if indicator.is_deliverable_count:
                rows += self._deliverables(indicator, period, places, deliverables)
                continue
            groups = self._groups(indicator)
            for place in places:
                if self._chance(0.85):
                    said = [self._row(indicator, period, place, group) for group in groups if self._chance(0.9)]
                    rows += said
                    if said and self._chance(0.05):
                        # One report may state a cell twice, from two publications.
                        again = self._row(indicator, period, place, self._random.choice(said).group)
                        rows.insert(self._random.randint(0, len(rows)), replace(again, citation="another page"))
        return rows

    def _groups(self, indicator: Indicator) -> list[Group]:
        """Totals only; one dimension with or without its total; two dimensions crossed; overlapping groups."""
        if indicator.universe_sex:
            return [Group(sex=indicator.universe_sex)]
        if indicator.universe_age:
            return [Group(age_group=indicator.universe_age)]
        sexes, ages = [Group(sex="F"), Group(sex="M")], [Group(age_group=age) for age in AGES]
        crossed = [Group(sex=sex, age_group=age) for sex in ("F", "M") for age in AGES]
        overlapping = [Group(population_group="disabled"), Group(population_group="migrants")]
        residence = [Group(residence="U"), Group(residence="R")]
        choices = [
            [EVERYBODY],
            [EVERYBODY],
            sexes,
            [EVERYBODY, *sexes],
            [EVERYBODY, *overlapping],
            ages,
            [*sexes, *ages],
            crossed,
            [*sexes, *crossed],
            [EVERYBODY, *crossed],
            residence,
            [*sexes, *residence],
            [*sexes, Group(sex=UNKNOWN)],
            [*crossed, Group(sex="F", age_group=UNKNOWN)],
        ]
        return self._random.choice(choices)

    def _row(self, indicator: Indicator, period: Period, place: str, group: Group) -> Statement:
        random = self._random
        row = Statement(indicator.code, period, place, group)
        if self._chance(0.12):
            return replace(row, qualifier=random.choice(VALUELESS))
        qualifier = random.choice(QUALIFIERS) if self._chance(0.15) else "exact"
        if indicator.value_type == "percent":
            denominator = random.randint(1, 30)
            numerator = random.randint(0, denominator)
            value = round(Decimal(100 * numerator) / denominator, random.choice((0, 1, 2)))
            if self._chance(0.2):
                return replace(row, value=value, qualifier=qualifier)
            return replace(
                row, value=value, qualifier=qualifier, numerator=Decimal(numerator), denominator=Decimal(denominator)
            )
        if indicator.value_type == "amount":
            return replace(row, value=Decimal(random.randint(0, 9999)) / 100, qualifier=qualifier)
        value = Decimal(random.choice((0, 1, 5, 7, 12, 100, random.randint(0, 5000))))
        return replace(row, value=value, qualifier=qualifier)

    def _deliverables(
        self, indicator: Indicator, period: Period, places: Sequence[str], deliverables: Sequence[tuple[str, str]]
    ) -> list[Statement]:
        random = self._random
        return [
            Statement(
                indicator.code,
                period,
                random.choice(places),
                value=Decimal(1),
                deliverable=code,
                deliverable_status=random.choice(("planned", "in_progress", "under_approval", "done", "done")),
            )
            for code, counted_by in deliverables
            if counted_by == indicator.code and self._chance(0.7)
        ]

    # --- how it arrives

    def _versions(
        self,
        organisation: str,
        family: Family,
        statements: tuple[Statement, ...],
        number: int,
        indicators: Sequence[Indicator],
    ) -> list[Report]:
        """A report, and what replaced it or tried to: revisions, late ones, ones that were sent back."""
        random = self._random
        count = random.choice((1, 1, 1, 2, 2, 3))
        days = sorted(random.choice(RECEIVED) for _ in range(count))
        is_illustrative = family.name == "sex_report" and self._chance(0.15)
        kinds = {indicator.code: indicator for indicator in indicators}
        reports = []
        for version, day in enumerate(days):
            if version:
                statements = self._revised(statements, kinds)
            mark = f" {ILLUSTRATIVE_MARK}" if is_illustrative else ""
            stem = f"r{number}" if family.key == BY_FILE else f"r{number}v{version}"
            reports.append(
                Report(
                    organisation,
                    family,
                    f"{stem}{mark}.csv",
                    day,
                    statements,
                    "illustrative" if is_illustrative else family.status,
                    not self._chance(0.12),
                )
            )
        if family.key == BY_FILE:
            # One name on one day is one file.
            reports = list({report.received_date: report for report in reports}.values())
        return reports

    def _revised(self, statements: tuple[Statement, ...], kinds: dict[str, Indicator]) -> tuple[Statement, ...]:
        """Some rows changed, some gone; the period stays."""
        revised = []
        for row in statements:
            if self._chance(0.1) and len(statements) > 1:
                continue
            indicator = kinds[row.indicator]
            if self._chance(0.4):
                if indicator.is_deliverable_count:
                    row = replace(row, deliverable_status=self._random.choice(("under_approval", "done")))
                else:
                    row = replace(self._row(indicator, row.period, row.place, row.group), citation=row.citation)
            revised.append(row)
        return tuple(revised) or statements

    def _printed(self, reports: Sequence[Report], indicators: Sequence[Indicator]) -> Iterator[Printed]:
        """Of some statements, what a publication prints: the same, nearly the same, or something else."""
        random = self._random
        rows, likely = _printable(reports)
        known = {indicator.code: indicator for indicator in indicators}
        for position in range(random.choice((0, 2, 4)) if rows else 0):
            row, report = random.choice(likely if likely and self._chance(0.8) else rows)
            value, qualifier = row.value or Decimal(random.randint(0, 4)), row.qualifier
            if known[row.indicator].is_deliverable_count:
                value, qualifier = Decimal(random.randint(0, 3)), "exact"
            elif row.value is None or self._chance(0.3):
                # What is rounded is printed as approximate, or not.
                value = round(value * random.choice((Decimal("0.99"), Decimal("1.01"), Decimal("1.05"))), 2)
                qualifier = random.choice(("approximate", "approximate", "exact"))
            # Deliverables are counted for the country.
            is_rolled_up = known[row.indicator].is_deliverable_count or self._chance(0.2)
            yield Printed(
                f"{self._prefix}_F{position}",
                random.choice(("figure", "total", "parts")),
                row.indicator,
                COUNTRY if is_rolled_up else row.place,
                periods_of(row.period.end.year, "year")[0] if is_rolled_up else row.period,
                report.status,
                value,
                qualifier,
                row.citation if self._chance(0.8) else random.choice(CITATIONS),
            )

    def _compared(self, reports: Sequence[Report], indicators: Sequence[Indicator]) -> Iterator[Compared]:
        """Figures of one or several indicators that a reader would hold against each other."""
        random = self._random
        rows, likely = _printable(reports)
        for position in range(random.choice((0, 2, 4)) if rows else 0):
            row, report = random.choice(likely if likely and self._chance(0.8) else rows)
            relation = random.choice(("whole", "sum", "sum", "share", "not_compared"))
            value = row.value or Decimal(random.randint(0, 4))
            codes = (row.indicator,)
            if self._chance(0.3):
                codes = tuple(random.sample([indicator.code for indicator in indicators], len(indicators)))
            right = Side(row.period, codes)
            tolerance = random.choice((Decimal(0), Decimal("0.05"), Decimal(1), Decimal(50)))
            denominator = None
            if relation == "share":
                denominator = Decimal(random.choice((3, 7, 250, 7493000)))
                left = Side(row.period, (), round(100 * value / denominator, random.choice((1, 4, 10))))
            elif relation == "whole":
                left = Side(row.period, (), Decimal(100))
            else:
                # The same, as far off as rounding explains, a little further, and something else.
                printed = (value, value + tolerance, value + tolerance + Decimal("0.01"), 2 * value)
                left = Side(row.period, (), random.choice(printed))
            if relation != "whole" and self._chance(0.4):
                # Another figure of the release stands on the left, perhaps of another period.
                other, _ = random.choice(likely or rows)
                left = Side(other.period if self._chance(0.5) else row.period, (random.choice(indicators).code,))
                if relation == "not_compared" and self._chance(0.3):
                    right = Side(row.period, (), value)
            yield Compared(
                f"{self._prefix}_V{position}",
                relation,
                row.place,
                report.status,
                left,
                right,
                denominator,
                tolerance,
            )

    # --- what is asked for

    def _targets(self, indicator: Indicator) -> list[Target]:
        if not self._chance(0.4):
            return []
        random = self._random
        numbers: list[Decimal | None] = [Decimal(random.randint(0, 200)), Decimal(random.randint(0, 200))]
        if self._chance(0.15):
            numbers[random.randint(0, 1)] = None
        # A target against the indicator's direction is refused by a test of the models.
        if None not in numbers and indicator.direction != "none":
            numbers.sort(reverse=indicator.direction == "decrease")
        span = random.choice((*periods_of(2019, "year") * 3, *periods_of(2019, "quarter")[:1], MULTI_YEAR[0]))
        return [Target(indicator.code, span, *numbers, random.choice(("reported", "published", "illustrative")))]

    def _enrolments(self, organisations: Sequence[str], programme: str) -> list[Enrolment]:
        random = self._random
        return [
            Enrolment(
                organisation,
                random.choice(FAMILIES[:2] + FAMILIES[3:]).name,
                programme,
                random.choice(tuple(GRAINS)),
                random.choice((dt.date(2019, 1, 1), dt.date(2019, 2, 10), dt.date(2018, 7, 1))),
                random.choice((None, dt.date(2019, 12, 31), dt.date(2019, 6, 30), dt.date(2019, 8, 15))),
                random.choice((0, 30, 100)),
                random.choice(("reported", "reported", "illustrative")),
            )
            for organisation in organisations
            if self._chance(0.5)
        ]


def _printable(reports: Sequence[Report]) -> tuple[list[tuple[Statement, Report]], list[tuple[Statement, Report]]]:
    """All statements, and those of them for which the warehouse mostly has a figure."""
    rows = [(row, report) for report in reports for row in report.statements]
    likely = [
        (row, report) for row, report in rows if row.period.grain in ("year", "multi_year") and row.group == EVERYBODY
    ]
    return rows, likely
