{{ config(tags=['nightly'], severity='warn', store_failures=true) }}

-- A person must look at this: lost sessions show up as plays that only Wistia's daily figures contain.
with

compared as (

    {{ compared_plays() }}

),

totals as (

    select
        media_id,
        sum(plays) as plays,
        sum(plays_reported) as plays_reported
    from compared
    where {{ in_window('event_date') }}
    group by media_id

)

select
    media_id,
    plays,
    plays_reported
from totals
where abs(plays - plays_reported) > greatest(5, {{ var('plays_tolerance') }} * plays_reported)
