{{ config(tags=['nightly'], store_failures=true) }}

-- A session may have moved to a neighboring day, so the mart is searched in the wide window.
with

staged as (

    select distinct event_key
    from {{ ref('stg_wistia__events') }}
    where
        {{ in_window('event_date') }}
        and event_date <= date '{{ newest_night_date() }}'

),

mart as (

    select event_key
    from {{ ref('fact_events') }}
    where {{ in_wide_window('event_date') }}

)

select staged.event_key as missing_event_key
from staged
left join mart on staged.event_key = mart.event_key
where mart.event_key is null
