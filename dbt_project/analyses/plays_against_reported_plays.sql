-- Share of Wistia's own plays that are sessions here, by month, over the same media days on both sides.
with

compared as (

    {{ compared_plays() }}

)

select
    cast(date_trunc('month', event_date) as date) as month_start_date,
    sum(plays) as plays,
    sum(plays_reported) as plays_reported,
    {{ rate('sum(plays)', 'sum(plays_reported)') }} as share_of_reported
from compared
group by cast(date_trunc('month', event_date) as date)
order by month_start_date
