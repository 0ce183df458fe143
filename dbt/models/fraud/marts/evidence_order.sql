-- An order by itself, and every listed hit that it is evidence of: what an analyst looks up by an order id.
{{ config(
    primary_key=['campaign_id', 'order_id', 'rule_id', 'subject_type', 'subject_id', 'txn_date'],
    indexes=[['order_id']],
) }}

select
    hits.campaign_id,
    hits.order_id,
    hits.rule_id,
    hits.subject_type,
    hits.subject_id,
    hits.txn_date,
    hits.order_time,
    hits.shop_id,
    hits.customer_id,
    orders.gmv,
    hits.rebate
from {{ ref('int_fraud_hit_order') }} as hits
inner join {{ ref('stg_campaign_raw__transaction') }} as orders on orders.order_id = hits.order_id
where hits.listed = 1
{{ in_key_order() }}
