{#
    The measures over viewing sessions, defined once. Sums and means use decimals: adding doubles in another order
    gives other last digits, and an incremental table would differ from a rebuilt one.
#}

{% macro session_measures(plays='count(*)') -%}
    {#-
        The measures of a group of sessions. Pass `plays` if not every row is a session. A sum that leaves some sessions
        out comes with the number of sessions that it includes: `watch_seconds` / `plays_with_duration` is a mean,
        `watch_seconds` / `plays` is too low if a duration is unknown.
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
    {#- SQL condition: Wistia reported activity for the media and day. -#}
    (load_count > 0 or play_count > 0)
{%- endmacro %}


{% macro is_measured_activity() -%}
    {#- SQL condition: Wistia's analytics measured activity for the media and day. -#}
    (unique_load_count > 0 or play_count > 0)
{%- endmacro %}


{% macro reaches(share) -%}
    {#-
        SQL condition: the session saw at least this share of the media. Wistia measures in cells and hardly ever
        returns a full 1.0, so the threshold is never above 1 - share_tolerance.
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
        The value of a dimension, or null if it is empty, blank or the word "unknown" in any spelling. Wistia returns
        all of these for an unknown value.
    -#}
    case when lower(trim({{ column }})) not in ('', 'unknown') then {{ column }} end
{%- endmacro %}


{% macro known_or(columns, otherwise='unknown') -%}
    {#- The first of the columns with a known value, else one word for the unknown. -#}
    {%- set columns = [columns] if columns is string else columns -%}
    coalesce(
        {%- for column in columns %}
            {{ known(column) }},
        {%- endfor %}
            '{{ otherwise }}'
        )
{%- endmacro %}


{% macro campaign_or_none(column) -%}
    {#- A UTM parameter, or 'none' if the URL had none, or had "none" or "unknown" in any spelling. -#}
    case when lower(trim({{ column }})) not in ('', 'unknown', 'none') then {{ column }} else 'none' end
{%- endmacro %}


{% macro mean_of_share(column) -%}
    {#- Mean of a share (0-1), independent of the order of the rows; null without rows. -#}
    cast(sum(cast({{ column }} as decimal(18, 12))) as double) / nullif(count({{ column }}), 0)
{%- endmacro %}


{% macro rate(numerator, denominator) -%}
    {#- Share (0-1) as a double; null, not zero, if the denominator is zero. -#}
    cast({{ numerator }} as double) / nullif({{ denominator }}, 0)
{%- endmacro %}
