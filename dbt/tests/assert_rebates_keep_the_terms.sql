-- No rebate is negative, above its order, above the campaign's cap, or above the campaign's share of the order rounded up
-- by more than one unit. In exact decimals: platforms round up, and in floats honest orders look wrong.
-- Ingest rejects such rows; this is the second line, and it notices terms that were changed after rows were accepted.
select
    orders.order_id,
    orders.gmv,
    orders.rebate,
    campaign.voucher_rate,
    campaign.voucher_cap
from {{ ref('stg_campaign_raw__transaction') }} as orders
inner join {{ ref('int_campaign_day') }} as campaign_day on campaign_day.txn_date = orders.txn_date
inner join {{ ref('campaign') }} as campaign on campaign.campaign_id = campaign_day.campaign_id
where
    orders.gmv <= 0
    or orders.rebate < 0
    or orders.rebate > orders.gmv
    or orders.rebate > campaign.voucher_cap
    or orders.rebate > ceiling({{ wide_rate('campaign.voucher_rate') }} * orders.gmv) + 1
-- It runs with the model after the day table: {{ ref('int_customer_shop_day') }}
