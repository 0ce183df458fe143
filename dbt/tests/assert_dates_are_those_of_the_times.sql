-- txn_date is the day of txn_time. Ingest rejects such rows; this is the second line, for rows that came another way.
select
    order_id,
    txn_time,
    txn_date
from {{ ref('stg_campaign_raw__transaction') }}
where cast(txn_time as date) <> txn_date
