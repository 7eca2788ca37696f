{{
    config(
        materialized='incremental',
        incremental_strategy='merge',
        table_type='iceberg',
        unique_key=['event_date', 'embed_host', 'utm_source', 'utm_medium', 'utm_campaign'],
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
        coalesce(embed_host, 'unknown') as embed_host,
        coalesce(utm_source, 'none') as utm_source,
        coalesce(utm_medium, 'none') as utm_medium,
        coalesce(utm_campaign, 'none') as utm_campaign,
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
        embed_host,
        utm_source,
        utm_medium,
        utm_campaign,
        {{ session_measures() }}
    from events
    group by event_date, embed_host, utm_source, utm_medium, utm_campaign

),

final as (

    select * from aggregated

    {% if is_incremental() %}
    union all

    {{ vanished_groups('aggregated', ['event_date', 'embed_host', 'utm_source', 'utm_medium', 'utm_campaign']) }}
    {% endif %}

)

select * from final
