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
            or target.is_deleted is distinct from src.is_deleted
            or target.previous_snapshot_date is distinct from src.previous_snapshot_date
            or target.attributes_hash is distinct from src.attributes_hash)",
        unique_tmp_table_suffix=true,
        versions_to_keep=1,
        table_properties=iceberg_table_properties(),
        contract={'enforced': true},
    )
}}

{#-
    Gaps and islands over the nightly snapshots of all medias and of the deleted ones. A version begins when an
    attribute of a media changed from one snapshot to the next, when the media was deleted, and when it was restored.

    Incremental: snapshots before the window can no longer change, so the versions that began before the window are
    the base, and only the snapshots of the window are read again.
-#}
{%- set kept = existing_columns(this) if is_incremental() else none %}
{%- set lists = lists_before(window_start_date()) if is_incremental() else {'newest': none, 'newest_whole': none} %}

with

listed as (

    select * from {{ ref('stg_wistia__media') }}
    where
        snapshot_date <= date '{{ newest_night_date() }}'
        and {{ "snapshot_date >= date '" ~ window_start_date() ~ "'" if is_incremental() else 'true' }}

),

trashed as (

    select * from {{ ref('stg_wistia__deleted_media') }}
    where
        snapshot_date <= date '{{ newest_night_date() }}'
        and {{ "snapshot_date >= date '" ~ window_start_date() ~ "'" if is_incremental() else 'true' }}

),

-- If both lists contain a media, it was deleted or restored meanwhile: the list that was fetched later is right.
snapshots as (

    select
        coalesce(listed.media_id, trashed.media_id) as media_id,
        coalesce(listed.snapshot_date, trashed.snapshot_date) as snapshot_date,
        listed.media_id is not null as is_listed,
        coalesce(listed.is_partial_list, false) as is_partial_list,
        trashed.media_id is not null
        and coalesce(trashed.ingested_at >= listed.ingested_at, true) as is_deleted,
        trashed.deleted_at,
        -- A night may run days late: its lists then show everything that happened until they were fetched.
        greatest(
            coalesce(cast(listed.ingested_at as date), listed.snapshot_date, trashed.snapshot_date),
            coalesce(cast(trashed.ingested_at as date), trashed.snapshot_date, listed.snapshot_date),
            coalesce(listed.snapshot_date, trashed.snapshot_date)
        ) as fetched_date,
        {{ media_attributes_of_either('listed', 'trashed', only=[
            'media_name', 'media_type', 'folder_id', 'folder_name', 'duration_seconds', 'page_count'
        ]) }}
    from listed
    full join trashed
        on
            listed.media_id = trashed.media_id
            and listed.snapshot_date = trashed.snapshot_date

),

hashed_snapshots as (

    select
        *,
        {{ media_attributes_hash() }} as attributes_hash
    from snapshots

),

-- Only a list of all medias shows which medias are missing, and only if all its rows could be read.
snapshot_dates as (

    select
        snapshot_date,
        bool_or(is_listed) as is_list,
        bool_or(is_listed) and not coalesce(bool_or(is_partial_list), false) as shows_deletions
    from snapshots
    group by snapshot_date

),

dated_snapshots as (

    select
        snapshot_date,
        shows_deletions,
        coalesce(
            max(case when shows_deletions then snapshot_date end) over (
                order by snapshot_date rows between unbounded preceding and 1 preceding
            ),
            {{ date_or_null(lists['newest_whole']) }}
        ) as previous_whole_list_date
    from snapshot_dates

),

base_versions as (

    {{ versions_before_window(kept) }}

),

shown_before as (

    {{ medias_shown_before_window(lists) }}

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

-- One row per media and list since its first one, whether the list contains the media or not, and one per deletion
-- in a night without a list of medias.
observations as (

    select
        known_medias.media_id,
        dated_snapshots.snapshot_date,
        -- A list that contains the media, or is whole and does not contain it.
        case
            when dated_snapshots.shows_deletions or hashed_snapshots.is_listed then dated_snapshots.snapshot_date
        end as list_date,
        dated_snapshots.previous_whole_list_date,
        hashed_snapshots.is_listed,
        hashed_snapshots.media_id is not null as is_shown,
        false as is_base,
        hashed_snapshots.updated_at,
        hashed_snapshots.deleted_at,
        hashed_snapshots.fetched_date,
        case
            when hashed_snapshots.is_deleted = false then hashed_snapshots.attributes_hash
            else 'deleted'
        end as fingerprint
    from known_medias
    inner join dated_snapshots
        on known_medias.first_date <= dated_snapshots.snapshot_date
    left join hashed_snapshots
        on
            known_medias.media_id = hashed_snapshots.media_id
            and dated_snapshots.snapshot_date = hashed_snapshots.snapshot_date
    where
        dated_snapshots.shows_deletions
        or hashed_snapshots.media_id is not null

    union all

    select
        base_versions.media_id,
        base_versions.first_snapshot_date as snapshot_date,
        coalesce(shown_before.shown_date, {{ date_or_null(lists['newest_whole']) }}) as list_date,
        base_versions.previous_snapshot_date as previous_whole_list_date,
        true as is_listed,
        true as is_shown,
        true as is_base,
        base_versions.updated_at,
        cast(null as timestamp) as deleted_at,
        cast(null as date) as fetched_date,
        case when base_versions.is_deleted then 'deleted' else base_versions.attributes_hash end as fingerprint
    from base_versions
    left join shown_before on base_versions.media_id = shown_before.media_id

),

compared as (

    select
        *,
        lag(fingerprint) over (partition by media_id order by snapshot_date) as previous_fingerprint,
        -- The change happened after this date.
        coalesce(
            max(list_date) over (
                partition by media_id order by snapshot_date
                rows between unbounded preceding and 1 preceding
            ),
            previous_whole_list_date
        ) as previous_snapshot_date,
        -- A deleted version has the attributes of the last list that contained the media; if none did, the first
        -- ones in the list of deleted medias.
        coalesce(
            max(case when is_listed then snapshot_date end) over (
                partition by media_id order by snapshot_date
                rows between unbounded preceding and current row
            ),
            min(case when is_shown then snapshot_date end) over (
                partition by media_id order by snapshot_date
                rows between unbounded preceding and current row
            )
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

-- The attributes of a version come from its snapshot or from the base.
attributes as (

    select
        media_id,
        snapshot_date as attributes_date,
        attributes_hash,
        {{ media_attributes() }}
    from hashed_snapshots

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
        changes.previous_snapshot_date,
        changes.fingerprint = 'deleted' as is_deleted,
        attributes.attributes_hash,
        coalesce(base_versions.version_number - 1, 0) + row_number() over (
            partition by changes.media_id order by changes.snapshot_date
        ) as version_number,
        case
            when changes.is_base then base_versions.valid_from_at
            when changes.previous_fingerprint is null
                then coalesce(
                    case when changes.fingerprint = 'deleted' then changes.deleted_at end,
                    attributes.created_at,
                    cast(changes.snapshot_date as timestamp)
                )
            -- Wistia's own time of the change, if it can be the time of this change.
            when
                changes.fingerprint <> 'deleted'
                and changes.updated_at > coalesce(changes.previous_updated_at, timestamp '1970-01-01 00:00:00')
                and cast(changes.updated_at as date)
                between changes.previous_snapshot_date and changes.fetched_date
                then changes.updated_at
            when
                changes.fingerprint = 'deleted'
                and cast(changes.deleted_at as date)
                between changes.previous_snapshot_date and changes.fetched_date
                then changes.deleted_at
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
        lead(valid_from_at) over (partition by media_id order by first_snapshot_date) as valid_to_at,
        row_number() over (partition by media_id order by first_snapshot_date desc) = 1 as is_current
    from started

),

{% if is_incremental() %}
existing as (

    select
        media_id,
        first_snapshot_date,
        version_number,
        is_deleted
    from {{ this }}
    where first_snapshot_date >= date '{{ window_start_date() }}'

),

-- Nights that have a version in this table, but no longer a snapshot in staging that could show it. Without these
-- snapshots the versions are unknown: the merge changes nothing, and a test of the staging model names the days.
lost_snapshots as (

    select existing.first_snapshot_date
    from existing
    left join snapshot_dates
        on
            existing.first_snapshot_date = snapshot_dates.snapshot_date
            and (snapshot_dates.is_list or existing.is_deleted)
    where
        snapshot_dates.snapshot_date is null
        and existing.first_snapshot_date <= date '{{ newest_night_date() }}'

),

{% endif %}
final as (

    select
        {% if is_incremental() -%}
        coalesce(versions.media_id, existing.media_id) || '@'
        || cast(coalesce(versions.first_snapshot_date, existing.first_snapshot_date) as varchar) as media_version_id,
        {%- else -%}
        versions.media_id || '@' || cast(versions.first_snapshot_date as varchar) as media_version_id,
        {%- endif %}
        versions.media_id,
        cast(versions.version_number as bigint) as version_number,
        {{ cast_timestamp('versions.valid_from_at') }} as valid_from_at,
        {{ cast_timestamp('versions.valid_to_at') }} as valid_to_at,
        versions.is_current,
        versions.is_deleted,
        versions.first_snapshot_date,
        versions.previous_snapshot_date,
        versions.attributes_hash,
        {{ media_attributes('versions', cast_timestamps=true) }}
    from versions

    {% if is_incremental() %}
    -- A repeated snapshot no longer shows the change, or a wrong run dated a snapshot after the newest night:
    -- valid_from_at null deletes the version.
    full join existing
        on
            versions.media_id = existing.media_id
            and versions.first_snapshot_date = existing.first_snapshot_date
    where
        not exists (select 1 from lost_snapshots)
        and (
            versions.media_id is not null
            or existing.version_number > 1
            or not existing.is_deleted
            -- Otherwise only the list of deleted medias contained it, and that list cannot be read now.
            or exists (select 1 from trashed)
        )
    {% endif %}

)

select * from final
