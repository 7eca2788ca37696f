{{ config(materialized='view', persist_docs={'relation': false, 'columns': true}) }}

{#-
    When a media was there, in whole UTC days. Its first and last days count, so that spans may share a day.
    A media that no snapshot ever showed has no span.
-#}

with

versions as (

    select * from {{ ref('media_versions') }}

),

final as (

    select
        media_version_id,
        media_id,
        -- The first list shows medias that were there before. One that a later list shows first came after the last
        -- whole list without it: it was created, restored, or never asked for.
        case
            when version_number > 1 then cast(valid_from_at as date)
            when previous_snapshot_date is null then date '1970-01-01'
            else previous_snapshot_date
        end as there_from_date,
        -- A deleted version begins on the media's last day; it is only a span when it is the only one known.
        case when is_deleted then cast(valid_from_at as date) else cast(valid_to_at as date) end as there_to_date
    from versions
    where
        not is_deleted
        or version_number = 1

)

select * from final
