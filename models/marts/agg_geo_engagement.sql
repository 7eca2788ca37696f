{{
    config(
        materialized='incremental',
        incremental_strategy='merge',
        table_type='iceberg',
        unique_key=['event_date', 'country_code', 'region_name'],
        partitioned_by=['month(event_date)'],
        incremental_predicates=['__in_wide_window__(target.event_date)'],
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

    {{ vanished_groups('aggregated', ['event_date', 'country_code', 'region_name']) }}
    {% endif %}

)

select * from final
