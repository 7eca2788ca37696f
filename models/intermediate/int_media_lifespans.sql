{{ config(materialized='view', persist_docs={'relation': false, 'columns': true}) }}

{#-
    The whole UTC days on which a media existed. The first and the last day of a span count, so two spans may share a
    day. A media that no snapshot ever showed has no span.
-#}

with

versions as (

    select * from {{ ref('media_versions') }}

),

final as (

    select
        media_version_id,
        media_id,
        -- The first list shows medias that existed before. If a later list is the first to show a media, the media
        -- appeared after the last whole list without it: it was created or restored, or was not requested before.
        case
            when version_number > 1 then cast(valid_from_at as date)
            when previous_snapshot_date is null then date '1970-01-01'
            else previous_snapshot_date
        end as there_from_date,
        -- A deleted version begins on the last day of the media. It is a span only if no other version is known.
        case when is_deleted then cast(valid_from_at as date) else cast(valid_to_at as date) end as there_to_date
    from versions
    where
        not is_deleted
        or version_number = 1

)

select * from final
