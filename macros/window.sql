{#
    The window of a run: which UTC dates are read again and merged.

    Public macros read the vars. Pure helpers (names start with an underscore) take everything as arguments, so that
    tests can call them. See docs/analysts.md, "Which days does a run touch?".
#}

{% macro in_window(column, margin_days=0) -%}
    {#- SQL condition: `column` (a date) is in the lookback window or in the backfill of this run. -#}
    {%- if not execute -%}
        true
    {%- else -%}
        {%- set days = _days_to_read() -%}
        {{ _window_predicate(column, as_of_date(), _lookback_days(), days['start'], days['end'], margin_days) }}
    {%- endif -%}
{%- endmacro %}


{% macro in_wide_window(column) -%}
    {#-
        The window with lookback_days more on both sides. A session whose date changed leaves its old day: the run must
        read that day to move the row and to compute its totals again.
    -#}
    {{ in_window(column, _lookback_days()) }}
{%- endmacro %}


{% macro window_start_date() -%}
    {#- First date of the part of the window that is open towards the future, YYYY-MM-DD. -#}
    {%- if not execute -%}
        1970-01-01
    {%- else -%}
        {{ _open_from(_days_to_read()) }}
    {%- endif -%}
{%- endmacro %}


{% macro own_window_start_date() -%}
    {#- window_start_date without the renewed days of this table, YYYY-MM-DD. -#}
    {{ return(_open_from(_asked_days())) }}
{%- endmacro %}


{% macro _open_from(days) -%}
    {{ return(fromjson(_window_ranges(as_of_date(), _lookback_days(), days['start'], days['end'], 0))['open_from']) }}
{%- endmacro %}


{% macro is_backfill() -%}
    {#- True if the run also covers a closed range of days in the past. -#}
    {%- if not execute -%}
        {{ return(false) }}
    {%- endif -%}
    {%- set days = _days_to_read() -%}
    {%- set window = fromjson(_window_ranges(as_of_date(), _lookback_days(), days['start'], days['end'], 0)) -%}
    {{ return(window['closed'] is not none) }}
{%- endmacro %}


{% macro _days_to_read() -%}
    {#- {start, end} of the days that this table reads besides the lookback: the backfill and the renewed days. -#}
    {%- set asked, renewed = _asked_days(), renewed_days() -%}
    {%- if not renewed -%}
        {{ return(asked) }}
    {%- endif -%}
    {%- if asked['start'] is none -%}
        {{ return(renewed) }}
    {%- endif -%}
    {%- set end = [asked['end'] | string, renewed['end']] | max if asked['end'] is not none else none -%}
    {{ return({'start': [asked['start'] | string, renewed['start']] | min, 'end': end}) }}
{%- endmacro %}


{% macro _asked_days() -%}
    {#-
        {start, end} of the backfill, none if there is only the lookback. A snapshot that is dated after the clock
        means that a wrong run may have changed any row: then every run reads all days until the snapshot is removed.
        2006 is the year in which Wistia was founded.
    -#}
    {%- if has_snapshots_after_the_clock() -%}
        {{ return({'start': '2006-01-01', 'end': none}) }}
    {%- endif -%}
    {{ return({'start': var('start_date'), 'end': var('end_date')}) }}
{%- endmacro %}


{% macro _lookback_days() -%}
    {%- set days = var('lookback_days') | int -%}
    {%- if days < 1 or days > 30 -%}
        {{ exceptions.raise_compiler_error(
            "The var lookback_days is " ~ var('lookback_days') ~ "; it must be between 1 and 30 days."
            ~ " Pass a backfill's range with start_date and end_date instead."
        ) }}
    {%- endif -%}
    {{ return(days) }}
{%- endmacro %}


{% macro _nulled_share_threshold() -%}
    {%- set share = var('nulled_share_threshold') | float -%}
    {%- if share < 0 or share >= 1 -%}
        {{ exceptions.raise_compiler_error(
            "The var nulled_share_threshold is " ~ var('nulled_share_threshold') ~ "; it must be a share from 0 to"
            ~ " less than 1, such as 0.01 for one row in a hundred."
        ) }}
    {%- endif -%}
    {{ return("double '" ~ share ~ "'") }}
{%- endmacro %}


{% macro _parsed_date(name, text) -%}
    {%- if modules.re.match('^[0-9]{4}-[0-9]{2}-[0-9]{2}$', text | string) is none -%}
        {{ exceptions.raise_compiler_error(
            "The var " ~ name ~ " is '" ~ text ~ "'; give a UTC date as YYYY-MM-DD."
        ) }}
    {%- endif -%}
    {{ return(modules.datetime.datetime.strptime(text | string, '%Y-%m-%d').date()) }}
{%- endmacro %}


{% macro _window_ranges(as_of_date, lookback_days, start_date=none, end_date=none, margin_days=0) -%}
    {#-
        JSON {"open_from": date, "closed": [first, last] or null}. The open range starts lookback_days before as_of and
        has no end: a repeated old night may change every later day.
    -#}
    {%- set day = modules.datetime.timedelta(days=1) -%}
    {%- set margin = day * margin_days -%}
    {%- set as_of = _parsed_date('as_of', as_of_date) -%}
    {%- set open_from = as_of - day * lookback_days - margin -%}
    {%- set closed = none -%}
    {%- if start_date is none and end_date is not none -%}
        {{ exceptions.raise_compiler_error(
            "The var end_date is '" ~ end_date ~ "' but start_date is missing: a backfill needs both."
        ) }}
    {%- endif -%}
    {%- if start_date is not none -%}
        {%- set first = _parsed_date('start_date', start_date) -%}
        {%- set last = _parsed_date('end_date', end_date) if end_date is not none else as_of -%}
        {%- if last < first -%}
            {{ exceptions.raise_compiler_error(
                "The backfill ends (" ~ last ~ ") before it starts (" ~ first ~ "): swap start_date and end_date."
            ) }}
        {%- endif -%}
        {%- if first - margin < open_from -%}
            {%- if last + margin + day >= open_from -%}
                {%- set open_from = first - margin -%}
            {%- else -%}
                {%- set closed = [(first - margin) | string, (last + margin) | string] -%}
            {%- endif -%}
        {%- endif -%}
    {%- endif -%}
    {{ return(tojson({'open_from': open_from | string, 'closed': closed})) }}
{%- endmacro %}


{% macro _window_predicate(column, as_of_date, lookback_days, start_date=none, end_date=none, margin_days=0) -%}
    {%- set window = fromjson(_window_ranges(as_of_date, lookback_days, start_date, end_date, margin_days)) -%}
    {%- if window['closed'] is none -%}
        ({{ column }} >= date '{{ window['open_from'] }}')
    {%- else -%}
        ({{ column }} >= date '{{ window['open_from'] }}'
        or {{ column }} between date '{{ window['closed'][0] }}' and date '{{ window['closed'][1] }}')
    {%- endif -%}
{%- endmacro %}
