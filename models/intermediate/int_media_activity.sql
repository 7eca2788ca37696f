{{
    config(
        materialized='incremental',
        incremental_strategy='merge',
        table_type='iceberg',
        unique_key='media_id',
        delete_condition='src.first_active_date is null and src.last_played_at is null',
        update_condition="(target.first_active_date is distinct from src.first_active_date
            or target.last_played_at is distinct from src.last_played_at
            or target.last_played_media_name is distinct from src.last_played_media_name)",
        unique_tmp_table_suffix=true,
        versions_to_keep=1,
        table_properties=iceberg_table_properties(),
    )
}}

{#-
    Incremental: a kept date within the window is dropped and found again in the window; a date outside the window
    cannot have changed. If the window no longer confirms a kept date, a viewer was erased or Wistia withdrew a figure,
    and the right date may be outside: then all days are read. If the window has no row of any media, Wistia's figures
    could not be read, and a media that has only figures keeps its date. Sessions come from fact_events, which loses
    only sessions that were erased.
-#}
{%- set is_windowed = is_incremental() and not has_lost_activity() %}

with

events as (

    select
        media_id,
        min(event_date) as first_active_date,
        max(received_at) as last_played_at,
        max_by(media_name, row(received_at, event_key)) as last_played_media_name
    from {{ ref('fact_events') }}
    {% if is_windowed %}
    where {{ in_wide_window('event_date') }}
    {% endif %}
    group by media_id

),

reported as (

    select
        media_id,
        min(event_date) as first_active_date
    from {{ ref('stg_wistia__media_daily_stats') }}
    where
        {{ is_reported_activity() }}
        and event_date <= date '{{ newest_night_date() }}'
        and {{ in_wide_window('event_date') if is_windowed else 'true' }}
    group by media_id

),

measured as (

    select
        media_id,
        min(event_date) as first_active_date
    from {{ ref('stg_wistia__media_analytics') }}
    where
        {{ is_measured_activity() }}
        and event_date <= date '{{ newest_night_date() }}'
        and {{ in_wide_window('event_date') if is_windowed else 'true' }}
    group by media_id

),

found as (

    select
        'played' as evidence,
        media_id,
        first_active_date,
        last_played_at,
        last_played_media_name
    from events

    union all

    select
        'reported' as evidence,
        media_id,
        first_active_date,
        null as last_played_at,
        null as last_played_media_name
    from reported

    union all

    select
        'measured' as evidence,
        media_id,
        first_active_date,
        null as last_played_at,
        null as last_played_media_name
    from measured

    {% if is_incremental() %}
    union all

    select
        'kept' as evidence,
        media_id,
        first_active_date,
        last_played_at,
        last_played_media_name
    from {{ this }}
    {% endif %}

),

{% if is_incremental() %}
judged as (

    select
        media_id,
        evidence <> 'kept'
        or not {{ in_wide_window('first_active_date') }}
        or (last_played_at is null and count_if(evidence <> 'kept') over () = 0) as is_activity_known,
        evidence <> 'kept'
        or not {{ in_wide_window('cast(last_played_at as date)') }} as is_play_known,
        first_active_date,
        last_played_at,
        last_played_media_name
    from found

),

valid as (

    select
        media_id,
        case when is_activity_known then first_active_date end as first_active_date,
        case when is_play_known then last_played_at end as last_played_at,
        case when is_play_known then last_played_media_name end as last_played_media_name
    from judged

),

{% endif %}
final as (

    select
        media_id,
        min(first_active_date) as first_active_date,
        {{ cast_timestamp('max(last_played_at)') }} as last_played_at,
        max_by(last_played_media_name, last_played_at) as last_played_media_name
    from {{ 'valid' if is_incremental() else 'found' }}
    group by media_id

)

select * from final
