{{ config(tags=['nightly'], store_failures=true, severity='warn') }}

-- A region that comes by its code in one session and by its name in another would be two rows of the same place. The
-- normalize job gives both to every region of ISO 3166-2, so a country here has regions that its tables do not know:
-- add them to ingestion/normalize/region_names.csv. A warning, because the figures are right in sum.
select
    country_code,
    count_if(region_name is null) as plays_by_code_alone,
    count_if(region_code is null) as plays_by_name_alone,
    max(case when region_name is null then region_code end) as example_code,
    max(case when region_code is null then region_name end) as example_name
from {{ ref('fact_events') }}
where
    {{ in_window('event_date') }}
    and country_code is not null
    and (region_code is null) <> (region_name is null)
group by country_code
having count_if(region_name is null) > 0 and count_if(region_code is null) > 0
