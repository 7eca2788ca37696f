{{ config(tags=['nightly'], store_failures=true) }}

-- Media days and the three aggregates must tell the same number of plays per day as the sessions do.
with

sessions as (

    select
        event_date,
        count(*) as plays
    from {{ ref('fact_events') }}
    where {{ in_window('event_date') }}
    group by event_date

),

totals as (

    {% for model in [
        ref('fact_media_engagement'), ref('agg_geo_engagement'), ref('agg_device_engagement'),
        ref('agg_traffic_engagement')
    ] -%}
    select
        '{{ model.identifier }}' as model_name,
        event_date,
        sum(plays) as plays
    from {{ model }}
    where {{ in_window('event_date') }}
    group by event_date
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    totals.model_name,
    totals.event_date,
    totals.plays as plays_in_model,
    sessions.plays as plays_in_sessions
from totals
left join sessions on totals.event_date = sessions.event_date
where totals.plays <> coalesce(sessions.plays, 0)
