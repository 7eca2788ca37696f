{% macro compared_plays() -%}
    {#-
        Media days on which `plays` and `plays_reported` can be compared: the day is over, Wistia reported it, and
        still reports the media. A deleted one has sessions without a report, a day that runs has a report that is
        hours old: either makes one side greater for no reason.
    -#}
    select
        days.media_id,
        days.event_date,
        days.plays,
        days.plays_reported
    from {{ ref('fact_media_engagement') }} as days
    inner join {{ ref('dim_media') }} as medias on days.media_id = medias.media_id
    where
        days.is_complete_day
        and days.plays_reported is not null
        and not medias.is_deleted
{%- endmacro %}
