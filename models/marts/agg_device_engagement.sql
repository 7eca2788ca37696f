{{
    config(
        materialized='incremental',
        incremental_strategy='merge',
        table_type='iceberg',
        unique_key=['event_date', 'device_type', 'platform', 'browser'],
        partitioned_by=['month(event_date)'],
        incremental_predicates=['__in_merge_days__(target.event_date)'],
        delete_condition='src.plays = 0',
        unique_tmp_table_suffix=true,
        versions_to_keep=1,
        table_properties=iceberg_table_properties(),
    )
}}

{{ sessions_by_day({
    'device_type': 'device_type',
    'platform': known_or('platform'),
    'browser': known_or('browser'),
}) }}
