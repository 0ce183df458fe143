-- Published marts in small, with every case that an answer distinguishes. Two campaigns; 2 is the newer one.
-- Customer 10: both campaigns, not suspected in 2, two hits in 1. 11: member of a ring in 1. 12: the same, with evidence cut to
-- their own orders; top, only in 1. 13: only in 1.
create table current_generation (
    generation bigint unsigned not null, published_at datetime(3) not null, engine varchar(16) not null,
    run_id varchar(250) not null, source_version bigint unsigned not null, models_version char(64) not null,
    rule_set_version char(64) not null, source_files json not null, row_counts json not null, primary key (generation)
);
insert into current_generation values (7, '2026-06-14 01:02:03.456', 'mysql', 'test', 1, 'm', 'r', '[]', '{}');

create table campaign (
    campaign_id int not null, name varchar(100) not null, starts_on date not null, ends_on date not null,
    time_zone varchar(64) not null, currency char(3) not null, voucher_rate decimal(5, 2) not null,
    voucher_cap decimal(18, 2) not null, vouchers_per_customer_per_day int not null, primary key (campaign_id)
);
insert into campaign values
    (1, 'Autumn vouchers', '2019-10-30', '2019-11-02', 'Asia/Ho_Chi_Minh', 'VND', 0.30, 20000, 1),
    (2, 'Summer vouchers', '2026-06-10', '2026-06-13', 'Asia/Ho_Chi_Minh', 'VND', 0.30, 20000, 1),
    (3, 'Not begun', '2027-01-01', '2027-01-02', 'Asia/Ho_Chi_Minh', 'VND', 0.25, 10000, 1);

create table fraud_rule (
    rule_id varchar(64) not null, version int not null, subject varchar(64) not null, kind varchar(16) not null,
    severity varchar(8) not null, weight int not null, status varchar(8) not null, precedence int not null,
    title varchar(200) not null, proves varchar(500), does_not_prove varchar(500), parameters longtext,
    minimum_evidence int, primary key (rule_id)
) default character set utf8mb4 collate utf8mb4_bin;
insert into fraud_rule values
    ('have_orders_under_1000', 1, 'customer', 'signal', 'low', 5, 'active', 90, 'Order under 1,000', 'p', 'd', '{}', 1),
    ('order_boosting', 1, 'shop', 'signal', 'low', 5, 'active', 91, 'Shop with an order under 1,000', 'p', 'd', '{}', 1),
    ('owner_ring', 1, 'owner_ring', 'signal', 'medium', 20, 'active', 40, 'Ring of owners', 'p', 'd', '{}', 3),
    ('tried_out', 1, 'shop', 'signal', 'high', 50, 'shadow', 95, 'A rule being tried out', 'p', 'd', '{}', 1),
    ('use_more_than_1_voucher_per_day', 1, 'customer', 'breach', 'medium', 30, 'active', 10, 'More vouchers than allowed', 'p', 'd', '{}', 1);

create table dim_shop_owner (
    shop_id bigint not null, shop_owner_uid bigint not null, shops_of_owner bigint not null,
    first_order_time datetime not null, last_order_time datetime not null, primary key (shop_id), key (shop_owner_uid)
);
insert into dim_shop_owner values
    (100, 900, 2, '2019-10-30 08:00:00', '2026-06-10 09:30:00'), (101, 900, 2, '2019-10-30 10:00:00', '2019-10-31 11:00:00'),
    (102, 902, 1, '2019-10-30 10:00:00', '2026-06-12 11:00:00');

create table customer_pending_rank (
    campaign_id int not null, customer_id bigint not null, total_orders bigint not null, total_spending decimal(18, 2) not null,
    total_rebate decimal(18, 2) not null, vouchers_used bigint not null, spending_rank bigint not null,
    customer_class varchar(8) not null, primary key (campaign_id, customer_id), key (customer_id), key (campaign_id, spending_rank)
) default character set utf8mb4 collate utf8mb4_bin;
insert into customer_pending_rank values
    (1, 10, 4, 140000.00, 60000.00, 3, 2, 'Silver'), (1, 11, 1, 70000.00, 20000.00, 1, 3, 'Bronze'),
    (1, 12, 2, 900000.50, 20000.00, 1, 1, 'Gold'), (1, 13, 1, 70000.00, 0.00, 0, 3, 'Bronze'),
    (2, 10, 1, 50000.00, 15000.00, 1, 1, 'Bronze');

create table shop_selling_rank (
    campaign_id int not null, shop_id bigint not null, shop_owner_uid bigint not null, total_orders bigint not null,
    orders_rank bigint not null, total_gmv decimal(18, 2) not null, gmv_rank bigint not null, shop_class varchar(8) not null,
    vouchers_used bigint not null, total_rebate decimal(18, 2) not null,
    primary key (campaign_id, shop_id), key (shop_id), key (shop_owner_uid), key (campaign_id, gmv_rank), key (campaign_id, orders_rank)
) default character set utf8mb4 collate utf8mb4_bin;
insert into shop_selling_rank values
    (1, 100, 900, 5, 1, 1000000.50, 1, 'Gold', 4, 80000.00), (1, 101, 900, 2, 2, 110000.00, 2, 'Silver', 1, 20000.00),
    (1, 102, 901, 1, 3, 70000.00, 3, 'Bronze', 0, 0.00), (2, 100, 900, 1, 1, 50000.00, 1, 'Bronze', 1, 15000.00),
    (2, 102, 902, 1, 1, 50000.00, 1, 'Bronze', 0, 0.00);

create table campaign_class (
    campaign_id int not null, ranked varchar(9) not null, class varchar(8) not null, members bigint not null,
    total_orders bigint not null, total_gmv decimal(18, 2) not null, ranks bigint not null, orders_ranks bigint not null,
    primary key (campaign_id, ranked, class)
) default character set utf8mb4 collate utf8mb4_bin;
insert into campaign_class values
    (1, 'customers', 'Gold', 1, 2, 900000.50, 3, 0), (1, 'customers', 'Silver', 1, 4, 140000.00, 3, 0),
    (1, 'customers', 'Bronze', 2, 2, 140000.00, 3, 0), (1, 'shops', 'Gold', 1, 5, 1000000.50, 3, 3),
    (1, 'shops', 'Silver', 1, 2, 110000.00, 3, 3), (1, 'shops', 'Bronze', 1, 1, 70000.00, 3, 3),
    (2, 'customers', 'Bronze', 1, 1, 50000.00, 1, 0), (2, 'shops', 'Bronze', 2, 2, 100000.00, 1, 1);

create table campaign_daily (
    campaign_id int not null, txn_date date not null, total_orders bigint not null, total_customers bigint not null,
    total_shops bigint not null, total_gmv decimal(18, 2) not null, vouchers_used bigint not null,
    total_rebate decimal(18, 2) not null, primary key (campaign_id, txn_date)
);
insert into campaign_daily values
    (1, '2019-10-30', 5, 3, 2, 1000000.00, 4, 80000.00), (1, '2019-10-31', 3, 2, 2, 180000.50, 1, 20000.00),
    (2, '2026-06-10', 1, 1, 1, 50000.00, 1, 15000.00);
create table campaign_hourly (
    campaign_id int not null, txn_date date not null, txn_hour int not null, total_orders bigint not null,
    total_customers bigint not null, total_shops bigint not null, total_gmv decimal(18, 2) not null,
    vouchers_used bigint not null, total_rebate decimal(18, 2) not null, primary key (campaign_id, txn_date, txn_hour)
);
insert into campaign_hourly values
    (1, '2019-10-30', 0, 2, 2, 1, 500000.00, 2, 40000.00), (1, '2019-10-30', 23, 3, 2, 2, 500000.00, 2, 40000.00),
    (1, '2019-10-31', 9, 3, 2, 2, 180000.50, 1, 20000.00), (2, '2026-06-10', 9, 1, 1, 1, 50000.00, 1, 15000.00);

create table campaign_summary (
    campaign_id int not null, total_orders bigint not null, total_customers bigint not null, total_shops bigint not null,
    total_gmv decimal(18, 2) not null, vouchers_used bigint not null, total_rebate decimal(18, 2) not null,
    suspects bigint not null, watched bigint not null, money_at_risk decimal(18, 2) not null,
    money_watched decimal(18, 2) not null, primary key (campaign_id)
);
insert into campaign_summary values
    (1, 8, 4, 3, 1180000.50, 5, 100000.00, 2, 1, 60000.00, 20000.00), (2, 1, 1, 1, 50000.00, 1, 15000.00, 0, 0, 0.00, 0.00);

create table enforcement_grain (
    campaign_id int not null, grain varchar(32) not null, voucher_limit int not null, most_per_day bigint not null,
    breaches bigint not null, excess_money decimal(18, 2) not null, held int not null, reason varchar(500) not null,
    primary key (campaign_id, grain)
);
insert into enforcement_grain values
    (1, 'customer', 1, 3, 1, 40000.00, 0, 's'), (1, 'customer_shop', 1, 1, 0, 0.00, 1, 's'),
    (1, 'customer_owner', 1, 1, 0, 0.00, 1, 's');

create table fraud_signal (
    campaign_id int not null, rule_id varchar(64) not null, subject_type varchar(16) not null, subject_id varchar(64) not null,
    txn_date date not null, kind varchar(16), severity varchar(8), status varchar(8), muted int not null, listed int not null,
    order_count bigint, money_at_risk decimal(18, 2), reason varchar(1000), evidence longtext,
    primary key (campaign_id, rule_id, subject_type, subject_id, txn_date)
) default character set utf8mb4 collate utf8mb4_bin;
insert into fraud_signal values
    (1, 'use_more_than_1_voucher_per_day', 'customer', '10', '2019-10-31', 'breach', 'medium', 'active', 0, 1, 3, 40000.00, 'r', '{}'),
    (1, 'have_orders_under_1000', 'customer', '10', '2019-10-30', 'signal', 'low', 'active', 0, 1, 1, 0.00, 'r', '{}'),
    (1, 'have_orders_under_1000', 'customer', '13', '2019-10-30', 'signal', 'low', 'active', 1, 0, 1, 0.00, 'r', '{}'),
    (1, 'owner_ring', 'owner_ring', '10', '2019-10-31', 'signal', 'medium', 'active', 0, 1, 3, 20000.00, 'r', '{}'),
    (1, 'tried_out', 'shop', '100', '2019-10-31', 'signal', 'high', 'shadow', 0, 0, 3, 0.00, 'r', '{}');

create table suspected_fraud_customers (
    campaign_id int not null, txn_date date not null, customer_id bigint not null, fraud_note varchar(64) not null,
    subject_type varchar(16) not null, subject_id varchar(64) not null, severity varchar(8) not null,
    order_count bigint not null, money_at_risk decimal(18, 2) not null, reason varchar(1000) not null, evidence longtext not null,
    primary key (campaign_id, customer_id, fraud_note, txn_date, subject_id), key (campaign_id, money_at_risk)
) default character set utf8mb4 collate utf8mb4_bin;
insert into suspected_fraud_customers values
    (1, '2019-10-31', 10, 'use_more_than_1_voucher_per_day', 'customer', '10', 'medium', 3, 40000.00,
     '3 vouchers on 31 Oct; the terms allow 1.', '{"order_ids": [501, 502, 503], "orders_total": 3, "members": [], "numbers": {}}'),
    (1, '2019-10-30', 10, 'have_orders_under_1000', 'customer', '10', 'low', 1, 0.00,
     '=1 order of 1 VND on 30 Oct.', '{"order_ids": [500], "orders_total": 1, "members": [], "numbers": {}}'),
    (1, '2019-10-31', 10, 'owner_ring', 'owner_ring', '10', 'medium', 3, 20000.00,
     'A ring of 3 owners.', '{"order_ids": [501, 601, 701], "orders_total": 3, "members": [10, 11, 12], "numbers": {}}'),
    (1, '2019-10-31', 11, 'owner_ring', 'owner_ring', '10', 'medium', 3, 20000.00,
     'A ring of 3 owners.', '{"order_ids": [501, 601, 701], "orders_total": 3, "members": [10, 11, 12], "numbers": {}}'),
    (1, '2019-10-31', 12, 'owner_ring', 'owner_ring', '10', 'medium', 3, 20000.00,
     'A ring of 3 owners.', '{"order_ids": [701], "orders_total": 3, "members": [10, 11, 12], "numbers": {"own_orders": 1}}');

create table suspected_fraud_shop (
    campaign_id int not null, txn_date date not null, shop_id bigint not null, shop_owner_uid bigint not null,
    fraud_note varchar(64) not null, severity varchar(8) not null, order_count bigint not null,
    money_at_risk decimal(18, 2) not null, reason varchar(1000) not null, evidence longtext not null,
    primary key (campaign_id, shop_id, fraud_note, txn_date), key (campaign_id, money_at_risk)
) default character set utf8mb4 collate utf8mb4_bin;
insert into suspected_fraud_shop values
    (1, '2019-10-30', 100, 900, 'order_boosting', 'low', 1, 0.00, '1 order of 1 VND on 30 Oct.',
     '{"order_ids": [500], "orders_total": 1, "members": [], "numbers": {}}');

create table customer_risk (
    campaign_id int not null, customer_id bigint not null, score int not null, band varchar(8) not null, rules int not null,
    orders bigint not null, money_at_risk decimal(18, 2) not null, money_watched decimal(18, 2) not null,
    primary key (campaign_id, customer_id)
) default character set utf8mb4 collate utf8mb4_bin;
insert into customer_risk values
    (1, 10, 55, 'breach', 3, 6, 40000.00, 0.00), (1, 11, 20, 'review', 1, 3, 10000.00, 0.00),
    (1, 12, 20, 'review', 1, 3, 10000.00, 0.00);

create table shop_risk (
    campaign_id int not null, shop_id bigint not null, score int not null, band varchar(8) not null, rules int not null,
    orders bigint not null, money_at_risk decimal(18, 2) not null, money_watched decimal(18, 2) not null,
    primary key (campaign_id, shop_id)
) default character set utf8mb4 collate utf8mb4_bin;
insert into shop_risk values (1, 100, 5, 'watch', 1, 1, 0.00, 20000.00);

create table money_at_risk (
    campaign_id int not null, rule_id varchar(64) not null, money_naive decimal(18, 2) not null,
    money_at_risk_counted_once decimal(18, 2) not null, money_unique decimal(18, 2) not null,
    money_watched decimal(18, 2) not null, primary key (campaign_id, rule_id)
) default character set utf8mb4 collate utf8mb4_bin;
insert into money_at_risk values
    (1, 'use_more_than_1_voucher_per_day', 40000.00, 40000.00, 40000.00, 0.00),
    (1, 'owner_ring', 20000.00, 20000.00, 20000.00, 0.00), (1, 'have_orders_under_1000', 0.00, 0.00, 0.00, 0.00),
    (1, 'order_boosting', 20000.00, 0.00, 0.00, 20000.00);
create table sale_analysis_by_shop_daily (
    campaign_id int not null, txn_date date not null, shop_id bigint not null, shop_owner_uid bigint not null,
    total_orders bigint not null, total_gmv decimal(18, 2) not null, vouchers_used bigint not null,
    total_rebate decimal(18, 2) not null, first_order_time datetime not null, last_order_time datetime not null,
    primary key (campaign_id, txn_date, shop_id), key (campaign_id, shop_id)
);
insert into sale_analysis_by_shop_daily values
    (1, '2019-10-30', 100, 900, 3, 600000.00, 3, 60000.00, '2019-10-30 08:00:00', '2019-10-30 23:00:00'),
    (1, '2019-10-31', 100, 900, 2, 400000.50, 1, 20000.00, '2019-10-31 09:00:00', '2019-10-31 10:00:00');
create table evidence_order (
    campaign_id int not null, order_id bigint not null, rule_id varchar(64) not null, subject_type varchar(16) not null,
    subject_id varchar(64) not null, txn_date date not null, order_time datetime not null, shop_id bigint not null,
    customer_id bigint, gmv decimal(18, 2) not null, rebate decimal(18, 2) not null,
    primary key (campaign_id, order_id, rule_id, subject_type, subject_id, txn_date), key (order_id)
) default character set utf8mb4 collate utf8mb4_bin;
insert into evidence_order values
    (1, 501, 'owner_ring', 'owner_ring', '10', '2019-10-31', '2019-10-31 09:00:00', 100, 10, 70000.00, 20000.00),
    (1, 501, 'use_more_than_1_voucher_per_day', 'customer', '10', '2019-10-31', '2019-10-31 09:00:00', 100, 10, 70000.00, 20000.00);
create table check_outcome (
    run_id         varchar(250)    not null,
    check_name     varchar(190)    not null,
    kind           varchar(8)      not null,
    status         varchar(8)      not null,
    failing_rows   bigint unsigned null,
    seconds        double          not null,
    checked_at     datetime(3)     not null,
    failing_since  datetime(3)     null,
    statement_id   char(64)        not null,
    primary key (run_id, check_name),
    key check_outcome_history (check_name, checked_at),
    key check_outcome_age (checked_at)
) default character set utf8mb4 collate utf8mb4_bin;
create table check_statement (
    statement_id  char(64)    not null,
    statement     mediumtext  not null,
    last_used_at  datetime(3) not null,
    primary key (statement_id),
    key check_statement_age (last_used_at)
) default character set utf8mb4 collate utf8mb4_bin;
insert into check_outcome values
    ('monday', '1', 'dbt', 'pass', 0, 0.25, '2019-10-31 05:00:00.125', null, repeat('a', 64));
insert into check_statement values (repeat('a', 64), 'select 1', '2019-10-31 05:00:00.125');
create table campaign_pace (
    campaign_id int not null, txn_date date not null, txn_hour int not null, total_orders bigint not null,
    total_gmv decimal(18, 2) not null, vouchers_used bigint not null, total_rebate decimal(18, 2) not null,
    running_orders_percent decimal(9, 2), running_gmv_percent decimal(9, 2), running_vouchers_percent decimal(9, 2),
    running_rebate_percent decimal(9, 2), voucher_share_percent decimal(9, 2), elapsed_hours bigint not null,
    burn_per_hour decimal(18, 2), primary key (campaign_id, txn_date, txn_hour)
);
insert into campaign_pace values
    (1, '2019-10-30', 0, 2, 500000.00, 2, 40000.00, 25.00, 42.37, 40.00, 40.00, 100.00, 1, 40000.00),
    (1, '2019-10-30', 23, 3, 500000.00, 2, 40000.00, 62.50, 84.75, 80.00, 80.00, 66.67, 24, 3333.33),
    (1, '2019-10-31', 9, 3, 180000.50, 1, 20000.00, 100.00, 100.00, 100.00, 100.00, 33.33, 34, 2941.18),
    (2, '2026-06-10', 9, 1, 50000.00, 1, 15000.00, 100.00, 100.00, 100.00, 100.00, 100.00, 10, 1500.00);
create table customer_activity (
    campaign_id int not null, txn_date date not null, total_customers bigint not null, new_customers bigint not null,
    returning_customers bigint not null, running_customers bigint not null, running_repeat_customers bigint not null,
    repeat_percent decimal(9, 2), primary key (campaign_id, txn_date)
);
insert into customer_activity values
    (1, '2019-10-30', 3, 3, 0, 3, 0, 0.00), (1, '2019-10-31', 2, 1, 1, 4, 1, 25.00), (2, '2026-06-10', 1, 1, 0, 1, 0, 0.00);
create table customer_return (
    campaign_id int not null, days_after int not null, customers bigint not null, returned bigint not null,
    return_percent decimal(9, 2), primary key (campaign_id, days_after)
);
insert into customer_return values (1, 1, 3, 1, 33.33);
create table cap_utilisation (
    campaign_id int not null, total_orders bigint not null, vouchers_used bigint not null, voucher_share_percent decimal(9, 2),
    vouchers_at_cap bigint not null, at_cap_percent decimal(9, 2), total_gmv decimal(18, 2) not null,
    voucher_gmv decimal(18, 2) not null, total_rebate decimal(18, 2) not null, effective_subsidy_percent decimal(9, 2),
    primary key (campaign_id)
);
insert into cap_utilisation values
    (1, 8, 5, 62.50, 5, 100.00, 1180000.50, 880000.50, 100000.00, 11.36),
    (2, 1, 1, 100.00, 0, 0.00, 50000.00, 50000.00, 15000.00, 30.00);
create table rebate_rate (
    campaign_id int not null, rate_percent int not null, vouchers_used bigint not null, vouchers_at_cap bigint not null,
    voucher_gmv decimal(18, 2) not null, total_rebate decimal(18, 2) not null, primary key (campaign_id, rate_percent)
);
insert into rebate_rate values
    (1, 5, 2, 2, 600000.50, 40000.00), (1, 28, 3, 3, 280000.00, 60000.00), (2, 30, 1, 0, 50000.00, 15000.00);
create table concentration (
    campaign_id int not null, ranked varchar(16) not null, members bigint not null, total_gmv decimal(18, 2) not null,
    gini_percent decimal(9, 2), top_1_members bigint, top_1_gmv decimal(18, 2), top_1_percent decimal(9, 2),
    top_10_members bigint, top_10_gmv decimal(18, 2), top_10_percent decimal(9, 2), primary key (campaign_id, ranked)
);
insert into concentration values
    (1, 'customers', 4, 1180000.50, 57.20, 1, 900000.50, 76.27, 1, 900000.50, 76.27),
    (1, 'shops', 3, 1180000.50, 52.54, 1, 1000000.50, 84.75, 1, 1000000.50, 84.75),
    (2, 'customers', 1, 50000.00, 0.00, 1, 50000.00, 100.00, 1, 50000.00, 100.00),
    (2, 'shops', 1, 50000.00, 0.00, 1, 50000.00, 100.00, 1, 50000.00, 100.00);
create table concentration_point (
    campaign_id int not null, ranked varchar(16) not null, members_percent int not null, members bigint not null,
    gmv decimal(18, 2) not null, gmv_percent decimal(9, 2), primary key (campaign_id, ranked, members_percent)
);
insert into concentration_point values
    (1, 'customers', 0, 0, 0.00, 0.00), (1, 'customers', 50, 2, 140000.00, 11.86), (1, 'customers', 75, 3, 280000.00, 23.73),
    (1, 'customers', 100, 4, 1180000.50, 100.00), (1, 'shops', 0, 0, 0.00, 0.00), (1, 'shops', 67, 2, 180000.00, 15.25),
    (1, 'shops', 100, 3, 1180000.50, 100.00), (2, 'customers', 0, 0, 0.00, 0.00), (2, 'customers', 100, 1, 50000.00, 100.00),
    (2, 'shops', 0, 0, 0.00, 0.00), (2, 'shops', 100, 1, 50000.00, 100.00);
create table price_points (
    campaign_id int not null, band int not null, from_amount decimal(18, 2), total_orders bigint not null, vouchers_used bigint not null,
    total_gmv decimal(18, 2) not null, total_rebate decimal(18, 2) not null, round_price_orders bigint not null,
    counterfactual_orders decimal(18, 2), excess_orders decimal(18, 2), primary key (campaign_id, band)
);
insert into price_points values
    (1, 0, 0.00, 1, 0, 1.00, 0.00, 0, null, null), (1, 19, 63333.33, 1, 0, 65000.00, 0.00, 1, 3.00, -2.00),
    (1, 20, 66666.67, 4, 3, 280000.00, 60000.00, 2, 2.50, 1.50), (1, 21, 70000.00, 0, 0, 0.00, 0.00, 0, 1.00, -1.00),
    (1, 40, 133333.33, 2, 2, 834999.50, 40000.00, 0, null, null), (2, 15, 50000.00, 1, 1, 50000.00, 15000.00, 1, 1.00, 0.00),
    (2, 20, 66666.67, 0, 0, 0.00, 0.00, 0, 0.00, 0.00), (2, 40, 133333.33, 0, 0, 0.00, 0.00, 0, null, null);
create table basket (
    campaign_id int not null, kind varchar(16) not null, total_orders bigint not null, total_gmv decimal(18, 2) not null,
    total_rebate decimal(18, 2) not null, average_gmv decimal(18, 2), average_rebate decimal(18, 2),
    effective_subsidy_percent decimal(9, 2), primary key (campaign_id, kind)
);
insert into basket values
    (1, 'first_voucher', 3, 700000.50, 60000.00, 233333.50, 20000.00, 8.57),
    (1, 'later_voucher', 2, 180000.00, 40000.00, 90000.00, 20000.00, 22.22),
    (1, 'no_voucher', 3, 300000.00, 0.00, 100000.00, 0.00, 0.00),
    (2, 'first_voucher', 1, 50000.00, 15000.00, 50000.00, 15000.00, 30.00);
