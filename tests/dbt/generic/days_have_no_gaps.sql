{#
    For use with `where: __in_window__(event_date)`. The window of a backfill has two ranges of days, and the step from
    one to the other is not a gap: a missing day counts only if it is in the window. Days on which a media did not
    exist are not gaps either: `lifespans` has the days on which it did.
#}
{% test days_have_no_gaps(model, lifespans) %}
    with

    media_days as (

        select
            media_id,
            event_date,
            lag(event_date) over (partition by media_id order by event_date) as previous_date
        from {{ model }}

    ),

    gaps as (

        select
            *,
            date_add('day', -1, event_date) as missing_date
        from media_days
        where
            date_diff('day', previous_date, event_date) <> 1
            and {{ in_window("date_add('day', -1, event_date)") }}

    )

    select distinct
        gaps.media_id,
        gaps.previous_date,
        gaps.event_date
    from gaps
    inner join {{ lifespans }} as lifespans
        on
            gaps.media_id = lifespans.media_id
            and gaps.missing_date >= lifespans.there_from_date
            and (gaps.missing_date <= lifespans.there_to_date or lifespans.there_to_date is null)
{% endtest %}
