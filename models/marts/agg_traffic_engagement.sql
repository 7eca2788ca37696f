{{
    config(
        materialized='incremental',
        incremental_strategy='merge',
        table_type='iceberg',
        unique_key=['event_date', 'embed_host', 'utm_source', 'utm_medium', 'utm_campaign'],
        partitioned_by=['month(event_date)'],
        incremental_predicates=['__in_merge_days__(target.event_date)'],
        delete_condition='src.plays = 0',
        unique_tmp_table_suffix=true,
        versions_to_keep=1,
        table_properties=iceberg_table_properties(),
    )
}}

{{ sessions_by_day({
    'embed_host': known_or('embed_host'),
    'utm_source': campaign_or_none('utm_source'),
    'utm_medium': campaign_or_none('utm_medium'),
    'utm_campaign': campaign_or_none('utm_campaign'),
}) }}
