-- Shops are judged first and from their own hits alone: a shop can confirm a customer, never the other way round.
{{ config(primary_key=['campaign_id', 'customer_id']) }}

with

hits as (
    select
        campaign_id,
        customer_id,
        fraud_note as rule_id,
        subject_type,
        subject_id,
        txn_date,
        severity,
        order_count,
        occurrences,
        money_at_risk
    from {{ ref('suspected_fraud_customers') }}
),

own_evidence as (
    select distinct campaign_id, customer_id, order_id
    from {{ ref('int_fraud_hit_order') }}
    where listed = 1 and subject_type <> 'shop'
),

own_families as (
    select distinct hits.campaign_id, hits.customer_id, rule.family
    from hits
    inner join {{ ref('fraud_rule') }} as rule on rule.rule_id = hits.rule_id
),

evidence_of_shops as (
    select distinct evidence.campaign_id, evidence.customer_id, evidence.order_id, rule.family
    from {{ ref('int_fraud_hit_order') }} as evidence
    inner join {{ ref('int_shop_band') }} as shops
        on shops.campaign_id = evidence.campaign_id and shops.shop_id = evidence.shop_id
    inner join {{ ref('fraud_rule') }} as rule on rule.rule_id = evidence.rule_id
    where evidence.listed = 1 and evidence.subject_type = 'shop' and shops.band <> 'watch' and rule.descriptive = 0
        and rule.family <> 'scorecard'  -- what it says of the shop is in the customer's score
),

-- What accuses the shop and is no rule about the customer said from the other side.
confirmed_orders as (
    select distinct evidence.campaign_id, evidence.customer_id, evidence.order_id
    from evidence_of_shops as evidence
    left join own_families
        on own_families.campaign_id = evidence.campaign_id
        and own_families.customer_id = evidence.customer_id
        and own_families.family = evidence.family
    where own_families.family is null
),

-- A rule about the customer and one about the shop point at the same orders.
corroborated_customers as (
    select own_evidence.campaign_id, own_evidence.customer_id
    from own_evidence
    left join confirmed_orders
        on confirmed_orders.campaign_id = own_evidence.campaign_id
        and confirmed_orders.customer_id = own_evidence.customer_id
        and confirmed_orders.order_id = own_evidence.order_id
    group by own_evidence.campaign_id, own_evidence.customer_id
    having 2 * count(confirmed_orders.order_id) >= count(*)
),

{{ subject_band('customer_id', 'customer', 'corroborated_customers') }}
