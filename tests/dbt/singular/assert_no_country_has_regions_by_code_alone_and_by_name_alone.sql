{{ config(tags=['nightly'], store_failures=true, severity='warn') }}

-- A region with only a code in one session and only a name in another would be two rows for the same place. The
-- normalize job adds both to every region of ISO 3166-2, so a country in this result has regions that its tables do
-- not contain: add them to ingestion/normalize/region_names.csv. A warning, because the totals are right.
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
