{{
    config(
        materialized='incremental',
        incremental_strategy='merge',
        table_type='iceberg',
        unique_key='media_id',
        delete_condition='src.reported_date is null',
        update_condition="(target.reported_date is distinct from src.reported_date
            or target.load_count is distinct from src.load_count
            or target.play_count is distinct from src.play_count
            or target.visitor_count is distinct from src.visitor_count
            or target.play_rate is distinct from src.play_rate
            or target.engagement_rate is distinct from src.engagement_rate
            or target.modelled_hours_watched is distinct from src.modelled_hours_watched)",
        unique_tmp_table_suffix=true,
        versions_to_keep=1,
        table_properties=iceberg_table_properties(),
    )
}}

{#-
    Wistia reports lifetime figures only for a media that exists, so the last ones are kept. Incremental: only the
    window is read, and kept figures stay if the window does not contain their snapshot. If that snapshot no longer
    shows them, an older snapshot may be the last one: then all snapshots are read.
-#}

{%- set is_reported = 'coalesce(load_count, play_count, visitor_count, play_rate, engagement_rate,'
    ~ ' modelled_hours_watched) is not null' %}
{%- set is_windowed = is_incremental()
    and not has_withdrawn_rows(ref('stg_wistia__media_stats'), 'reported_date', is_reported) %}

with

snapshots as (

    select
        *,
        {{ is_reported }} as is_reported
    from {{ ref('stg_wistia__media_stats') }}
    where
        snapshot_date <= date '{{ newest_night_date() }}'
        and {{ "snapshot_date >= date '" ~ window_start_date() ~ "'" if is_windowed else 'true' }}

),

known as (

    select
        media_id,
        snapshot_date as reported_date,
        load_count,
        play_count,
        visitor_count,
        play_rate,
        engagement_rate,
        modelled_hours_watched
    from snapshots
    where is_reported

    {% if is_incremental() %}
    union all

    select
        kept.media_id,
        -- Null deletes the row if no snapshot has figures, also a row that a wrong run dated after the newest night.
        case
            when nights.snapshot_date is null and kept.reported_date <= date '{{ newest_night_date() }}'
                then kept.reported_date
        end as reported_date,
        kept.load_count,
        kept.play_count,
        kept.visitor_count,
        kept.play_rate,
        kept.engagement_rate,
        kept.modelled_hours_watched
    from {{ this }} as kept
    left join (select distinct snapshots.snapshot_date from snapshots) as nights
        on kept.reported_date = nights.snapshot_date
    {% endif %}

),

ranked as (

    select
        *,
        row_number() over (partition by media_id order by reported_date desc nulls last) as recency
    from known

),

final as (

    select
        media_id,
        reported_date,
        load_count,
        play_count,
        visitor_count,
        play_rate,
        engagement_rate,
        modelled_hours_watched
    from ranked
    where recency = 1

)

select * from final
