{#
    The measures over viewing sessions, written once. Sums and means run over decimals: adding doubles
    in another order gives other last digits, and an incremental table would differ from a rebuilt one.
#}

{% macro session_measures(plays='count(*)') -%}
    {#-
        The measures of a group of sessions; `plays` counts them where not every row is one. A sum that some
        sessions cannot be part of has the number of those that are beside it: `watch_seconds` /
        `plays_with_duration` is a mean, `watch_seconds` / `plays` is too low wherever a length is unknown.
    -#}
    {{ plays }} as plays,
        count(distinct visitor_id) as unique_viewers,
        cast(sum(cast(watch_seconds as decimal(18, 3))) as double) as watch_seconds,
        count(watch_seconds) as plays_with_duration,
        {{ mean_of_share('percent_viewed') }} as average_percent_viewed,
        count(percent_viewed) as plays_with_percent_viewed,
        count_if(is_completed) as completion_count,
        count_if(is_conversion) as conversions
{%- endmacro %}


{% macro is_reported_activity() -%}
    {#- SQL condition: what Wistia reported of a media and day says that something happened. -#}
    (load_count > 0 or play_count > 0)
{%- endmacro %}


{% macro is_measured_activity() -%}
    {#- SQL condition: what Wistia's analytics measured of a media and day says that something happened. -#}
    (unique_load_count > 0 or play_count > 0)
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
