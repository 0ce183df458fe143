{{ token_orders('have_orders_under_1000', 'customer', 'customer_id') }}
