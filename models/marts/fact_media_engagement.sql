{{
    config(
        materialized='incremental',
        incremental_strategy='merge',
        table_type='iceberg',
        unique_key=['media_id', 'event_date'],
        partitioned_by=['month(event_date)'],
        incremental_predicates=['__in_merge_days__(target.event_date)'],
        delete_condition='src.plays is null',
        unique_tmp_table_suffix=true,
        versions_to_keep=1,
        table_properties=iceberg_table_properties(),
    )
}}

{%- do read_renewed_totals(ref('fact_events'), 'event_date, media_id') %}

with

events as (

    select * from {{ ref('fact_events') }}
    {% if is_incremental() and not is_backfill() %}
    where {{ in_merge_days('event_date') }}
    {% endif %}

),

reported as (

    select * from {{ ref('stg_wistia__media_daily_stats') }}
    {% if is_incremental() and not is_backfill() %}
    where {{ in_merge_days('event_date') }}
    {% endif %}

),

measured as (

    select * from {{ ref('stg_wistia__media_analytics') }}
    {% if is_incremental() and not is_backfill() %}
    where {{ in_merge_days('event_date') }}
    {% endif %}

),

medias as (

    select
        media_id,
        first_seen_date
    from {{ ref('dim_media') }}

),

{% if is_incremental() -%}
existing as (

    select
        media_id,
        event_date,
        plays
    from {{ this }}
    {% if not is_backfill() %}
    where {{ in_merge_days('event_date') }}
    {% endif %}

),

{% endif -%}
lifespans as (

    select
        lifespans.media_id,
        greatest(lifespans.there_from_date, medias.first_seen_date) as first_date,
        least(
            coalesce(lifespans.there_to_date, date '{{ newest_night_date() }}'), date '{{ newest_night_date() }}'
        ) as last_date
    from {{ ref('int_media_lifespans') }} as lifespans
    inner join medias on lifespans.media_id = medias.media_id

),

-- Every media on every day on which it existed, days without a play too; on other days only if something happened.
-- A repeated old night does not cut off the days after it.
calendar as (

    select
        lifespans.media_id,
        days_there.event_date
    from lifespans
    cross join
        unnest(sequence(lifespans.first_date, greatest(lifespans.first_date, lifespans.last_date)))
            as days_there (event_date)
    where days_there.event_date <= lifespans.last_date

    union

    select
        media_id,
        event_date
    from events

    union

    select
        media_id,
        event_date
    from reported
    where
        {{ is_reported_activity() }}
        and event_date <= date '{{ newest_night_date() }}'

    union

    select
        media_id,
        event_date
    from measured
    where
        {{ is_measured_activity() }}
        and event_date <= date '{{ newest_night_date() }}'

),

media_days as (

    select calendar.*
    from calendar
    {% if is_incremental() %}
    {% if is_backfill() %}
    -- A backfill may move the first day of a media: the days between it and the next row are filled with all known
    -- figures, and so are the days of an earlier backfill that failed.
    left join existing
        on
            calendar.media_id = existing.media_id
            and calendar.event_date = existing.event_date
    where
        existing.media_id is null
        or {{ in_merge_days('calendar.event_date') }}
    {% else %}
    where {{ in_merge_days('calendar.event_date') }}
    {% endif %}
    {% endif %}

),

sessions as (

    select
        media_id,
        event_date,
        {{ session_measures() }},
        count_if({{ reaches(0.25) }}) as reached_25_count,
        count_if({{ reaches(0.50) }}) as reached_50_count,
        count_if({{ reaches(0.75) }}) as reached_75_count,
        count_if({{ reaches(0.90) }}) as reached_90_count,
        count_if({{ reaches(1.00) }}) as reached_100_count,
        count_if(is_new_lead) as new_leads
    from events
    group by media_id, event_date

),

{% if is_incremental() -%}
rows_before as (

    select *
    from existing
    where {{ in_merge_days('event_date') }}

),

{% endif -%}
days as (

    {% if is_incremental() %}
    -- The day has no activity any more, or the media did not exist then: plays null deletes the row. No media at all,
    -- or a window without any row, means that the sources could not be read, so nothing is deleted. Rows with plays
    -- are the exception: fact_events loses only sessions that were erased.
    select
        coalesce(media_days.media_id, rows_before.media_id) as media_id,
        coalesce(media_days.event_date, rows_before.event_date) as event_date,
        media_days.media_id is not null as is_there
    from media_days
    full join rows_before
        on
            media_days.media_id = rows_before.media_id
            and media_days.event_date = rows_before.event_date
    where
        media_days.media_id is not null
        or (
            exists (select 1 from medias)
            and (
                exists (select 1 from events where {{ in_merge_days('event_date') }})
                or exists (select 1 from reported where {{ in_merge_days('event_date') }})
                or exists (select 1 from measured where {{ in_merge_days('event_date') }})
                or rows_before.plays > 0
            )
        )
    {% else %}
    select
        *,
        true as is_there
    from media_days
    {% endif %}

),

final as (

    select
        -- keys
        days.media_id || '@' || cast(days.event_date as varchar) as media_day_id,
        days.media_id,
        days.event_date,

        -- counted from viewing sessions
        case when days.is_there then coalesce(sessions.plays, 0) end as plays,
        coalesce(sessions.unique_viewers, 0) as unique_viewers,
        -- Null if there are plays and none has a known duration: that is not zero seconds.
        case when sessions.plays is null then 0 else sessions.watch_seconds end as watch_seconds,
        coalesce(sessions.plays_with_duration, 0) as plays_with_duration,
        sessions.average_percent_viewed,
        coalesce(sessions.plays_with_percent_viewed, 0) as plays_with_percent_viewed,
        coalesce(sessions.reached_25_count, 0) as reached_25_count,
        coalesce(sessions.reached_50_count, 0) as reached_50_count,
        coalesce(sessions.reached_75_count, 0) as reached_75_count,
        coalesce(sessions.reached_90_count, 0) as reached_90_count,
        coalesce(sessions.reached_100_count, 0) as reached_100_count,
        coalesce(sessions.completion_count, 0) as completion_count,
        {{ rate('sessions.reached_25_count', 'sessions.plays') }} as reached_25_rate,
        {{ rate('sessions.reached_50_count', 'sessions.plays') }} as reached_50_rate,
        {{ rate('sessions.reached_75_count', 'sessions.plays') }} as reached_75_rate,
        {{ rate('sessions.reached_90_count', 'sessions.plays') }} as reached_90_rate,
        {{ rate('sessions.reached_100_count', 'sessions.plays') }} as reached_100_rate,
        {{ rate('sessions.completion_count', 'sessions.plays') }} as completion_rate,
        coalesce(sessions.conversions, 0) as conversions,
        coalesce(sessions.new_leads, 0) as new_leads,

        -- reported by Wistia per day
        reported.load_count as loads,
        reported.play_count as plays_reported,
        reported.modelled_hours_watched,

        -- measured by Wistia's analytics
        measured.play_count as plays_measured,
        measured.unique_play_count as unique_plays_measured,
        measured.unique_load_count as unique_loads_measured,
        measured.unique_visitor_count as unique_visitors_measured,
        measured.play_rate,
        measured.engagement_rate as engagement_rate_measured,
        measured.played_seconds as played_seconds_measured,

        -- completeness
        {{ is_complete_day('days.event_date') }} as is_complete_day,
        {{ is_day_over('measured.bucket_started_at', 'measured.ingested_at') }} as is_complete_day_measured
    from days
    left join sessions
        on
            days.media_id = sessions.media_id
            and days.event_date = sessions.event_date
    left join reported
        on
            days.media_id = reported.media_id
            and days.event_date = reported.event_date
    left join measured
        on
            days.media_id = measured.media_id
            and days.event_date = measured.event_date

)

select * from final
