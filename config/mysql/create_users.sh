# Run once by MySQL's image, on an empty volume: the databases, and for each role a user that can do what it must and no more.
# The same as local_stack/mysql/access.py does for the local stack (a test compares them), and Airflow's own metadata database.
# Not executable on purpose: the entry point then sources it, and docker_process_sql is its way in as root.
command -v docker_process_sql >/dev/null || docker_process_sql() { mysql -uroot; }

for name in LOADER_PASSWORD API_PASSWORD AIRFLOW_PASSWORD; do
  case "${!name:-}" in
    "" | *[!A-Za-z0-9_-]*) echo "$name must be letters, digits, - and _ only, and not empty (make env makes such)." >&2; exit 1 ;;
  esac
done

docker_process_sql <<SQL
create database if not exists \`campaign_raw\` default character set utf8mb4 collate utf8mb4_bin;
create database if not exists \`campaign_build\` default character set utf8mb4 collate utf8mb4_bin;
create database if not exists \`campaign_mart\` default character set utf8mb4 collate utf8mb4_bin;
create database if not exists \`campaign_previous\` default character set utf8mb4 collate utf8mb4_bin;
create user if not exists 'campaign_loader'@'%' identified by '$LOADER_PASSWORD';
alter user 'campaign_loader'@'%' identified by '$LOADER_PASSWORD';
create user if not exists 'campaign_api'@'%' identified by '$API_PASSWORD';
alter user 'campaign_api'@'%' identified by '$API_PASSWORD';
grant all privileges on \`campaign\\_raw\`.* to 'campaign_loader'@'%';
grant all privileges on \`campaign\\_build\`.* to 'campaign_loader'@'%';
grant all privileges on \`campaign\\_mart\`.* to 'campaign_loader'@'%';
grant all privileges on \`campaign\\_previous\`.* to 'campaign_loader'@'%';
grant select on \`campaign\\_mart\`.* to 'campaign_api'@'%';
create database if not exists \`campaign_failure\` default character set utf8mb4 collate utf8mb4_bin;
grant all privileges on \`campaign\\_failure\`.* to 'campaign_loader'@'%';
grant select on performance_schema.metadata_locks to 'campaign_loader'@'%';
grant select on performance_schema.threads to 'campaign_loader'@'%';
grant select on performance_schema.events_transactions_current to 'campaign_loader'@'%';
create database if not exists \`airflow\` default character set utf8mb4 collate utf8mb4_unicode_ci;
create user if not exists 'airflow'@'%' identified by '$AIRFLOW_PASSWORD';
alter user 'airflow'@'%' identified by '$AIRFLOW_PASSWORD';
grant all privileges on \`airflow\`.* to 'airflow'@'%';
SQL
