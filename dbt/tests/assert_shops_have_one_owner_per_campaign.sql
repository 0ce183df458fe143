-- Within a campaign a shop has one owner. Ingest rejects the second; this is the second line.
select
    campaign_id,
    shop_id,
    min(smallest_owner_uid) as one_owner,
    max(shop_owner_uid) as another_owner
from {{ ref('int_shop_day') }}
group by campaign_id, shop_id
having min(smallest_owner_uid) <> max(shop_owner_uid)
