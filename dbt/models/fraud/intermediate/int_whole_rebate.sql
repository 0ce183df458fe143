-- How common the whole rebate is among the vouchers of a campaign: what a group is held against.
{{ config(primary_key=['campaign_id']) }}

select
    campaign_id,
    {{ as_integer('sum(vouchers)') }} as vouchers_in_campaign,
    {{ as_integer('sum(whole_rebates)') }} as whole_rebates_in_campaign
from {{ ref('int_shop_voucher') }}
group by campaign_id
