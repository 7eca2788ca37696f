{#
    Days before the window whose sessions got another version of their media: a media that is older than the
    window was listed for the first time, or a repeated night changed the version that it had shown. A run
    reads them again like a backfill, in fact_events and in the tables that sum up its watch time.
-#}

{% macro read_renewed_sessions() -%}
    {#- Call it first in fact_events: it finds the days of sessions whose stored version is not theirs any more. -#}
    {%- if is_incremental() and _versions_reach_back() -%}
        {%- set versions, start = _media_versions(), own_window_start_date() -%}
        {%- do _read_days_again(
            "select sessions.event_date as day from " ~ this ~ " as sessions left join " ~ versions ~ " as versions"
            ~ " on " ~ is_version_of_session('sessions', 'versions')
            ~ " where sessions.event_date < date '" ~ start ~ "'"
            ~ " and (sessions.media_id in (select media_id from " ~ versions ~ " where first_snapshot_date >= date '" ~ start
            ~ "') or split_part(sessions.media_version_id, '@', 2) >= '" ~ start ~ "')"
            ~ " and (sessions.media_version_id is distinct from versions.media_version_id"
            ~ " or sessions.duration_seconds is distinct from versions.duration_seconds)"
        ) -%}
    {%- endif -%}
{%- endmacro %}


{% macro read_renewed_totals(sessions) -%}
    {#- Call it first in a table with watch time by day: it finds the days of which `sessions` give another sum. -#}
    {%- if is_incremental() and _versions_reach_back() -%}
        {%- set before = " where event_date < date '" ~ own_window_start_date() ~ "'" -%}
        {%- do _read_days_again(
            "select event_date as day from ("
            ~ "select event_date, cast(watch_seconds as decimal(18, 3)) as seconds,"
            ~ " if(watch_seconds is null, 0, 1) as plays from " ~ sessions ~ before
            ~ " union all select event_date, -cast(watch_seconds as decimal(18, 3)), -plays_with_duration from "
            ~ this ~ before
            ~ ") as sides group by event_date having coalesce(sum(seconds), 0) <> 0 or sum(plays) <> 0"
        ) -%}
    {%- endif -%}
{%- endmacro %}


{% macro is_version_of_session(sessions, versions) -%}
    {#- SQL condition: the version that was valid when the session started; before the first one, the first one. -#}
    {{ sessions }}.media_id = {{ versions }}.media_id
            and ({{ sessions }}.received_at >= {{ versions }}.valid_from_at or {{ versions }}.version_number = 1)
            and ({{ sessions }}.received_at < {{ versions }}.valid_to_at or {{ versions }}.valid_to_at is null)
{%- endmacro %}


{% macro renewed_days() -%}
    {#- {start, end} of the days before the window that this table reads again, none without any. -#}
    {{ return(graph.get('wistia_renewed_days_of_' ~ this)) }}
{%- endmacro %}


{% macro _versions_reach_back() -%}
    {#-
        Whether a version that began in the window is valid before it: almost no night has one, so that almost no
        night looks at history. A linter's empty account and a unit test have no versions.
    -#}
    {%- if not execute or this is string or flags.EMPTY -%}
        {{ return(false) }}
    {%- endif -%}
    {%- set key = 'wistia_versions_reach_back_before_' ~ own_window_start_date() -%}
    {%- if graph.get(key) is none -%}
        {%- set versions, start = _media_versions(), own_window_start_date() -%}
        {%- set found = load_relation(versions) is not none and run_query(
            "select 1 from " ~ versions ~ " where first_snapshot_date >= date '" ~ start ~ "'"
            ~ " and valid_from_at < timestamp '" ~ start ~ " 00:00:00' limit 1"
        ).rows | length > 0 -%}
        {%- do graph.update({key: found}) -%}
    {%- endif -%}
    {{ return(graph[key]) }}
{%- endmacro %}


{% macro _media_versions() -%}
    {#- Not ref(): the tables that sum up sessions have no other use for it. -#}
    {{ return(api.Relation.create(database=this.database, schema=this.schema, identifier='media_versions')) }}
{%- endmacro %}


{% macro _read_days_again(days) -%}
    {%- set row = run_query(
        "select cast(min(day) as varchar) as first_day, cast(max(day) as varchar) as last_day from (" ~ days ~ ") as days"
    ).rows[0] -%}
    {%- if row[0] is not none -%}
        {%- do graph.update({'wistia_renewed_days_of_' ~ this: {'start': row[0], 'end': row[1]}}) -%}
    {%- endif -%}
{%- endmacro %}
