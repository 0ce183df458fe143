-- Ids are positive; a window ends on or after its first day and is shorter than 1,000 days, which is as far as
-- int_campaign_day counts; no term is negative, and a rate is a share, not a percentage.
-- Scenario: starts_on and ends_on swapped, or a rate of 30, and nothing would say so.
select *
from {{ ref('campaign') }}
where
    campaign_id <= 0
    or ends_on < starts_on
    or ends_on >= cast({{ add_days('starts_on', 1000) }} as date)
    or voucher_rate < 0
    or voucher_rate > 1
    or voucher_cap < 0
    or vouchers_per_customer_per_day < 0
