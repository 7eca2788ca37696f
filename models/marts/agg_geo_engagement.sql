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

{{ sessions_by_day({
    'country_code': known_or('country_code'),
    'region_name': known_or(['region_name', 'region_code']),
}) }}
