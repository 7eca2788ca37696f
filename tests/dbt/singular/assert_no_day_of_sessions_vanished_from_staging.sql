{{ config(tags=['nightly'], store_failures=true) }}

-- A partition that was lost leaves its sessions in the mart of the last good night and nowhere else.
with

mart_days as (

    select
        event_date,
        count(*) as sessions_in_mart
    from {{ ref('fact_events') }}
    where {{ in_window('event_date') }}
    group by event_date

),

staged_days as (

    select distinct event_date
    from {{ ref('stg_wistia__events') }}
    where {{ in_window('event_date') }}

)

select
    mart_days.event_date,
    mart_days.sessions_in_mart
from mart_days
left join staged_days on mart_days.event_date = staged_days.event_date
where staged_days.event_date is null
