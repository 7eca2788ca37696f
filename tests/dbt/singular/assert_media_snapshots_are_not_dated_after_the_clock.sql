{{ config(tags=['nightly'], severity='warn', store_failures=true) }}

-- A run with a wrong as_of left this snapshot. No model reads it, but every run reads all days until its partition is
-- removed: aws glue delete-partition, and the files under staging/media/snapshot_date=<date>/.
select
    cast(snapshot_date as varchar) as wrong_snapshot_date,
    min(run_id) as run_id,
    count(*) as medias
from {{ ref('stg_wistia__media') }}
where snapshot_date > date '{{ newest_night_date() }}'
group by snapshot_date
