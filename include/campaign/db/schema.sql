-- Tables that are kept, not rebuilt. dbt owns everything else. Run at the start of every run; each statement may run twice.
-- {raw} and {mart} stand for the database names of the settings. A statement ends with a semicolon at the end of a line.

-- The seed table's name. One row per accepted order, exactly the file's eight columns, and the load that brought it.
create table if not exists {raw}.transaction_data (
    order_id        bigint         not null,
    txn_time        datetime       not null comment 'campaign-local, as the file gives it',
    txn_date        date           not null,
    uid             bigint         not null comment 'the buyer',
    shop_id         bigint         not null,
    shop_owner_uid  bigint         not null,
    gmv             decimal(18, 2) not null comment 'order value before rebate',
    rebate          decimal(18, 2) not null comment '0 = no voucher',
    load_no         int unsigned   not null comment 'ingest_file.load_no of the load that brought it',
    primary key (order_id)
) default character set utf8mb4 collate utf8mb4_bin;

-- One row per file content. rows_read = rows_accepted + rows_rejected + rows_known, without the header.
create table if not exists {raw}.ingest_file (
    sha256         char(64)        not null comment 'of the content as it lies on disk',
    load_no        int unsigned    not null auto_increment,
    file_name      varchar(1024)   not null,
    bytes          bigint          not null,
    status         varchar(16)     not null comment 'loading, loaded, failed',
    started_at     datetime(3)     not null comment 'UTC',
    finished_at    datetime(3)     null comment 'UTC',
    rows_read      bigint          null,
    rows_accepted  bigint          null,
    rows_rejected  bigint          null,
    rows_known     bigint          null,
    reasons        json            null comment 'reason code -> rejected rows',
    message        text            null comment 'why it failed, or what was odd, for a person',
    run_id         varchar(250)    null comment 'the run that loaded it',
    header         mediumtext      null comment 'the first line, so that rejected lines can be read again',
    wanted         varchar(1000)   null comment 'campaign ids whose rows were wanted, with commas; null = all',
    windows        char(64)        null comment 'hash over the campaign windows the rows were judged by',
    primary key (sha256),
    unique key ingest_file_load_no (load_no)
) default character set utf8mb4 collate utf8mb4_bin;

-- Quarantine: every line that was read and not accepted, with a sentence a person understands.
create table if not exists {raw}.rejected_row (
    sha256       char(64)      not null,
    line_number  bigint        not null comment 'physical line in the file, the header being 1',
    reason       varchar(40)   not null,
    column_name  varchar(64)   null,
    sentence     varchar(1000) not null,
    raw_length   bigint        not null comment 'bytes of the line in the file; raw_line may be cut, with a mark',
    raw_line     longtext      not null,
    primary key (sha256, line_number),
    key rejected_row_reason (reason)
) default character set utf8mb4 collate utf8mb4_bin;

-- One row, counted up in the transaction of whoever changes transaction_data: publish compares it with what is served.
create table if not exists {raw}.source_version (
    one      tinyint         not null default 1,
    version  bigint unsigned not null,
    primary key (one)
) default character set utf8mb4 collate utf8mb4_bin;

-- Which days have orders, when a day's last changed, and ids that lie around all of them: written by whoever changes
-- transaction_data, in the same transaction, so that a build reads the orders of changed days only.
create table if not exists {raw}.order_day (
    txn_date        date        not null,
    changed_at      datetime(6) not null comment 'UTC; another value means other orders',
    first_order_id  bigint      not null,
    last_order_id   bigint      not null,
    primary key (txn_date)
) default character set utf8mb4 collate utf8mb4_bin;

-- Who runs the pipeline now: at most one row.
create table if not exists {raw}.pipeline_lease (
    one            tinyint         not null default 1,
    run_id         varchar(250)    not null,
    taken_at       datetime(3)     not null comment 'UTC',
    renewed_at     datetime(3)     not null comment 'UTC',
    connection_id  bigint unsigned null comment 'set when the holder keeps the named lock open: gone with its connection',
    primary key (one)
) default character set utf8mb4 collate utf8mb4_bin;

-- Whose tables are in the build database: at most one row.
create table if not exists {raw}.candidate (
    one       tinyint      not null default 1,
    run_id    varchar(250) not null,
    begun_at  datetime(3)  not null comment 'UTC',
    primary key (one)
) default character set utf8mb4 collate utf8mb4_bin;

-- The last number that a generation was given, published or not. None is given twice.
create table if not exists {raw}.generation_counter (
    one         tinyint         not null default 1,
    last_given  bigint unsigned not null,
    primary key (one)
) default character set utf8mb4 collate utf8mb4_bin;

-- The log of what was published: appended, never swapped. Numbers may be missing.
create table if not exists {mart}.publication (
    generation        bigint unsigned not null,
    published_at      datetime(3)     not null comment 'UTC',
    engine            varchar(16)     not null comment 'who computed the marts',
    run_id            varchar(250)    not null,
    source_version    bigint unsigned not null comment 'campaign_raw.source_version at that time',
    models_version    char(64)        not null comment 'hash over models, macros and seeds',
    rule_set_version  char(64)        not null comment 'hash over the rules seed',
    source_files      json            not null,
    row_counts        json            not null comment 'table -> rows',
    primary key (generation)
) default character set utf8mb4 collate utf8mb4_bin;

-- How each run ended, for alerts: appended, never swapped. The web service serves it as metrics.
create table if not exists {mart}.pipeline_run (
    run_id         varchar(250) not null,
    started_at     datetime(6)  not null comment 'UTC',
    ended_at       datetime(6)  null comment 'UTC',
    outcome        varchar(16)  not null comment 'running, failed, succeeded',
    failed_task    varchar(250) null comment 'the first task that failed: its failure was told',
    files_refused  int unsigned null,
    primary key (run_id),
    key pipeline_run_started (started_at)
) default character set utf8mb4 collate utf8mb4_bin;

-- What every test of dbt and every check of the audit found in every run, for CAMPAIGN_CHECKS_KEPT_DAYS: appended, never swapped.
create table if not exists {mart}.check_outcome (
    run_id         varchar(250)    not null,
    check_name     varchar(190)    not null comment 'a test of dbt, or table.check of the audit',
    kind           varchar(8)      not null comment 'dbt, audit',
    status         varchar(8)      not null comment 'pass, warn, fail, error',
    failing_rows   bigint unsigned null comment 'null where the check counts none, or could not be asked',
    seconds        double          not null comment 'of the statement; the checks of one table of the audit share theirs',
    checked_at     datetime(3)     not null comment 'UTC',
    failing_since  datetime(3)     null comment 'UTC; of the first run in a row that it did not pass in; null: it passed',
    statement_id   char(64)        not null comment 'check_statement.statement_id',
    primary key (run_id, check_name),
    key check_outcome_history (check_name, checked_at),
    key check_outcome_age (checked_at)
) default character set utf8mb4 collate utf8mb4_bin;

-- The statements of the checks, each once however many runs asked it.
create table if not exists {mart}.check_statement (
    statement_id  char(64)    not null comment 'SHA-256 of the statement',
    statement     mediumtext  not null,
    last_used_at  datetime(3) not null comment 'UTC',
    primary key (statement_id),
    key check_statement_age (last_used_at)
) default character set utf8mb4 collate utf8mb4_bin;
