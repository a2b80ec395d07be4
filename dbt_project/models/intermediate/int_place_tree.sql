with

place as (select * from {{ ref('stg_framework__place') }}),

country as (
    select
        place.place_code,
        place.parent_code,
        0 as depth
    from place
    where place.parent_code is null
),

region as (
    select
        place.place_code,
        place.parent_code,
        1 as depth
    from place
    inner join country on place.parent_code = country.place_code
),

province as (
    select
        place.place_code,
        place.parent_code,
        2 as depth
    from place
    inner join region on place.parent_code = region.place_code
),

node as (
    select * from country
    union all
    select * from region
    union all
    select * from province
),

child as (
    select
        node.parent_code,
        count(*) as children
    from node
    where node.parent_code is not null
    group by node.parent_code
),

final as (
    select
        node.place_code,
        node.parent_code,
        node.depth,
        cast(coalesce(child.children, 0) as integer) as children
    from node
    left join child on node.place_code = child.parent_code
)

select * from final
