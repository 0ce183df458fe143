-- What customers spent and shops sold for, smallest first. Members share few amounts.
{{ config(primary_key=['campaign_id', 'ranked', 'amount']) }}

with

amounts as (
    select
        campaign_id,
        'customers' as ranked,
        total_spending as amount,
        count(*) as members,
        cast(sum(total_spending) as decimal(18, 2)) as gmv
    from {{ ref('customer_pending_rank') }}
    group by campaign_id, total_spending
    union all
    select
        campaign_id,
        'shops' as ranked,
        total_gmv as amount,
        count(*) as members,
        cast(sum(total_gmv) as decimal(18, 2)) as gmv
    from {{ ref('shop_selling_rank') }}
    group by campaign_id, total_gmv
)

select
    campaign_id,
    ranked,
    amount,
    members,
    gmv,
    {{ as_integer('sum(members) over (partition by campaign_id, ranked order by amount)') }} as members_up_to,
    cast(sum(gmv) over (partition by campaign_id, ranked order by amount) as decimal(18, 2)) as gmv_up_to
from amounts
