{{
    config(
        materialized='incremental',
        incremental_strategy='merge',
        table_type='iceberg',
        unique_key=['media_id', 'percent_position'],
        update_condition="(target.snapshot_date is distinct from src.snapshot_date
            or target.viewers is distinct from src.viewers
            or target.rewatches is distinct from src.rewatches)",
        unique_tmp_table_suffix=true,
        versions_to_keep=1,
        table_properties=iceberg_table_properties(),
    )
}}

{#- A curve covers a media's whole life, so the newest one is the one; a deleted media keeps its last. -#}

with

curves as (

    select
        *,
        row_number() over (partition by media_id order by snapshot_date desc) as recency
    from {{ ref('stg_wistia__media_engagement') }}
    where
        cardinality(engagement_data) > 0
        and {{ "snapshot_date >= date '" ~ window_start_date() ~ "'" if is_incremental() else 'true' }}

),

newest_curves as (

    select * from curves
    where recency = 1

),

-- Wistia gives a cell a second, at most 1,000: position p % lies in cell floor(p % of the cells).
positions as (

    select
        newest_curves.media_id,
        newest_curves.snapshot_date,
        newest_curves.engagement_data,
        newest_curves.rewatch_data,
        percents.percent_position,
        -- Whole numbers: a division of decimals rounds to one digit and shows cell 16 for 15.96.
        percents.percent_position * (cardinality(newest_curves.engagement_data) - 1) / 100 + 1 as cell
    from newest_curves
    cross join unnest(sequence(0, 100)) as percents (percent_position)

),

final as (

    select
        media_id || '@' || cast(percent_position as varchar) as media_position_id,
        media_id,
        cast(percent_position as integer) as percent_position,
        cast(element_at(engagement_data, cell) as bigint) as viewers,
        -- Curves of one media may differ in length by a cell while Wistia computes them.
        cast(element_at(rewatch_data, cell) as bigint) as rewatches,
        {{ rate('element_at(engagement_data, cell)', 'element_at(engagement_data, 1)') }} as retention_rate,
        snapshot_date
    from positions

)

select * from final
