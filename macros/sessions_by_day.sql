{% macro sessions_by_day(dimensions) -%}
    {#-
        The whole query of an aggregate: the measures of the sessions per UTC date and combination of `dimensions`,
        {name of the column: SQL over fact_events}.

        An incremental run also reads the keys that the table has in the window, as rows that are not sessions. A
        combination without any session gets 0 plays, which deletes it in the merge. No other evidence is needed:
        if staging cannot be read, fact_events keeps its sessions, and it loses only sessions that were erased.
    -#}
    {%- do read_renewed_totals(ref('fact_events')) -%}
    {%- set keys = ['event_date'] + dimensions | list -%}
with

events as (

    select
        event_date,
        {% for name, expression in dimensions.items() -%}
        {{ expression if expression == name else expression ~ ' as ' ~ name }},
        {% endfor -%}
        visitor_id,
        percent_viewed,
        watch_seconds,
        is_completed,
        is_conversion,
        true as is_session
    from {{ ref('fact_events') }}

    {% if is_incremental() %}
    where {{ in_merge_days('event_date') }}

    union all

    select
        {% for key in keys -%}
        {{ key }},
        {% endfor -%}
        null as visitor_id,
        null as percent_viewed,
        null as watch_seconds,
        null as is_completed,
        null as is_conversion,
        false as is_session
    from {{ this }}
    where {{ in_merge_days('event_date') }}
    {% endif %}

),

aggregated as (

    select
        {% for key in keys -%}
        {{ key }},
        {% endfor -%}
        {{ session_measures(plays='count_if(is_session)') }}
    from events
    group by {{ keys | join(', ') }}

),

final as (

    select
        *,
        {{ is_complete_day('event_date') }} as is_complete_day
    from aggregated

)

select * from final
{%- endmacro %}
