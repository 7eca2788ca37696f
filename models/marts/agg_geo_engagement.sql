{{
    config(
        materialized='incremental',
        incremental_strategy='merge',
        table_type='iceberg',
        unique_key=['event_date', 'country_code', 'region_name'],
        partitioned_by=['month(event_date)'],
        incremental_predicates=['__in_merge_days__(target.event_date)'],
        delete_condition='src.plays = 0',
        unique_tmp_table_suffix=true,
        versions_to_keep=1,
        table_properties=iceberg_table_properties(),
    )
}}

{%- do read_renewed_totals(ref('fact_events')) %}

with

events as (

    select
        event_date,
        {{ known_or('country_code') }} as country_code,
        {{ known_or(['region_name', 'region_code']) }} as region_name,
        visitor_id,
        percent_viewed,
        watch_seconds,
        is_completed,
        is_conversion,
        true as is_session
    from {{ ref('fact_events') }}

    {% if is_incremental() %}
    where {{ in_merge_days('event_date') }}

    union all

    {{ groups_of_this(['event_date', 'country_code', 'region_name']) }}
    {% endif %}

),

aggregated as (

    select
        event_date,
        country_code,
        region_name,
        {{ session_measures(plays='count_if(is_session)') }}
    from events
    group by event_date, country_code, region_name

),

final as (

    select
        *,
        {{ is_complete_day('event_date') }} as is_complete_day
    from aggregated

)

select * from final
