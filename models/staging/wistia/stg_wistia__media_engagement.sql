with

source as (

    select * from {{ source('wistia_staging', 'media_engagement') }}

),

renamed as (

    select
        -- keys
        media_id,
        snapshot_date,

        engagement_rate,
        engagement_data,
        rewatch_data,

        -- lineage
        ingested_at,
        run_id,
        _extra as extra_fields,
        _nulled as nulled_columns
    from source

)

select * from renamed
