{#
    Which days are complete, as of the newest night that was built. The row of an incomplete day is computed again when
    the day is complete, however many nights were skipped in between: see in_merge_days.
#}

{% macro is_complete_day(column) -%}
    {#- SQL condition: at the newest built night, the UTC day `column` was over and all its sessions were staged. -#}
    ({{ column }} < cast({{ sessions_until() }} as date))
{%- endmacro %}


{% macro sessions_until() -%}
    {#-
        SQL timestamp up to which sessions are staged without a gap. The nightly run passes it, because a run of old
        dates, a run of some medias and a failed night do not make up for a missing night. A run by hand without the
        var uses the newest night.
    -#}
    {%- if var('sessions_until') is not none -%}
        timestamp '{{ _utc(var('sessions_until')).strftime('%Y-%m-%d %H:%M:%S') }}'
    {%- else -%}
        {{ newest_night_timestamp() }}
    {%- endif -%}
{%- endmacro %}


{% macro is_day_over(started_at, fetched_at) -%}
    {#-
        SQL condition: the day of the account's time zone that began at `started_at` (UTC) was over at the newest built
        night, and also when its figures were fetched: a run of another window does not fetch them again. Null without
        a start. A day has 24 hours here: Wistia does not name the time zone, so the day on which clocks go back counts
        as over an hour early.
    -#}
    (date_add('hour', 24, {{ started_at }}) <= least({{ newest_night_timestamp() }}, {{ fetched_at }}))
{%- endmacro %}


{% macro newest_night_timestamp() -%}
    {#-
        SQL timestamp of the newest night that was built: as_of of this run, or of a newer night that staged a
        snapshot. A repeated old night must not make days incomplete that a newer night has completed.
    -#}
    {%- if not execute -%}
        {{ return("timestamp '1970-01-01 00:00:00'") }}
    {%- endif -%}
    {%- if graph.get('wistia_newest_night') is none -%}
        {%- do graph.update({'wistia_newest_night': _newest_night()}) -%}
    {%- endif -%}
    {{ return("timestamp '" ~ graph['wistia_newest_night'] ~ "'") }}
{%- endmacro %}


{% macro _newest_night() -%}
    {#- A run id begins with its as_of. A snapshot whose run id has another form counts to the end of its day. -#}
    {%- set own = _utc(var('as_of')).strftime('%Y-%m-%d %H:%M:%S') if var('as_of') is not none else none -%}
    {%- set snapshot = _snapshot_dates()['newest'] -%}
    {%- if snapshot is none -%}
        {{ return(own or as_of_date() ~ ' 23:59:59') }}
    {%- endif -%}
    {%- set runs = [] -%}
    {%- for name in _snapshot_dates()['tables'] -%}
        {%- do runs.append("select run_id from " ~ _staging_table(name) ~ " where snapshot_date = date '" ~ snapshot ~ "'") -%}
    {%- endfor -%}
    {%- set run_id = run_query(
        "select max(run_id) from (" ~ runs | join(' union all ') ~ ") as runs"
    ).rows[0][0] | string -%}
    {%- set stamp = modules.re.match('^([0-9]{4})([0-9]{2})([0-9]{2})T([0-9]{2})([0-9]{2})([0-9]{2})Z', run_id) -%}
    {%- if stamp is not none -%}
        {%- set night = '%s-%s-%s %s:%s:%s' % stamp.groups() -%}
    {%- elif own is not none and own[:10] == snapshot -%}
        {%- set night = own -%}
    {%- else -%}
        {%- set night = snapshot ~ ' 23:59:59' -%}
    {%- endif -%}
    {{ return([own or night, night] | max) }}
{%- endmacro %}


{% macro in_merge_days(column) -%}
    {#-
        SQL condition for a table with is_complete_day: the day is in the wide window, or its row was written before
        the day was over. Without the second part, rows of the last night before skipped nights would stay
        incomplete forever.
    -#}
    {%- set days = incomplete_days() -%}
    {%- if days -%}
        ({{ in_wide_window(column) }} or {{ column }} in (date '{{ days | join("', date '") }}'))
    {%- else -%}
        {{ in_wide_window(column) }}
    {%- endif -%}
{%- endmacro %}


{% macro incomplete_days() -%}
    {#-
        Dates of the rows of this table that were written before their day was over, queried once per table and run.
        Measured figures that were fetched before the end of their day never become complete when the media is deleted
        afterwards: of these, only the days around the last night are read again.
    -#}
    {%- if not execute -%}
        {{ return([]) }}
    {%- endif -%}
    {%- set key = 'wistia_incomplete_days_of_' ~ this -%}
    {%- if graph.get(key) is none -%}
        {%- set days = [] -%}
        {#- A table without this column yet: its rows stay as they are until a full refresh. -#}
        {%- set columns = adapter.get_columns_in_relation(this) | map(attribute='name') | list -%}
        {%- if 'is_complete_day' in columns -%}
            {%- set measured = " or (not is_complete_day_measured and event_date >= (select date_add('day', -2,"
                ~ " min(event_date)) from " ~ this ~ " where not is_complete_day))" -%}
            {%- for row in run_query(
                "select distinct cast(event_date as varchar) as day from " ~ this ~ " where not is_complete_day"
                ~ (measured if 'is_complete_day_measured' in columns else "")
            ).rows -%}
                {%- do days.append(row[0]) -%}
            {%- endfor -%}
        {%- endif -%}
        {%- do graph.update({key: days | sort}) -%}
    {%- endif -%}
    {{ return(graph[key]) }}
{%- endmacro %}
