with

source as (

    select * from {{ source('wistia_staging', 'media_daily_stats') }}

),

renamed as (

    select
        -- keys
        media_id,
        event_date,

        load_count,
        play_count,
        modelled_hours_watched,

        -- lineage
        ingested_at,
        run_id,
        _extra as extra_fields,
        _nulled as nulled_columns
    from source

)

select * from renamed
