{{ token_orders('order_boosting', 'shop', 'shop_id') }}
