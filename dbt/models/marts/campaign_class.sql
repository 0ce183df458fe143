-- Gold, Silver and Bronze as a whole: read by the web service in place of all customers and shops.
{{ config(primary_key=['campaign_id', 'ranked', 'class']) }}

with

customers as (
    select
        campaign_id,
        customer_class,
        count(*) as members,
        {{ as_integer('sum(total_orders)') }} as total_orders,
        cast(sum(total_spending) as decimal(18, 2)) as total_gmv,
        max(spending_rank) as last_rank
    from {{ ref('customer_pending_rank') }}
    group by campaign_id, customer_class
),

shops as (
    select
        campaign_id,
        shop_class,
        count(*) as members,
        {{ as_integer('sum(total_orders)') }} as total_orders,
        cast(sum(total_gmv) as decimal(18, 2)) as total_gmv,
        max(gmv_rank) as last_rank,
        max(orders_rank) as last_orders_rank
    from {{ ref('shop_selling_rank') }}
    group by campaign_id, shop_class
)

select
    campaign_id,
    'customers' as ranked,
    customer_class as class,
    members,
    total_orders,
    total_gmv,
    max(last_rank) over (partition by campaign_id) as ranks,
    0 as orders_ranks
from customers
union all
select
    campaign_id,
    'shops' as ranked,
    shop_class as class,
    members,
    total_orders,
    total_gmv,
    max(last_rank) over (partition by campaign_id) as ranks,
    max(last_orders_rank) over (partition by campaign_id) as orders_ranks
from shops
