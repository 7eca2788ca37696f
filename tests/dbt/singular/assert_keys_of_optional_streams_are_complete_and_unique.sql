{{ config(tags=['nightly', 'quick'], store_failures=true) }}

-- The seven optional streams of a night, in one statement. Each also has its own test, to run by hand.
with

keys as (

    {% for model, key, date_column in [
        (ref('stg_wistia__media_daily_stats'), 'media_id', 'event_date'),
        (ref('stg_wistia__media_analytics'), 'media_id', 'event_date'),
        (ref('stg_wistia__media_stats'), 'media_id', 'snapshot_date'),
        (ref('stg_wistia__media_engagement'), 'media_id', 'snapshot_date'),
        (ref('stg_wistia__deleted_media'), 'media_id', 'snapshot_date'),
        (ref('stg_wistia__folders'), 'folder_id', 'snapshot_date'),
        (ref('stg_wistia__visitors'), 'visitor_id', 'snapshot_date'),
    ] %}
    select
        '{{ model.identifier }}' as model_name,
        {{ key }} as row_key,
        {{ date_column }} as partition_date
    from {{ model }}
    where {{ in_window(date_column) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select
    model_name,
    row_key,
    cast(partition_date as varchar) as partition_date,
    count(*) as rows_found
from keys
group by model_name, row_key, partition_date
having count(*) > 1 or row_key is null
