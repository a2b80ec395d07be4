with

source as (select * from {{ source('lake', 'receipts') }}),

final as (
    select
        receipt_id,
        organisation_code,
        organisation_folder,
        file_name,
        inbox_path,
        file_sha256,
        size_bytes,
        archive_path,
        received_date,
        received_at
    from source
)

select * from final
