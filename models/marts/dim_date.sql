{{ config(materialized='view', persist_docs={'relation': false, 'columns': true}) }}

{#-
    Computed when it is read: a stored calendar would need a statement every night to say the same. What is over
    is asked of the media days for the same reason: they end with the newest night that was built.
-#}

with

days as (

    select day_of_calendar.date_day
    from unnest(sequence(date '2015-01-01', date '2035-12-31')) as day_of_calendar (date_day)

),

built_days as (

    select
        event_date,
        is_complete_day
    from {{ ref('fact_media_engagement') }}

),

-- The day of the night itself: the first that is not over.
newest_night as (

    select max(case when is_complete_day then date_add('day', 1, event_date) else event_date end) as night_date
    from built_days

),

dated as (

    select
        days.date_day,
        last_day_of_month(days.date_day) as month_end_date,
        date_add('day', 6, cast(date_trunc('week', days.date_day) as date)) as week_end_date,
        newest_night.night_date
    from days
    cross join newest_night

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

        -- as of the newest night that was built; false before the first one
        coalesce(date_day < night_date, false) as is_complete_day,
        coalesce(week_end_date < night_date, false) as is_complete_week,
        coalesce(month_end_date < night_date, false) as is_complete_month
    from dated

)

select * from final
