{{
    config(
        materialized='incremental',
        incremental_strategy='merge',
        table_type='iceberg',
        unique_key='event_key',
        partitioned_by=['month(event_date)'],
        incremental_predicates=['__in_wide_window__(target.event_date)'],
        delete_condition='src.received_at is null',
        update_condition="(target.ingested_at is distinct from src.ingested_at
            or target.run_id is distinct from src.run_id
            or target.received_at is distinct from src.received_at
            or target.percent_viewed is distinct from src.percent_viewed
            or target.media_version_id is distinct from src.media_version_id
            or target.duration_seconds is distinct from src.duration_seconds)",
        unique_tmp_table_suffix=true,
        versions_to_keep=1,
        table_properties=iceberg_table_properties(),
    )
}}

{%- do read_renewed_sessions() %}

with

events as (

    select *
    from {{ ref('stg_wistia__events') }}
    where
        event_date <= date '{{ newest_night_date() }}'
        and {{ in_wide_window('event_date') if is_incremental() else 'true' }}

),

versions as (

    select * from {{ ref('media_versions') }}

),

-- Staging keeps one row per key and day. A session whose start was corrected across midnight is on two days: the row
-- that was ingested last counts.
ranked as (

    select
        *,
        row_number() over (
            partition by event_key
            order by ingested_at desc, run_id desc, ingested_page desc, ingested_position desc, event_date desc
        ) as recency
    from events

),

latest as (

    select *
    from ranked
    where
        recency = 1
        -- The margin only shows which sessions moved; its own rows need no merge.
        and {{ in_window('event_date') if is_incremental() else 'true' }}

),

timed as (

    select
        latest.*,
        versions.media_version_id,
        versions.duration_seconds,
        round(latest.percent_viewed * versions.duration_seconds, 3) as watch_seconds
    from latest
    left join versions
        on
            {{ is_version_of_session('latest', 'versions') }}

),

final as (

    select
        -- keys
        event_key,
        visitor_id,
        media_id,
        media_version_id,

        -- times
        {{ cast_timestamp('received_at') }} as received_at,
        event_date,

        -- viewing
        media_name,
        duration_seconds,
        percent_viewed,
        watch_seconds,
        {{ reaches(var('completion_threshold')) }} as is_completed,

        -- page
        embed_host,
        embed_path,
        utm_source,
        utm_medium,
        utm_campaign,
        utm_term,
        utm_content,

        -- place
        country_code,
        region_code,
        region_name,
        city,
        latitude,
        longitude,
        organization,

        -- conversion
        conversion_type,
        is_conversion,
        is_new_lead,
        has_email,

        -- device
        browser,
        browser_version,
        platform,
        is_mobile,
        case when is_mobile then 'mobile' when not is_mobile then 'desktop' else 'unknown' end as device_type,

        -- lineage
        {{ cast_timestamp('ingested_at') }} as ingested_at,
        run_id
    from timed

    {% if is_incremental() %}
    union all

    -- A wrong run built days after the newest night: received_at null deletes their rows.
    select
        {{ vanished_row(keys=['event_key', 'event_date']) }}
    from {{ this }}
    where event_date > date '{{ newest_night_date() }}'
    {% endif %}

)

select * from final
