{% macro compared_plays() -%}
    {#-
        Media days on which `plays` and `plays_reported` can be compared: the day is complete, Wistia reported it, and
        the media is not deleted. A deleted media has sessions without a report, and the report of an incomplete day is
        hours old: both would make one side too high.
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
