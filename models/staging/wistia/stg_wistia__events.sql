with

source as (

    select * from {{ source('wistia_staging', 'events') }}

),

renamed as (

    select
        -- keys
        event_key,
        visitor_id,
        media_id,

        -- times
        received_at,
        event_date,

        -- viewing
        media_name,
        media_url,
        percent_viewed,

        -- page
        embed_host,
        embed_path,
        utm_source,
        utm_medium,
        utm_campaign,
        utm_term,
        utm_content,

        -- place
        country_code,
        region_code,
        region_name,
        city,
        latitude,
        longitude,
        organization,

        -- conversion
        conversion_type,
        is_conversion,
        is_new_lead,
        has_email,

        -- device
        browser,
        browser_version,
        platform,
        is_mobile,

        -- position in the feed
        ingested_page,
        ingested_position,

        -- lineage
        ingested_at,
        run_id,
        _extra as extra_fields,
        _nulled as nulled_columns
    from source

)

select * from renamed
