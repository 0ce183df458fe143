-- A customer's orders added up once: what a customer does, and what is said of a shop's buyers. The place among the campaign's
-- customers by number stands for the time of sign-up where numbers rise with it.
{{ config(primary_key=['campaign_id', 'customer_id']) }}

with

customers as (
    select {{ many_groups() }}
        campaign_id,
        customer_id,
        count(*) as orders,
        count(distinct shop_id) as shops,
        count(distinct txn_date) as days,
        count(distinct gmv) as amounts,
        {{ as_integer('sum(is_voucher)') }} as vouchers,
        {{ as_integer('sum(is_whole)') }} as whole_rebates,
        {{ as_integer('sum(is_modest)') }} as modest_rebates,
        {{ as_integer('sum(is_unrounded)') }} as unrounded,
        {{ as_integer('sum(is_near_optimum)') }} as near_optimum
    from {{ ref('int_scored_order') }}
    group by campaign_id, customer_id
)

select
    customers.*,
    row_number() over (partition by campaign_id order by customer_id) as place_by_number
from customers
{{ in_key_order() }}
