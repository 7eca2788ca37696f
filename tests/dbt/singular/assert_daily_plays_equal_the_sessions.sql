{{ config(tags=['nightly'], store_failures=true) }}

-- Media days and the three aggregates must have the same number of plays per day as the sessions, also on a day that
-- one of them does not have.
with

sessions as (

    select
        event_date,
        count(*) as plays
    from {{ ref('fact_events') }}
    where {{ in_window('event_date') }}
    group by event_date

),

sides as (

    {% for model in [
        ref('fact_media_engagement'), ref('agg_geo_engagement'), ref('agg_device_engagement'),
        ref('agg_traffic_engagement')
    ] -%}
    select
        '{{ model.identifier }}' as model_name,
        event_date,
        plays as plays_in_model,
        0 as plays_in_sessions
    from {{ model }}
    where {{ in_window('event_date') }}
    union all
    select
        '{{ model.identifier }}' as model_name,
        event_date,
        0 as plays_in_model,
        plays as plays_in_sessions
    from sessions
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    model_name,
    event_date,
    sum(plays_in_model) as plays_in_model,
    sum(plays_in_sessions) as plays_in_sessions
from sides
group by model_name, event_date
having sum(plays_in_model) <> sum(plays_in_sessions)
