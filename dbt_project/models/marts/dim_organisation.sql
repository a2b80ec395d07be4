with

organisation as (select * from {{ ref('stg_framework__organisation') }}),

final as (
    select
        organisation.organisation_code,
        organisation.organisation_type,
        organisation.name_ar,
        organisation.name_fr,
        organisation.name_en,
        organisation.valid_from,
        organisation.valid_to,
        organisation.data_status,
        organisation.source
    from organisation
)

select * from final
