{#
    The measures over viewing sessions, written once. Sums and means run over decimals: adding doubles
    in another order gives other last digits, and an incremental table would differ from a rebuilt one.
#}

{% macro session_measures() -%}
    count(*) as plays,
        count(distinct visitor_id) as unique_viewers,
        cast(coalesce(sum(cast(watch_seconds as decimal(18, 3))), 0) as double) as watch_seconds,
        {{ mean_of_share('percent_viewed') }} as average_percent_viewed,
        count_if(is_completed) as completion_count,
        count_if(is_conversion) as conversions
{%- endmacro %}


{% macro vanished_groups(groups, keys) -%}
    {#- Rows of this table in the window for which `groups` has none any more: all their sessions changed. They
        carry the columns of session_measures, in its order; plays 0 deletes them in the merge. -#}
    select
        {% for key in keys -%}
        existing.{{ key }},
        {% endfor -%}
        cast(0 as bigint) as plays,
        cast(0 as bigint) as unique_viewers,
        cast(0 as double) as watch_seconds,
        cast(null as double) as average_percent_viewed,
        cast(0 as bigint) as completion_count,
        cast(0 as bigint) as conversions
    from {{ this }} as existing
    left join {{ groups }}
        on
            {% for key in keys -%}
            {{ 'and ' if not loop.first }}existing.{{ key }} = {{ groups }}.{{ key }}
            {% endfor -%}
    where
        {{ groups }}.{{ keys[0] }} is null
        and {{ in_wide_window('existing.event_date') }}
{%- endmacro %}


{% macro mean_of_share(column) -%}
    {#- Mean of a share (0-1), independent of the order of the rows; null over no rows. -#}
    cast(sum(cast({{ column }} as decimal(18, 12))) as double) / nullif(count({{ column }}), 0)
{%- endmacro %}


{% macro rate(numerator, denominator) -%}
    {#- Share (0-1) as a double; null, not zero, where there is nothing to divide by. -#}
    cast({{ numerator }} as double) / nullif({{ denominator }}, 0)
{%- endmacro %}
