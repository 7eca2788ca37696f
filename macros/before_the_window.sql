{% macro versions_before_window(kept) -%}
    {#-
        The newest version of each media that began before the window, from the table itself; no row in a full refresh.
        `kept` are the columns that the table has. The hash is computed again: with a new attribute, the stored hash
        would differ although nothing changed.
    -#}
    {%- if is_incremental() %}
    select
        *,
        {{ media_attributes_hash() }} as attributes_hash
    from (
        select
            media_id,
            first_snapshot_date,
            {{ column_or_null('previous_snapshot_date', 'date', kept) }} as previous_snapshot_date,
            is_deleted,
            version_number,
            valid_from_at,
            {{ media_attributes(only=kept) }},
            row_number() over (partition by media_id order by first_snapshot_date desc) as recency
        from {{ this }}
        where first_snapshot_date < date '{{ window_start_date() }}'
    ) as earlier_versions
    where recency = 1
    {%- else %}
    select
        cast(null as varchar) as media_id,
        cast(null as date) as first_snapshot_date,
        cast(null as date) as previous_snapshot_date,
        cast(null as varchar) as attributes_hash,
        cast(null as boolean) as is_deleted,
        cast(null as bigint) as version_number,
        cast(null as timestamp) as valid_from_at,
        {{ media_attributes(only=[]) }}
    where false
    {%- endif %}
{%- endmacro %}


{% macro medias_shown_before_window(lists) -%}
    {#-
        The medias in the partial lists after the last whole list and before the window, each with the date of the
        newest one that shows it. `lists` is what lists_before() returns.
    -#}
    {%- if lists['newest'] != lists['newest_whole'] %}
    select
        media_id,
        max(snapshot_date) as shown_date
    from {{ ref('stg_wistia__media') }}
    where
        snapshot_date > date '{{ lists['newest_whole'] or '1970-01-01' }}'
        and snapshot_date <= date '{{ lists['newest'] }}'
    group by media_id
    {%- else %}
    select
        cast(null as varchar) as media_id,
        cast(null as date) as shown_date
    where false
    {%- endif %}
{%- endmacro %}
