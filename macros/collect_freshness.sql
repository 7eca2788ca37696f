{% macro athena__collect_freshness(source, loaded_at_field, filter) -%}
    {#-
        dbt compares with the clock of the machine. This project compares with the time of the newest night (this
        one, or a newer one when an old night is repeated), so that the result is the same each time.

        `filter` may contain __recent__(column): then only the 30 days before that time are read, however long the
        history is, and nothing that a wrong run dated later. loaded_at_field may be __newest_snapshot__(table, …):
        the newest partition of these tables, from the catalog. An account without medias leaves no snapshots of
        medias, but its other snapshots continue.

        A table without a partition is not stale: such an account has no new rows.
    -#}
    {%- set last = newest_night_date() -%}
    {%- set judged_at = newest_night_timestamp() -%}
    {%- set recent = modules.re.search('__recent__[(]([a-z_]+)[)]', filter or '') -%}
    {%- set tables = modules.re.search('__newest_snapshot__[(]([a-z_, ]+)[)]', loaded_at_field) -%}
    {%- set loaded_at = namespace(newest=none) -%}
    {%- if tables is not none -%}
        {%- for name in tables.group(1).split(',') -%}
            {%- set table = source.incorporate(path={'identifier': name | trim}) -%}
            {%- set newest = newest_partition_date(table, 'snapshot_date', up_to=last) -%}
            {%- set loaded_at.newest = [loaded_at.newest or '', newest or ''] | max or none -%}
        {%- endfor -%}
    {%- elif recent is not none -%}
        {%- set loaded_at.newest = newest_partition_date(source, recent.group(1), up_to=last) -%}
    {%- endif -%}
    {%- call statement('collect_freshness', fetch_result=True, auto_begin=False) -%}
        select
            {% if loaded_at.newest is none and (tables is not none or recent is not none) -%}
            {{ judged_at }} as max_loaded_at,
            {%- elif tables is not none -%}
            timestamp '{{ loaded_at.newest }} 00:00:00' as max_loaded_at,
            {%- else -%}
            max({{ loaded_at_field }}) as max_loaded_at,
            {%- endif %}
            {{ judged_at }} as snapshotted_at
        {%- if tables is none and not (recent is not none and loaded_at.newest is none) %}
        from {{ source }}
        {%- if filter %}
        where {{ modules.re.sub(
            '__recent__[(]([a-z_]+)[)]',
            "\\1 between date_add('day', -30, date '" ~ last ~ "') and date '" ~ last ~ "'",
            filter
        ) }}
        {%- endif %}
        {%- endif %}
    {%- endcall -%}
    {{ return(load_result('collect_freshness')) }}
{%- endmacro %}
