-- The years of what was reported, each with a checksum of all that its figures are made from: the observations of
-- its periods and the deliverables that are counted in it. Changed are those that the build before knew otherwise,
-- or did not know, and those of which nothing is left.
{% set of_observation = [
    'observation_id', 'receipt_id', 'family', 'organisation_code', 'indicator_code', 'period_start', 'period_end',
    'period_grain', 'place_code', 'sex', 'age_group', 'residence', 'population_group', 'value', 'numerator',
    'denominator', 'qualifier', 'data_status', 'source_sheet', 'source_cell', 'source_text', 'row_number', 'citation',
    'citation_place', 'remark', 'deliverable_code', 'deliverable_status', 'received_date', 'correction_code',
    'value_as_reported', 'report_number', 'report_key', 'contract_version', 'received_at', 'superseded_at',
    'next_receipt_id', 'is_standing'
] %}
{% set of_deliverable = [
    'deliverable_code', 'data_status', 'indicator_code', 'status', 'first_period_start', 'first_period_end'
] %}
with

observation as (select * from {{ ref('int_observation_version') }}),

deliverable as (select * from {{ ref('int_deliverable') }}),

input as (
    select
        observation.year,
        count(*) as observations,
        0 as deliverables,
        {{ checksum_of_rows('observation', of_observation) }} as checksum
    from observation
    group by observation.year
    union all
    select
        cast(extract(year from deliverable.first_period_end) as integer) as year,
        0 as observations,
        count(*) as deliverables,
        {{ checksum_of_rows('deliverable', of_deliverable) }} as checksum
    from deliverable
    group by extract(year from deliverable.first_period_end)
),

now_known as (
    select
        input.year,
        cast(sum(input.observations) as bigint) as observations,
        cast(sum(input.deliverables) as bigint) as deliverables,
        max(case when input.observations > 0 then input.checksum end) as observations_checksum,
        max(case when input.deliverables > 0 then input.checksum end) as deliverables_checksum
    from input
    group by input.year
),

known_before as ({{ years_known_before('now_known') }}),

final as (
    select
        coalesce(now_known.year, known_before.year) as year,
        coalesce(now_known.observations, 0) as observations,
        coalesce(now_known.deliverables, 0) as deliverables,
        now_known.observations_checksum,
        now_known.deliverables_checksum,
        (coalesce(now_known.observations, 0) is distinct from known_before.observations)
        or (coalesce(now_known.deliverables, 0) is distinct from known_before.deliverables)
        or (now_known.observations_checksum is distinct from known_before.observations_checksum)
        or (now_known.deliverables_checksum is distinct from known_before.deliverables_checksum) as is_changed
    from now_known
    full outer join known_before on now_known.year is not distinct from known_before.year
)

select * from final
