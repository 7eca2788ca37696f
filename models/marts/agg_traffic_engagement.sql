{{
    config(
        materialized='incremental',
        incremental_strategy='merge',
        table_type='iceberg',
        unique_key=['event_date', 'embed_host', 'utm_source', 'utm_medium', 'utm_campaign'],
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

    -- A group whose sessions all changed: plays 0 deletes its row.
    select
        existing.event_date,
        existing.embed_host,
        existing.utm_source,
        existing.utm_medium,
        existing.utm_campaign,
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
            and existing.embed_host = aggregated.embed_host
            and existing.utm_source = aggregated.utm_source
            and existing.utm_medium = aggregated.utm_medium
            and existing.utm_campaign = aggregated.utm_campaign
    where
        aggregated.event_date is null
        and {{ in_wide_window('existing.event_date') }}
    {% endif %}

)

select * from final
