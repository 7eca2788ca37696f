{#
    Days before the window whose sessions now belong to another version of their media: a list showed a media for the
    first time that is older than the window, or a repeated night changed or removed a version. A run reads these days
    again like a backfill, in fact_events and in the tables that sum up its watch time.
-#}

{% macro read_renewed_sessions() -%}
    {#- Call it first in fact_events: it finds the days with sessions whose stored version is no longer the right one. -#}
    {%- if is_incremental() and _versions_changed_before_the_window() -%}
        {%- do _read_days_again(
            "select sessions.event_date as day from " ~ this ~ " as sessions left join " ~ _media_versions()
            ~ " as versions on " ~ is_version_of_session('sessions', 'versions')
            ~ " where sessions.event_date < date '" ~ own_window_start_date() ~ "'"
            ~ " and (sessions.media_version_id is distinct from versions.media_version_id"
            ~ " or sessions.duration_seconds is distinct from versions.duration_seconds)"
        ) -%}
    {%- endif -%}
{%- endmacro %}


{% macro read_renewed_totals(sessions, keys='event_date') -%}
    {#-
        Call it first in a table with watch time by day: it finds the days for which `sessions` give another sum. `keys`
        are the keys that both tables have: with event_date alone, the gain of one media can hide the loss of another.
    -#}
    {%- if is_incremental() and _versions_changed_before_the_window() -%}
        {%- set before = " where event_date < date '" ~ own_window_start_date() ~ "'" -%}
        {%- do _read_days_again(
            "select event_date as day from ("
            ~ "select " ~ keys ~ ", cast(watch_seconds as decimal(18, 3)) as seconds,"
            ~ " if(watch_seconds is null, 0, 1) as plays from " ~ sessions ~ before
            ~ " union all select " ~ keys ~ ", -cast(watch_seconds as decimal(18, 3)), -plays_with_duration from "
            ~ this ~ before
            ~ ") as sides group by " ~ keys ~ " having coalesce(sum(seconds), 0) <> 0 or sum(plays) <> 0"
        ) -%}
    {%- endif -%}
{%- endmacro %}


{% macro is_version_of_session(sessions, versions) -%}
    {#- SQL condition: the version that was valid when the session started; the first one also counts before it. -#}
    {{ sessions }}.media_id = {{ versions }}.media_id
            and ({{ sessions }}.received_at >= {{ versions }}.valid_from_at or {{ versions }}.version_number = 1)
            and ({{ sessions }}.received_at < {{ versions }}.valid_to_at or {{ versions }}.valid_to_at is null)
{%- endmacro %}


{% macro renewed_days() -%}
    {#- {start, end} of the days before the window that this table reads again, or none. -#}
    {{ return(graph.get('wistia_renewed_days_of_' ~ this)) }}
{%- endmacro %}


{% macro _versions_changed_before_the_window() -%}
    {#-
        Whether sessions from before the window can belong to another version than when these tables were built.
        Hardly any night has such sessions, so hardly any night reads the history. The earlier versions come from the
        Iceberg snapshots of media_versions, so it does not matter whether the versions changed in this run or in an
        earlier one that failed before this table. The linter's empty account and a unit test have no versions.
    -#}
    {%- if not execute or this is string or flags.EMPTY or load_relation(_media_versions()) is none -%}
        {{ return(false) }}
    {%- endif -%}
    {%- set key = 'wistia_versions_changed_before_' ~ own_window_start_date() -%}
    {%- if graph.get(key) is none -%}
        {%- set changes = [] -%}
        {%- for snapshot in _snapshots_of_versions_that_were_used() if snapshot is not none -%}
            {%- do changes.append(_changes_of_versions(snapshot, own_window_start_date())) -%}
        {%- endfor -%}
        {%- set found = none in _snapshots_of_versions_that_were_used()
            or run_query(changes | join(' union all ') ~ ' limit 1').rows | length > 0 -%}
        {%- do graph.update({key: found}) -%}
    {%- endif -%}
    {{ return(graph[key]) }}
{%- endmacro %}


{% macro _snapshots_of_versions_that_were_used() -%}
    {#-
        Ids of the snapshots of media_versions that the tables read when they were built, without those of this
        run; none for a snapshot that has expired or is newer than the table. A compaction does not count as a build.
    -#}
    {%- if graph.get('wistia_snapshots_of_versions') is none -%}
        {%- set builds = [] -%}
        {%- for name in ['fact_events', 'fact_media_engagement',
            'agg_device_engagement', 'agg_geo_engagement', 'agg_traffic_engagement'] -%}
            {%- set table = _table_of_this_schema(name) -%}
            {%- if load_relation(table) is not none -%}
                {%- do builds.append(
                    "select max(committed_at) as built_at from " ~ metadata_table(table, 'snapshots')
                    ~ " where operation <> 'replace'"
                ) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- set found = run_query(
            "select distinct max_by(versions.snapshot_id, versions.committed_at) as snapshot_id from ("
            ~ builds | join(' union all ') ~ ") as builds left join "
            ~ metadata_table(_media_versions(), 'snapshots')
            ~ " as versions on versions.committed_at <= builds.built_at group by builds.built_at"
        ) -%}
        {%- do graph.update({'wistia_snapshots_of_versions': found.columns[0].values() | list}) -%}
    {%- endif -%}
    {{ return(graph['wistia_snapshots_of_versions']) }}
{%- endmacro %}


{% macro _changes_of_versions(snapshot, start) -%}
    {#-
        SQL: a row for each version that differs from that snapshot and can have sessions from before `start`. All
        earlier sessions of a media belong to its first version: it counts from the first active day that the last
        build found, even if that is before Wistia's creation date of the media.
    -#}
    {%- set activity = load_relation(_table_of_this_schema('int_media_activity')) -%}
    {%- set since = "least(created_at, valid_from_at, coalesce(first_active_date, valid_from_at))" if activity else "null" -%}
    {%- set versions = "select media_version_id, duration_seconds, if(version_number = 1,"
        ~ " coalesce(" ~ since ~ ", timestamp '1970-01-01 00:00:00'), valid_from_at) as starts_at from "
        ~ _media_versions() -%}
    {%- set days = " left join " ~ activity ~ " using (media_id)" if activity else "" -%}
    {{ return(
        "select 1 as change from (" ~ versions ~ days ~ " union all " ~ versions ~ " for version as of " ~ snapshot ~ days
        ~ ") as sides where starts_at < timestamp '" ~ start ~ " 00:00:00'"
        ~ " group by media_version_id, duration_seconds, starts_at having count(*) = 1"
    ) }}
{%- endmacro %}


{% macro _media_versions() -%}
    {#- Not ref(): the tables that sum up sessions do not depend on it otherwise. -#}
    {{ return(_table_of_this_schema('media_versions')) }}
{%- endmacro %}


{% macro _table_of_this_schema(name) -%}
    {{ return(api.Relation.create(database=this.database, schema=this.schema, identifier=name)) }}
{%- endmacro %}


{% macro _read_days_again(days) -%}
    {%- set row = run_query(
        "select cast(min(day) as varchar) as first_day, cast(max(day) as varchar) as last_day from (" ~ days ~ ") as days"
    ).rows[0] -%}
    {%- if row[0] is not none -%}
        {%- do graph.update({'wistia_renewed_days_of_' ~ this: {'start': row[0], 'end': row[1]}}) -%}
    {%- endif -%}
{%- endmacro %}
