{#
    "Now" for every model: the logical time of the run, never the clock of the machine, so that a repeated night
    gives the same tables. There are two dates, because nights may be repeated in any order:

    - as_of_date: this run's own night. The window of days that the run reads begins before it.
    - newest_night_date: the newest night of all, this one or a later one that has staged a snapshot.
      Everything that ends "now" (days without a play, newest snapshots, tests of the future) ends there.

    The clock only shows what cannot be true yet: an as_of or a snapshot after it is wrong.
#}

{% macro as_of_date() -%}
    {#- UTC date of as_of, YYYY-MM-DD. Without the var: the date of the newest snapshot. -#}
    {%- if var('as_of') is not none -%}
        {%- set as_of = _utc(var('as_of')) -%}
        {%- if execute -%}
            {{ _refuse_after_the_clock(as_of) }}
        {%- endif -%}
        {{ return(as_of.date() | string) }}
    {%- endif -%}
    {%- if not execute -%}
        {{ return('1970-01-01') }}
    {%- endif -%}
    {#- An account without any snapshot: there is nothing to build, so any date will do. -#}
    {{ return(_snapshot_dates()['newest'] or _clock().date() | string) }}
{%- endmacro %}


{% macro newest_night_date() -%}
    {#- UTC date of the newest night: that of as_of, or of a newer snapshot that is not after the clock. -#}
    {%- set as_of = as_of_date() -%}
    {%- if not execute -%}
        {{ return(as_of) }}
    {%- endif -%}
    {{ return([as_of, _snapshot_dates()['newest'] or as_of] | max) }}
{%- endmacro %}


{% macro has_snapshots_after_the_clock() -%}
    {#- True after a run with a wrong as_of: its rows may be anywhere after the newest real night. -#}
    {{ return(execute and _snapshot_dates()['is_ahead']) }}
{%- endmacro %}


{% macro newest_partition_date(relation, column, before=none, up_to=none) -%}
    {#-
        The newest date among the partitions of a staging table (before a date, or up to one), or none. Reads only
        the catalog: it scans 0 bytes, however long the history is.
    -#}
    {%- if not execute -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set rows = run_query(
        "select cast(max(" ~ column ~ ") as varchar) as newest from "
        ~ metadata_table(relation, 'partitions')
        ~ (" where " ~ column ~ " < date '" ~ before ~ "'" if before is not none else "")
        ~ (" where " ~ column ~ " <= date '" ~ up_to ~ "'" if up_to is not none else "")
    ) -%}
    {{ return(rows.rows[0][0]) }}
{%- endmacro %}


{% macro lists_before(date) -%}
    {#-
        {newest, newest_whole}: the date of the last list of medias before a date, and the date of the last whole one
        (no row in quarantine), or none. Nearly always both are the same list, and no other list is read.
    -#}
    {%- if not execute -%}
        {{ return({'newest': none, 'newest_whole': none}) }}
    {%- endif -%}
    {%- set newest = newest_partition_date(_staging_table('media'), 'snapshot_date', before=date) -%}
    {%- for since in [newest, '1970-01-01'] if newest is not none -%}
        {%- set whole = run_query(
            "select cast(max(snapshot_date) as varchar) from (select snapshot_date from " ~ ref('stg_wistia__media')
            ~ " where snapshot_date between date '" ~ since ~ "' and date '" ~ newest ~ "' group by snapshot_date"
            ~ " having not coalesce(bool_or(is_partial_list), false)) as whole_lists"
        ).rows[0][0] -%}
        {%- if whole is not none -%}
            {{ return({'newest': newest, 'newest_whole': whole}) }}
        {%- endif -%}
    {%- endfor -%}
    {{ return({'newest': newest, 'newest_whole': none}) }}
{%- endmacro %}


{% macro date_or_null(date) -%}
    {#- SQL literal of a date, or a typed null. -#}
    {{ "date '" ~ date ~ "'" if date is not none else "cast(null as date)" }}
{%- endmacro %}


{% macro _snapshot_dates() -%}
    {#-
        {newest: date or none, tables: the tables that have it, is_ahead: whether a snapshot of medias is dated after
        the clock}. An account without medias leaves no snapshots of medias, but its other snapshots continue.
        Queried once per run: every model and test needs it, and `graph` is the only object that they share.
        The date is none if the tables do not exist, as in the linter's empty account.
    -#}
    {%- if graph.get('wistia_snapshot_dates') is none -%}
        {%- set known, selects = {'newest': none, 'is_ahead': false, 'tables': []}, [] -%}
        {%- set today = (_clock() + modules.datetime.timedelta(minutes=5)).date() | string -%}
        {%- for name in ['media', 'deleted_media', 'folders', 'media_stats'] -%}
            {%- set table = _staging_table(name) -%}
            {%- if load_relation(table) is not none -%}
                {%- do selects.append(
                    "select '" ~ name ~ "' as name, cast(max(snapshot_date) filter (where snapshot_date <= date '"
                    ~ today ~ "') as varchar) as newest, cast(max(snapshot_date) as varchar) as latest from "
                    ~ metadata_table(table, 'partitions')
                ) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if selects -%}
            {%- set rows = run_query(selects | join(' union all ')).rows -%}
            {%- for row in rows if row[1] is not none and row[1] >= (known['newest'] or '') -%}
                {%- if row[1] > (known['newest'] or '') -%}
                    {%- do known.update({'newest': row[1], 'tables': []}) -%}
                {%- endif -%}
                {%- do known['tables'].append(row[0]) -%}
            {%- endfor -%}
            {%- for row in rows if row[0] == 'media' and row[2] is not none and row[2] > today -%}
                {%- do known.update({'is_ahead': true}) -%}
            {%- endfor -%}
        {%- endif -%}
        {%- do graph.update({'wistia_snapshot_dates': known}) -%}
    {%- endif -%}
    {{ return(graph['wistia_snapshot_dates']) }}
{%- endmacro %}


{% macro _staging_table(name) -%}
    {#- Not source(): freshness checks and unit tests cannot resolve it, and no rows are read here. -#}
    {{ return(api.Relation.create(
        database='awsdatacatalog', schema=var('staging_database'), identifier=name
    )) }}
{%- endmacro %}


{% macro _clock() -%}
    {#- The time of the machine as a naive UTC datetime. -#}
    {{ return(modules.datetime.datetime.now(modules.pytz.utc).replace(tzinfo=none, microsecond=0)) }}
{%- endmacro %}


{% macro _refuse_after_the_clock(as_of) -%}
    {#- Five minutes of tolerance for clock skew. Such a run would add days that have not happened yet. -#}
    {%- set clock = _clock() -%}
    {%- if as_of > clock + modules.datetime.timedelta(minutes=5) -%}
        {{ exceptions.raise_compiler_error(
            "The var as_of is " ~ as_of.isoformat() ~ "Z, but it is only " ~ clock.isoformat() ~ "Z now: a night"
            ~ " cannot be built before its time. No table was changed. Pass an as_of that has passed, or leave"
            ~ " it out to take the newest snapshot."
        ) }}
    {%- endif -%}
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
