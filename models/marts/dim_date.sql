{{ config(materialized='view', persist_docs={'relation': false, 'columns': true}) }}

{#-
    A view: a stored calendar would need a statement every night for the same content. The date of the newest night is
    a literal in the view, because an account may have no rows to read it from. The view is created after
    fact_media_engagement, so that no day is complete here but not there.
-#}

-- depends_on: {{ ref('fact_media_engagement') }}
with

days as (

    select day_of_calendar.date_day
    from unnest(sequence(date '2015-01-01', date '2035-12-31')) as day_of_calendar (date_day)

),

dated as (

    select
        date_day,
        last_day_of_month(date_day) as month_end_date,
        date_add('day', 6, cast(date_trunc('week', date_day) as date)) as week_end_date
    from days

),

final as (

    select
        date_day,
        cast(year(date_day) as integer) as calendar_year,
        cast(quarter(date_day) as integer) as quarter_of_year,
        cast(month(date_day) as integer) as month_of_year,
        date_format(date_day, '%M') as month_name,
        cast(date_trunc('month', date_day) as date) as month_start_date,
        cast(date_trunc('week', date_day) as date) as week_start_date,
        cast(year_of_week(date_day) as integer) as iso_year,
        cast(week(date_day) as integer) as iso_week,
        cast(day_of_week(date_day) as integer) as iso_day_of_week,
        date_format(date_day, '%W') as day_name,
        day_of_week(date_day) >= 6 as is_weekend,

        -- as of the newest night that was built
        {{ is_complete_day('date_day') }} as is_complete_day,
        {{ is_complete_day('week_end_date') }} as is_complete_week,
        {{ is_complete_day('month_end_date') }} as is_complete_month
    from dated

)

select * from final
