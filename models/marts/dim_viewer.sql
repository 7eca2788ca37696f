{{ config(materialized='view', persist_docs={'relation': false, 'columns': true}) }}

{#-
    A view on purpose. The first day and the totals of a viewer need all sessions: a stored table would read the whole
    history every night, and erasing a viewer would need another step.
-#}

with

events as (

    select * from {{ ref('fact_events') }}

),

listed as (

    select
        *,
        row_number() over (partition by visitor_id order by snapshot_date desc) as recency
    from {{ ref('stg_wistia__visitors') }}
    where snapshot_date <= date '{{ newest_night_date() }}'

),

newest_listed as (

    select * from listed
    where recency = 1

),

viewers as (

    select
        visitor_id,
        min(received_at) as first_seen_at,
        max(received_at) as last_seen_at,
        {{ session_measures() }},
        count(distinct media_id) as medias_watched,
        count(distinct event_date) as active_days,
        max_by({{ known_or('country_code') }}, row(received_at, event_key)) as last_country_code,
        max_by({{ known_or('device_type') }}, row(received_at, event_key)) as last_device_type,
        max_by({{ known_or('browser') }}, row(received_at, event_key)) as last_browser,
        max_by({{ known_or('platform') }}, row(received_at, event_key)) as last_platform
    from events
    where visitor_id is not null
    group by visitor_id

),

final as (

    select
        viewers.visitor_id,
        viewers.first_seen_at,
        viewers.last_seen_at,
        viewers.plays,
        viewers.medias_watched,
        viewers.active_days,
        viewers.watch_seconds,
        viewers.plays_with_duration,
        viewers.average_percent_viewed,
        viewers.plays_with_percent_viewed,
        viewers.completion_count,
        viewers.conversions,
        viewers.last_country_code,
        viewers.last_device_type,
        viewers.last_browser,
        viewers.last_platform,
        newest_listed.load_count as lifetime_loads_reported,
        newest_listed.play_count as lifetime_plays_reported
    from viewers
    left join newest_listed on viewers.visitor_id = newest_listed.visitor_id

)

select * from final
