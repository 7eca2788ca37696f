{#
    The measures over viewing sessions, written once. Sums and means run over decimals: adding doubles
    in another order gives other last digits, and an incremental table would differ from a rebuilt one.
#}

{% macro _session_measures() -%}
    {#-
        Name, SQL and type of every measure of a group of sessions. A sum that some sessions cannot be part of
        has the number of those that are beside it: `watch_seconds` / `plays_with_duration` is a mean,
        `watch_seconds` / `plays` is too low wherever a length is unknown.
    -#}
    {{ return([
        {'name': 'plays', 'sql': 'count(*)', 'type': 'bigint'},
        {'name': 'unique_viewers', 'sql': 'count(distinct visitor_id)', 'type': 'bigint'},
        {
            'name': 'watch_seconds',
            'sql': 'cast(sum(cast(watch_seconds as decimal(18, 3))) as double)',
            'type': 'double',
        },
        {'name': 'plays_with_duration', 'sql': 'count(watch_seconds)', 'type': 'bigint'},
        {'name': 'average_percent_viewed', 'sql': mean_of_share('percent_viewed'), 'type': 'double'},
        {'name': 'plays_with_percent_viewed', 'sql': 'count(percent_viewed)', 'type': 'bigint'},
        {'name': 'completion_count', 'sql': 'count_if(is_completed)', 'type': 'bigint'},
        {'name': 'conversions', 'sql': 'count_if(is_conversion)', 'type': 'bigint'},
    ]) }}
{%- endmacro %}


{% macro session_measures() -%}
    {%- for measure in _session_measures() -%}
    {{ measure['sql'] }} as {{ measure['name'] }}{{ ',\n        ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}


{% macro vanished_groups(groups, keys) -%}
    {#-
        Rows of this table in the window for which `groups` has none any more: all their sessions changed. They
        carry the columns of session_measures, in its order; plays 0 deletes them in the merge. Only where there
        is evidence: `groups` without a single row means that its source could not be read, not that every
        session of the window is gone.
    -#}
    select
        {% for key in keys -%}
        existing.{{ key }},
        {% endfor -%}
        {% for measure in _session_measures() -%}
        cast({{ '0' if measure['type'] == 'bigint' else 'null' }} as {{ measure['type'] }}) as {{ measure['name'] }}
        {{- ',\n        ' if not loop.last }}
        {%- endfor %}
    from {{ this }} as existing
    left join {{ groups }}
        on
            {% for key in keys -%}
            {{ 'and ' if not loop.first }}existing.{{ key }} = {{ groups }}.{{ key }}
            {% endfor -%}
    where
        {{ groups }}.{{ keys[0] }} is null
        and {{ in_merge_days('existing.event_date') }}
        and exists (select 1 from {{ groups }})
{%- endmacro %}


{% macro reaches(share) -%}
    {#-
        SQL condition: the session saw at least this share of the media. Wistia measures in cells and hardly ever
        serves a full 1.0, so nothing above 1 - share_tolerance is asked for.
    -#}
    percent_viewed >= double '{{ [share | float, (1 - _share_tolerance()) | round(6)] | min }}'
{%- endmacro %}


{% macro _share_tolerance() -%}
    {%- set tolerance = var('share_tolerance') | float -%}
    {%- if tolerance < 0 or tolerance > 0.1 -%}
        {{ exceptions.raise_compiler_error(
            "The var share_tolerance is " ~ var('share_tolerance') ~ "; it must be between 0 and 0.1, because the"
            ~ " full length (1 - share_tolerance) must stay above the reach of 90 %."
        ) }}
    {%- endif -%}
    {{ return(tolerance) }}
{%- endmacro %}


{% macro known(column) -%}
    {#-
        The value of a dimension, or null where it says nothing: null, empty, blank, or the word "unknown" in any
        spelling. Wistia serves all of them for one and the same.
    -#}
    case when lower(trim({{ column }})) not in ('', 'unknown') then {{ column }} end
{%- endmacro %}


{% macro known_or(columns, otherwise='unknown') -%}
    {#- The first of the columns that says something, else one word for the unknown. -#}
    {%- set columns = [columns] if columns is string else columns -%}
    coalesce(
        {%- for column in columns %}
            {{ known(column) }},
        {%- endfor %}
            '{{ otherwise }}'
        )
{%- endmacro %}


{% macro campaign_or_none(column) -%}
    {#- A UTM parameter, 'none' where the address had none: a page that writes "none" or "unknown" means the same. -#}
    case when lower(trim({{ column }})) not in ('', 'unknown', 'none') then {{ column }} else 'none' end
{%- endmacro %}


{% macro mean_of_share(column) -%}
    {#- Mean of a share (0-1), independent of the order of the rows; null over no rows. -#}
    cast(sum(cast({{ column }} as decimal(18, 12))) as double) / nullif(count({{ column }}), 0)
{%- endmacro %}


{% macro rate(numerator, denominator) -%}
    {#- Share (0-1) as a double; null, not zero, where there is nothing to divide by. -#}
    cast({{ numerator }} as double) / nullif({{ denominator }}, 0)
{%- endmacro %}
