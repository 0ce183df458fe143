-- A day belongs to one campaign. Scenario: a new row begins on the last day of the one before.
select
    earlier.campaign_id,
    later.campaign_id as overlaps_with,
    later.starts_on,
    earlier.ends_on
from {{ ref('campaign') }} as earlier
inner join {{ ref('campaign') }} as later
    on later.campaign_id <> earlier.campaign_id
    and later.starts_on >= earlier.starts_on
    and later.starts_on <= earlier.ends_on
