{#
    Tables that keep what the newest snapshot of a media said: whether that snapshot, staged again, still says it.
#}

{% macro has_withdrawn_rows(snapshots, column, condition) -%}
    {#-
        Whether this table keeps a row of a media and of the night `column` that `snapshots` no longer has under
        `condition`: the night was repeated after the media was deleted, or was dated after the newest night by
        mistake. An older snapshot may then be the last one, so that all of them have to be read. A night that
        `snapshots` has no row of says nothing. Asked once per table and run; reads the window only.
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
