{{
    config(
        materialized='table',
        table_type='iceberg',
        versions_to_keep=1,
        table_properties=iceberg_table_properties(),
    )
}}

with

versions as (

    select * from {{ ref('media_versions') }}

),

activity as (

    select * from {{ ref('int_media_activity') }}

),

first_versions as (

    select
        media_id,
        min(first_snapshot_date) as first_snapshot_date
    from versions
    group by media_id

),

current_versions as (

    select * from versions
    where is_current

),

lifetime as (

    select * from {{ ref('int_media_lifetime') }}

),

-- Folders as of the newest snapshot. The filter avoids reading older partitions.
recent_folders as (

    select
        *,
        rank() over (order by snapshot_date desc) as recency
    from {{ ref('stg_wistia__folders') }}
    where
        snapshot_date between date_add('day', -{{ _lookback_days() }}, date '{{ newest_night_date() }}')
        and date '{{ newest_night_date() }}'

),

folders as (

    select * from recent_folders
    where recency = 1

),

-- Every media that a list ever showed, or that has events or statistics.
media_ids as (

    select media_id from first_versions
    union
    select media_id from activity

),

final as (

    select
        -- keys
        media_ids.media_id,
        current_versions.media_version_id,
        current_versions.media_numeric_id,

        -- what it is
        coalesce(current_versions.media_name, activity.last_played_media_name) as media_name,
        current_versions.media_type,
        current_versions.status,
        current_versions.section,
        current_versions.description,
        array_join(current_versions.tags, ', ') as tags,
        case
            when current_versions.media_id is null then 'never_listed'
            when current_versions.is_deleted then 'deleted'
            when current_versions.is_archived then 'archived'
            else 'listed'
        end as media_state,
        current_versions.is_archived,
        current_versions.is_protected,
        coalesce(current_versions.is_deleted, false) as is_deleted,
        current_versions.media_id is null as is_inferred,

        -- folder
        current_versions.folder_id,
        coalesce(folders.folder_name, current_versions.folder_name) as folder_name,
        folders.folder_description,
        current_versions.subfolder_id,
        current_versions.subfolder_name,

        -- file
        current_versions.duration_seconds,
        current_versions.page_count,
        current_versions.asset_count,
        current_versions.original_file_bytes,
        current_versions.original_width,
        current_versions.original_height,
        current_versions.thumbnail_url,

        -- times
        {{ cast_timestamp('current_versions.created_at') }} as created_at,
        {{ cast_timestamp('current_versions.updated_at') }} as updated_at,
        least(
            coalesce(first_versions.first_snapshot_date, activity.first_active_date),
            coalesce(activity.first_active_date, first_versions.first_snapshot_date)
        ) as first_seen_date,
        case when current_versions.is_deleted then cast(current_versions.valid_from_at as date) end as deleted_date,
        {{ cast_timestamp('activity.last_played_at') }} as last_played_at,

        -- lifetime figures, as Wistia reported them last
        lifetime.load_count as lifetime_loads_reported,
        lifetime.play_count as lifetime_plays_reported,
        lifetime.visitor_count as lifetime_visitors_reported,
        lifetime.play_rate as lifetime_play_rate,
        lifetime.engagement_rate as lifetime_engagement_rate,
        lifetime.modelled_hours_watched as lifetime_modelled_hours_watched,
        lifetime.reported_date as lifetime_reported_date
    from media_ids
    left join first_versions on media_ids.media_id = first_versions.media_id
    left join current_versions on media_ids.media_id = current_versions.media_id
    left join activity on media_ids.media_id = activity.media_id
    left join lifetime on media_ids.media_id = lifetime.media_id
    left join folders on current_versions.folder_id = folders.folder_id

)

select * from final
