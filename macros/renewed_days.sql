{#
    Days before the window whose sessions got another version of their media: a media that is older than the
    window was listed for the first time, or a repeated night changed the version that it had shown or took it
    back. A run reads them again like a backfill, in fact_events and in the tables that sum up its watch time.
-#}

{% macro read_renewed_sessions() -%}
    {#- Call it first in fact_events: it finds the days of sessions whose stored version is not theirs any more. -#}
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
        Call it first in a table with watch time by day: it finds the days of which `sessions` give another sum. `keys`
        are those that both have: of two medias, what one gains the other may lose.
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
    {#- SQL condition: the version that was valid when the session started; before the first one, the first one. -#}
    {{ sessions }}.media_id = {{ versions }}.media_id
            and ({{ sessions }}.received_at >= {{ versions }}.valid_from_at or {{ versions }}.version_number = 1)
            and ({{ sessions }}.received_at < {{ versions }}.valid_to_at or {{ versions }}.valid_to_at is null)
{%- endmacro %}


{% macro renewed_days() -%}
    {#- {start, end} of the days before the window that this table reads again, none without any. -#}
    {{ return(graph.get('wistia_renewed_days_of_' ~ this)) }}
{%- endmacro %}


{% macro _versions_changed_before_the_window() -%}
    {#-
        Whether sessions from before the window can have another version than they had when these tables were
        built: almost no night has one, so that almost no night looks at history. The versions of then are read
        from the table's Iceberg snapshots. So it does not matter whether the versions changed in this run, or in
        one that failed before it came here. A linter's empty account and a unit test have no versions.
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
        run; none stands for one that is gone, or newer than a table. Compaction is no build.
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
        SQL: a row for each version that is not as it was in that snapshot, and that has sessions from before `start`.
        The first version of a media is that of all earlier sessions too: from the first day that the last build saw,
        also where that is earlier than Wistia's date of the media.
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
    {#- Not ref(): the tables that sum up sessions have no other use for it. -#}
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
