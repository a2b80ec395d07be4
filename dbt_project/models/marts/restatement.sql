with

restatement as (select * from {{ ref('int_restatement') }}),

final as (
    select
        {{ identity('restatement', [
            'old_receipt_id', 'new_receipt_id', 'indicator_code',
            'data_status', 'place_code', 'period_start',
            'period_end', 'sex', 'age_group', 'residence',
            'population_group', 'deliverable_code', 'occurrence',
        ]) }} as restatement_id,
        restatement.report_key,
        restatement.organisation_code,
        restatement.family,
        restatement.indicator_code,
        restatement.period_start,
        restatement.period_end,
        restatement.period_label,
        restatement.place_code,
        restatement.sex,
        restatement.age_group,
        restatement.residence,
        restatement.population_group,
        restatement.deliverable_code,
        restatement.data_status,
        restatement.change,
        restatement.old_receipt_id,
        restatement.new_receipt_id,
        restatement.old_report_received_at,
        restatement.restated_at,
        restatement.old_value,
        restatement.old_qualifier,
        restatement.old_status,
        restatement.new_value,
        restatement.new_qualifier,
        restatement.new_status,
        cast(restatement.new_value - restatement.old_value as decimal(28, 10)) as difference
    from restatement
)

select * from final
