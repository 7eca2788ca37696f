{% macro metadata_table(relation, name) -%}
    {#- The metadata of a table as a table: its `partitions`, or the `snapshots` of an Iceberg table. -#}
    {{ return(
        relation.incorporate(path={'identifier': relation.identifier ~ '$' ~ name}).include(database=false) | string
    ) }}
{%- endmacro %}
