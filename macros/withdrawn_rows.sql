{#
    For tables that keep rows of earlier runs: whether a source that was staged again still confirms these rows.
#}

{% macro has_withdrawn_rows(snapshots, column, condition) -%}
    {#-
        Whether this table keeps a row of a media and of the night `column` that `snapshots` no longer has under
        `condition`: the night was repeated after the media was deleted, or a wrong run dated it after the newest
        night. The last snapshot of the media may then be an older one, so the model must read all of them. A night
        without any row in `snapshots` proves nothing. Queried once per table and run; reads the window only.
    -#}
    {%- if not execute -%}
        {{ return(false) }}
    {%- endif -%}
    {%- set key = 'wistia_withdrawn_rows_of_' ~ this -%}
    {%- if graph.get(key) is none -%}
        {%- set in_window = "snapshot_date >= date '" ~ window_start_date() ~ "'" -%}
        {%- set rows = run_query(
            "select 1 from " ~ this ~ " where " ~ column ~ " > date '" ~ newest_night_date() ~ "' or ("
            ~ column ~ " in (select snapshot_date from " ~ snapshots ~ " where " ~ in_window ~ ")"
            ~ " and (media_id, " ~ column ~ ") not in (select media_id, snapshot_date from " ~ snapshots
            ~ " where " ~ in_window ~ " and " ~ condition ~ ")) limit 1"
        ).rows -%}
        {%- do graph.update({key: rows | length > 0}) -%}
    {%- endif -%}
    {{ return(graph[key]) }}
{%- endmacro %}


{% macro has_lost_activity() -%}
    {#-
        Whether int_media_activity keeps a first or a last date within the window that its sources no longer confirm.
        Queried once per run; reads the window only.
    -#}
    {%- if not execute -%}
        {{ return(false) }}
    {%- endif -%}
    {%- set key = 'wistia_lost_activity_of_' ~ this -%}
    {%- if graph.get(key) is none -%}
        {%- set of_media = " from %s where " ~ in_wide_window('event_date') ~ " and %s group by media_id" -%}
        {%- set rows = run_query(
            "select 1 from " ~ this ~ " as kept left join (select media_id, min(first_date) as first_date,"
            ~ " max(last_at) as last_at from ("
            ~ "select media_id, min(event_date) as first_date, max(received_at) as last_at"
            ~ of_media % (ref('fact_events'), 'true')
            ~ " union all select media_id, min(event_date), null"
            ~ of_media % (ref('stg_wistia__media_daily_stats'), is_reported_activity())
            ~ " union all select media_id, min(event_date), null"
            ~ of_media % (ref('stg_wistia__media_analytics'), is_measured_activity())
            ~ ") as evidence group by media_id) as found on kept.media_id = found.media_id"
            ~ " where (" ~ in_wide_window('kept.first_active_date')
            ~ " and coalesce(found.first_date > kept.first_active_date, true))"
            ~ " or (" ~ in_wide_window('cast(kept.last_played_at as date)')
            ~ " and coalesce(found.last_at < kept.last_played_at, true)) limit 1"
        ).rows -%}
        {%- do graph.update({key: rows | length > 0}) -%}
    {%- endif -%}
    {{ return(graph[key]) }}
{%- endmacro %}
