{% macro create_stored_failures(relation, sql) -%}
    {#-
        An Iceberg table below the data folder of the target. Without a location of its own, the table would lie with
        the query results, which expire and which an erasure deletes; and from a Hive table no viewer can be deleted.
    -#}
    {%- set location = adapter.generate_s3_location(relation, target.s3_data_dir, 'table_unique') -%}
    create table {{ relation }}
    with (table_type='iceberg', is_external=false, location='{{ location }}', format='parquet')
    as
    select {{ storable_columns(get_column_schema_from_query(sql)) }}
    from ({{ sql }}) as failures
{%- endmacro %}


{% macro storable_columns(columns) -%}
    {#-
        Athena's Iceberg accepts timestamps of microseconds only, none with a time zone, and fewer types than a query
        can return.
    -#}
    {%- set selected = [] -%}
    {%- for column in columns -%}
        {%- set type = column.dtype | lower -%}
        {%- if type.startswith('timestamp') and 'zone' not in type -%}
            {%- set stored_as = 'timestamp(6)' -%}
        {%- elif type in ('tinyint', 'smallint') -%}
            {%- set stored_as = 'integer' -%}
        {%- elif type.startswith(('char', 'time', 'interval', 'unknown')) -%}
            {%- set stored_as = 'varchar' -%}
        {%- else -%}
            {%- set stored_as = none -%}
        {%- endif -%}
        {%- set name = adapter.quote(column.name) -%}
        {%- if type == 'json' -%}
            {%- do selected.append('json_format(' ~ name ~ ') as ' ~ name) -%}
        {%- elif stored_as is none -%}
            {%- do selected.append(name) -%}
        {%- else -%}
            {%- do selected.append('cast(' ~ name ~ ' as ' ~ stored_as ~ ') as ' ~ name) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(selected | join(', ')) }}
{%- endmacro %}
