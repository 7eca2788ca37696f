{% macro iceberg_table_properties() -%}
    {#- VACUUM may drop snapshots older than a week: enough time travel to look at a bad night, and bounded storage. -#}
    {{ return({'vacuum_max_snapshot_age_seconds': 604800, 'vacuum_min_snapshots_to_keep': 3}) }}
{%- endmacro %}
