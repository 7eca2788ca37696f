{{ config(tags=['nightly', 'quick']) }}

-- A missing list of medias proves nothing about any media. Only an account without medias has no list: then the list
-- of deleted medias names every media that existed before, and no figures were requested.
with

there_before as (

    select media_id
    from {{ ref('media_versions') }}
    where
        is_current
        and not is_deleted

),

asked_for as (

    select media_id
    from {{ ref('stg_wistia__media_stats') }}
    where snapshot_date = date '{{ newest_night_date() }}'

),

list_of_the_night as (

    select media_id
    from {{ ref('stg_wistia__media') }}
    where snapshot_date = date '{{ newest_night_date() }}'

)

select
    date '{{ newest_night_date() }}' as missing_snapshot_date,
    (select count(*) from there_before) as medias_there_before,
    (select count(*) from asked_for) as medias_asked_for
where
    not exists (select 1 from list_of_the_night)
    and (
        exists (select 1 from there_before)
        or exists (select 1 from asked_for)
    )
