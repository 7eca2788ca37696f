{{
    config(
        materialized='incremental',
        incremental_strategy='merge',
        table_type='iceberg',
        unique_key=['event_date', 'country_code', 'region_name'],
        partitioned_by=['month(event_date)'],
        incremental_predicates=[merge_window('target.event_date')],
        delete_condition='src.plays = 0',
        unique_tmp_table_suffix=true,
        versions_to_keep=1,
        table_properties=iceberg_table_properties(),
    )
}}

with

events as (

    select
        event_date,
        coalesce(country_code, 'unknown') as country_code,
        coalesce(region_name, region_code, 'unknown') as region_name,
        visitor_id,
        percent_viewed,
        watch_seconds,
        is_completed,
        is_conversion
    from {{ ref('fact_events') }}
    {% if is_incremental() %}
    where {{ in_wide_window('event_date') }}
    {% endif %}

),

aggregated as (

    select
        event_date,
        country_code,
        region_name,
        {{ session_measures() }}
    from events
    group by event_date, country_code, region_name

),

final as (

    select * from aggregated

    {% if is_incremental() %}
    union all

    -- A group whose sessions all changed: plays 0 deletes its row.
    select
        existing.event_date,
        existing.country_code,
        existing.region_name,
        cast(0 as bigint) as plays,
        cast(0 as bigint) as unique_viewers,
        cast(0 as double) as watch_seconds,
        cast(null as double) as average_percent_viewed,
        cast(0 as bigint) as completion_count,
        cast(0 as bigint) as conversions
    from {{ this }} as existing
    left join aggregated
        on
            existing.event_date = aggregated.event_date
            and existing.country_code = aggregated.country_code
            and existing.region_name = aggregated.region_name
    where
        aggregated.event_date is null
        and {{ in_wide_window('existing.event_date') }}
    {% endif %}

)

select * from final
