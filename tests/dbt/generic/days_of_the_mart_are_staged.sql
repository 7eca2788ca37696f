{% test days_of_the_mart_are_staged(model, day, mart, mart_day, shown_as, mart_condition='true') %}
    {#-
        Days of the window that a mart has and staging no longer has: a partition was lost, or is not in the catalog.
        Attached to the staging model, so that `dbt build` runs it before the models downstream, which would take the
        missing rows for deleted ones. No ref(), because it reads the mart as the last good night left it. With --empty
        no rows are read, so none can be missing.
    -#}
    {%- set relation = none -%}
    {%- if execute and not flags.EMPTY -%}
        {%- set expected = _relation_of(mart) -%}
        {%- set relation = adapter.get_relation(
            database=expected.database, schema=expected.schema, identifier=expected.identifier
        ) -%}
    {%- endif -%}
    {%- if relation is none %}
    select
        cast(null as date) as {{ mart_day }},
        cast(null as bigint) as {{ shown_as }}
    where false
    {%- else %}
    with

    mart_days as (

        select
            {{ mart_day }},
            count(*) as {{ shown_as }}
        from {{ relation }}
        where
            ({{ mart_condition }})
            and {{ in_wide_window(mart_day) }}
            -- Later days come from a mistyped as_of, and no night will stage them.
            and {{ mart_day }} <= date '{{ newest_night_date() }}'
        group by {{ mart_day }}

    ),

    staged_days as (

        select distinct {{ day }} as staged_day
        from {{ model }}

    )

    select
        mart_days.{{ mart_day }},
        mart_days.{{ shown_as }}
    from mart_days
    left join staged_days on mart_days.{{ mart_day }} = staged_days.staged_day
    where staged_days.staged_day is null
    {%- endif %}
{% endtest %}
