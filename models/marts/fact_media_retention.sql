{{
    config(
        materialized='incremental',
        incremental_strategy='merge',
        table_type='iceberg',
        unique_key=['media_id', 'percent_position'],
        delete_condition='src.snapshot_date is null',
        update_condition="(target.snapshot_date is distinct from src.snapshot_date
            or target.viewers is distinct from src.viewers
            or target.rewatches is distinct from src.rewatches
            or target.retention_rate is distinct from src.retention_rate
            or target.position_seconds is distinct from src.position_seconds)",
        unique_tmp_table_suffix=true,
        versions_to_keep=1,
        table_properties=iceberg_table_properties(),
    )
}}

{#- A curve covers the whole life of a media, so only the newest one counts. A deleted media keeps its last one. -#}
{%- set has_curve = 'cardinality(engagement_data) > 0' %}
{%- set is_windowed = is_incremental()
    and not has_withdrawn_rows(ref('stg_wistia__media_engagement'), 'snapshot_date', has_curve) %}

with

curves as (

    select
        *,
        row_number() over (partition by media_id order by snapshot_date desc) as recency
    from {{ ref('stg_wistia__media_engagement') }}
    where
        {{ has_curve }}
        and snapshot_date <= date '{{ newest_night_date() }}'
        and {{ "snapshot_date >= date '" ~ window_start_date() ~ "'" if is_windowed else 'true' }}

),

newest_curves as (

    select * from curves
    where recency = 1

),

versions as (

    select * from {{ ref('media_versions') }}

),

-- The duration of the media in the night of the curve.
lengths as (

    select
        newest_curves.media_id,
        max_by(versions.duration_seconds, versions.first_snapshot_date) as duration_seconds
    from newest_curves
    inner join versions
        on
            newest_curves.media_id = versions.media_id
            and newest_curves.snapshot_date >= versions.first_snapshot_date
    group by newest_curves.media_id

),

-- Wistia returns a cell per second, at most 1,000. Percent p begins in cell floor(p % of the cells) and has all cells
-- up to the one in which the next percent begins, so each cell belongs to exactly one percent. A curve with fewer
-- cells than percents has several percents in one cell.
positions as (

    select
        newest_curves.media_id,
        newest_curves.snapshot_date,
        percents.percent_position,
        lengths.duration_seconds,
        element_at(newest_curves.engagement_data, 1) as viewers_at_start,
        {{ cells_of_percent('newest_curves.engagement_data') }} as viewer_cells,
        -- By its own number of cells: the two curves of a media differ in length while Wistia computes them.
        {{ cells_of_percent('newest_curves.rewatch_data') }} as rewatch_cells
    from newest_curves
    cross join unnest(sequence(0, 100)) as percents (percent_position)
    left join lengths on newest_curves.media_id = lengths.media_id

),

-- The greatest cell, not the first: a peak between the beginnings of two percents must not vanish.
peaks as (

    select
        *,
        cast(array_max(filter(viewer_cells, cell -> cell is not null)) as bigint) as viewers,
        cast(array_max(filter(rewatch_cells, cell -> cell is not null)) as bigint) as rewatches
    from positions

),

final as (

    select
        media_id || '@' || cast(percent_position as varchar) as media_position_id,
        media_id,
        cast(percent_position as integer) as percent_position,
        round(duration_seconds * percent_position / 100, 3) as position_seconds,
        viewers,
        rewatches,
        {{ rate('viewers', 'viewers_at_start') }} as retention_rate,
        snapshot_date
    from peaks

    {% if is_incremental() and not is_windowed %}
    union all

    -- No snapshot shows a curve of the media any more: snapshot_date null deletes its positions, but only with
    -- evidence: a night without any row could not be read.
    select
        {{ vanished_row(
            keys=['media_id', 'percent_position'],
            values={'media_position_id': "media_id || '@' || cast(percent_position as varchar)"}
        ) }}
    from {{ this }}
    where
        media_id not in (select newest_curves.media_id from newest_curves)
        and (
            snapshot_date in (select snapshots.snapshot_date from {{ ref('stg_wistia__media_engagement') }} as snapshots)
            or snapshot_date > date '{{ newest_night_date() }}'
        )
    {% endif %}

)

select * from final
