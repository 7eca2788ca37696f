{{ config(tags=['nightly', 'quick']) }}

-- A night whose media list is missing or empty would flag every media as deleted.
select
    date '{{ as_of_date() }}' as missing_snapshot_date,
    count(*) as medias_found
from {{ ref('stg_wistia__media') }}
where snapshot_date = date '{{ as_of_date() }}'
having count(*) = 0
