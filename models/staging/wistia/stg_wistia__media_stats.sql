with

source as (

    select * from {{ source('wistia_staging', 'media_stats') }}

),

renamed as (

    select
        -- keys
        media_id,
        snapshot_date,

        load_count,
        play_count,
        visitor_count,
        play_rate,
        engagement_rate,
        modelled_hours_watched,

        -- lineage
        ingested_at,
        run_id,
        _extra as extra_fields,
        _nulled as nulled_columns
    from source

)

select * from renamed
