{#
    For use with `where: __in_window__(event_date)`. The window of a backfill is two ranges of days: the
    step from one to the other is no gap, so a day must follow the one before only where that is read too.
#}
{% test days_have_no_gaps(model) %}
    with

    media_days as (

        select
            media_id,
            event_date,
            lag(event_date) over (partition by media_id order by event_date) as previous_date
        from {{ model }}

    )

    select
        media_id,
        previous_date,
        event_date
    from media_days
    where
        date_diff('day', previous_date, event_date) <> 1
        and {{ in_window("date_add('day', -1, event_date)") }}
{% endtest %}
