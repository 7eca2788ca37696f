with

source as (

    select * from {{ source('wistia_staging', 'folders') }}

),

renamed as (

    select
        -- keys
        folder_id,
        folder_numeric_id,

        folder_name,
        description as folder_description,
        media_count,
        is_public,

        created_at,
        updated_at,
        snapshot_date,

        -- lineage
        ingested_at,
        run_id,
        _extra as extra_fields,
        _nulled as nulled_columns
    from source

)

select * from renamed
