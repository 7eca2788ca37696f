{#
    "Now" for every model: the run's logical time, never the clock of the machine, so that a night can
    be run again and mean the same.
#}

{% macro as_of_date() -%}
    {#- UTC date of as_of, YYYY-MM-DD. Without the var: the date of the newest media snapshot. -#}
    {%- if var('as_of') is not none -%}
        {{ return(_utc(var('as_of')).date() | string) }}
    {%- endif -%}
    {%- if not execute -%}
        {{ return('1970-01-01') }}
    {%- endif -%}
    {#- Asked once per run: every model and test needs it, and `graph` is the one thing that they share. -#}
    {%- if graph.get('wistia_as_of_date') is not none -%}
        {{ return(graph['wistia_as_of_date']) }}
    {%- endif -%}
    {%- set newest = newest_partition_date(_media_snapshots(), 'snapshot_date') -%}
    {%- if newest is none -%}
        {{ exceptions.raise_compiler_error(
            "There is no media snapshot in " ~ _media_snapshots() ~ ", so the date of the last night"
            ~ " is unknown. Run a night first (make nightly), or pass --vars '{as_of: 2026-03-02T02:00:00Z}'."
        ) }}
    {%- endif -%}
    {%- do graph.update({'wistia_as_of_date': newest}) -%}
    {{ return(newest) }}
{%- endmacro %}


{% macro as_of_timestamp() -%}
    {#- SQL timestamp literal of as_of; without the var the last second of as_of_date. -#}
    {%- if var('as_of') is not none -%}
        timestamp '{{ _utc(var('as_of')).strftime('%Y-%m-%d %H:%M:%S') }}'
    {%- else -%}
        timestamp '{{ as_of_date() }} 23:59:59'
    {%- endif -%}
{%- endmacro %}


{% macro newest_partition_date(relation, column, before=none) -%}
    {#-
        Newest date among a staging table's partitions (before a date), or none. Reads only the catalog:
        0 bytes scanned, however long the history is.
    -#}
    {%- if not execute -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set rows = run_query(
        "select cast(max(" ~ column ~ ") as varchar) as newest from "
        ~ relation.incorporate(path={'identifier': relation.identifier ~ '$partitions'}).include(database=false)
        ~ (" where " ~ column ~ " < date '" ~ before ~ "'" if before is not none else "")
    ) -%}
    {{ return(rows.rows[0][0]) }}
{%- endmacro %}


{% macro previous_snapshot_date(before) -%}
    {#- Date of the last media snapshot before a date, as a SQL expression (null when there is none). -#}
    {%- set previous = newest_partition_date(_media_snapshots(), 'snapshot_date', before) -%}
    {{ "date '" ~ previous ~ "'" if previous is not none else "cast(null as date)" }}
{%- endmacro %}


{% macro _media_snapshots() -%}
    {#- Not source(): freshness checks and unit tests run where it is not known, and no rows are read. -#}
    {{ return(api.Relation.create(
        database='awsdatacatalog', schema=var('staging_database'), identifier='media'
    )) }}
{%- endmacro %}


{% macro _utc(text) -%}
    {#- A naive UTC datetime from ISO 8601 text with or without offset. -#}
    {%- set value = text | string | trim -%}
    {%- if modules.re.match('^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?(Z|[+-][0-9]{2}:?[0-9]{2})?)?$', value) is none -%}
        {{ exceptions.raise_compiler_error(
            "The var as_of is '" ~ text ~ "'; give ISO 8601 in UTC, such as 2026-03-02T02:00:00Z."
        ) }}
    {%- endif -%}
    {%- set moment = modules.datetime.datetime.fromisoformat(value | replace('Z', '+00:00')) -%}
    {%- if moment.tzinfo is none -%}
        {{ return(moment) }}
    {%- endif -%}
    {{ return(moment.astimezone(modules.pytz.utc).replace(tzinfo=none)) }}
{%- endmacro %}
