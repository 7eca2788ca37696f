{{
    config(
        materialized='incremental',
        incremental_strategy='merge',
        table_type='iceberg',
        unique_key='media_version_id',
        delete_condition='src.valid_from_at is null',
        update_condition="(target.valid_to_at is distinct from src.valid_to_at
            or target.valid_from_at is distinct from src.valid_from_at
            or target.version_number is distinct from src.version_number
            or target.attributes_hash is distinct from src.attributes_hash)",
        unique_tmp_table_suffix=true,
        versions_to_keep=1,
        table_properties=iceberg_table_properties(),
        contract={'enforced': true},
    )
}}

{#-
    Gaps and islands over the nightly snapshots of all medias. A version begins where anything about a
    media changed from one snapshot to the next, where it vanished, and where it came back.

    Incremental: snapshots before the window cannot change any more, so the versions that began before
    it are the base, and only the snapshots of the window are read again.
-#}

with

snapshots as (

    select
        *,
        -- Text keeps doubles and timestamps exact; JSON keeps null apart from ''.
        to_hex(md5(to_utf8(json_format(cast(
            array[
                cast(media_numeric_id as varchar), media_name, media_type, status, section, description,
                json_format(cast(tags as json)), cast(is_archived as varchar), cast(is_protected as varchar),
                folder_id, cast(folder_numeric_id as varchar), folder_name, subfolder_id, subfolder_name,
                cast(duration_seconds as varchar), cast(progress as varchar), cast(asset_count as varchar),
                cast(original_file_bytes as varchar), cast(original_width as varchar),
                cast(original_height as varchar), thumbnail_url, cast(thumbnail_width as varchar),
                cast(thumbnail_height as varchar), cast(created_at as varchar), cast(updated_at as varchar)
            ] as json
        ))))) as attributes_hash
    from {{ ref('stg_wistia__media') }}
    {% if is_incremental() %}
    where snapshot_date >= date '{{ window_start_date() }}'
    {% endif %}

),

snapshot_dates as (

    select distinct snapshot_date from snapshots

),

dated_snapshots as (

    select
        snapshot_date,
        coalesce(
            lag(snapshot_date) over (order by snapshot_date),
            {% if is_incremental() %}
            {{ previous_snapshot_date(window_start_date()) }}
            {% else %}
            cast(null as date)
            {% endif %}
        ) as previous_snapshot_date
    from snapshot_dates

),

base_versions as (

    {% if is_incremental() %}
    select *
    from (
        select
            *,
            row_number() over (partition by media_id order by first_snapshot_date desc) as recency
        from {{ this }}
        where first_snapshot_date < date '{{ window_start_date() }}'
    ) as earlier_versions
    where recency = 1
    {% else %}
    select
        cast(null as varchar) as media_id,
        cast(null as date) as first_snapshot_date,
        cast(null as varchar) as attributes_hash,
        cast(null as boolean) as is_deleted,
        cast(null as bigint) as version_number,
        cast(null as timestamp) as valid_from_at,
        {{ media_attributes_of_no_media() }}
    where false
    {% endif %}

),

known_medias as (

    select
        media_id,
        min(first_date) as first_date
    from (
        select
            media_id,
            min(snapshot_date) as first_date
        from snapshots
        group by media_id
        union all
        select
            media_id,
            first_snapshot_date as first_date
        from base_versions
    ) as appearances
    group by media_id

),

-- One row per media and snapshot since its first, whether it was listed there or not.
observations as (

    select
        known_medias.media_id,
        dated_snapshots.snapshot_date,
        dated_snapshots.previous_snapshot_date,
        snapshots.media_id is not null as is_listed,
        false as is_base,
        snapshots.updated_at,
        coalesce(snapshots.attributes_hash, 'deleted') as fingerprint
    from known_medias
    inner join dated_snapshots
        on known_medias.first_date <= dated_snapshots.snapshot_date
    left join snapshots
        on
            known_medias.media_id = snapshots.media_id
            and dated_snapshots.snapshot_date = snapshots.snapshot_date

    union all

    select
        media_id,
        first_snapshot_date as snapshot_date,
        cast(null as date) as previous_snapshot_date,
        true as is_listed,
        true as is_base,
        updated_at,
        case when is_deleted then 'deleted' else attributes_hash end as fingerprint
    from base_versions

),

compared as (

    select
        *,
        lag(fingerprint) over (partition by media_id order by snapshot_date) as previous_fingerprint,
        -- Attributes of a deleted version are those that were seen last.
        max(case when is_listed then snapshot_date end) over (
            partition by media_id order by snapshot_date
            rows between unbounded preceding and current row
        ) as attributes_date,
        max(case when is_listed then updated_at end) over (
            partition by media_id order by snapshot_date
            rows between unbounded preceding and 1 preceding
        ) as previous_updated_at
    from observations

),

changes as (

    select *
    from compared
    where previous_fingerprint is null or previous_fingerprint <> fingerprint

),

-- The attributes to take for a version: from its snapshot, or from the base.
attributes as (

    select
        media_id,
        snapshot_date as attributes_date,
        attributes_hash,
        {{ media_attributes() }}
    from snapshots

    union all

    select
        media_id,
        first_snapshot_date as attributes_date,
        attributes_hash,
        {{ media_attributes() }}
    from base_versions

),

described as (

    select
        changes.media_id,
        changes.snapshot_date as first_snapshot_date,
        changes.fingerprint = 'deleted' as is_deleted,
        attributes.attributes_hash,
        coalesce(base_versions.version_number - 1, 0) + row_number() over (
            partition by changes.media_id order by changes.snapshot_date
        ) as version_number,
        case
            when changes.is_base then base_versions.valid_from_at
            when changes.previous_fingerprint is null
                then coalesce(attributes.created_at, cast(changes.snapshot_date as timestamp))
            -- Wistia's own time of the change, when it can be the time of this change.
            when
                changes.fingerprint <> 'deleted'
                and changes.updated_at > coalesce(changes.previous_updated_at, timestamp '1970-01-01 00:00:00')
                and cast(changes.updated_at as date)
                between changes.previous_snapshot_date and changes.snapshot_date
                then changes.updated_at
            else cast(changes.snapshot_date as timestamp)
        end as noticed_from_at,
        {{ media_attributes('attributes') }}
    from changes
    inner join attributes
        on
            changes.media_id = attributes.media_id
            and changes.attributes_date = attributes.attributes_date
    left join base_versions
        on changes.media_id = base_versions.media_id

),

-- A version never starts before the one that it replaces.
started as (

    select
        *,
        max(noticed_from_at) over (
            partition by media_id order by first_snapshot_date
            rows between unbounded preceding and current row
        ) as valid_from_at
    from described

),

versions as (

    select
        *,
        lead(valid_from_at) over (partition by media_id order by first_snapshot_date) as valid_to_at
    from started

),

{% if is_incremental() %}
-- Nights of which this table has a version and staging no snapshot any more. Without them what follows is
-- guesswork: the merge then changes nothing, and a test of the staging model names the days.
lost_snapshots as (

    select existing.first_snapshot_date
    from {{ this }} as existing
    left join snapshot_dates on existing.first_snapshot_date = snapshot_dates.snapshot_date
    where
        snapshot_dates.snapshot_date is null
        and existing.first_snapshot_date between date '{{ window_start_date() }}' and date '{{ clock_date() }}'

),

{% endif %}
final as (

    select
        media_id || '@' || cast(first_snapshot_date as varchar) as media_version_id,
        media_id,
        cast(version_number as bigint) as version_number,
        {{ cast_timestamp('valid_from_at') }} as valid_from_at,
        {{ cast_timestamp('valid_to_at') }} as valid_to_at,
        valid_to_at is null
        and row_number() over (partition by media_id order by first_snapshot_date desc) = 1 as is_current,
        is_deleted,
        first_snapshot_date,
        attributes_hash,
        {{ media_attributes(cast_timestamps=true) }}
    from versions

    {% if is_incremental() %}
    where not exists (select 1 from lost_snapshots)

    union all

    -- A snapshot was taken again and the change is gone: valid_from_at null deletes the version.
    select
        existing.media_version_id,
        existing.media_id,
        existing.version_number,
        {{ cast_timestamp('null') }} as valid_from_at,
        {{ cast_timestamp('null') }} as valid_to_at,
        existing.is_current,
        existing.is_deleted,
        existing.first_snapshot_date,
        existing.attributes_hash,
        {{ media_attributes('existing', cast_timestamps=true) }}
    from {{ this }} as existing
    left join versions
        on
            existing.media_id = versions.media_id
            and existing.first_snapshot_date = versions.first_snapshot_date
    where
        existing.first_snapshot_date >= date '{{ window_start_date() }}'
        and versions.media_id is null
        and not exists (select 1 from lost_snapshots)
    {% endif %}

)

select * from final
