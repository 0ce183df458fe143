# Three images: `airflow` (Airflow's services, the DAG, dbt with its manifest), `webapi` (only what the web service imports), `proxy`.
#   docker build --target airflow -t campaign-airflow .     docker build --target webapi -t campaign-webapi .
# Both hold exactly what the lock says, run as a user without rights, and write to mounted folders only.
ARG PYTHON_IMAGE=docker.io/library/python:3.11-slim-bookworm

FROM ${PYTHON_IMAGE} AS environment
ENV PATH=/opt/venv/bin:$PATH PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv --without-pip /opt/venv
WORKDIR /opt/campaign
# --no-deps: the lock is complete, and leaves out mysqlclient, which the provider names (docs/explanation/decisions/0004). No compiler is installed here
# either: whatever has no wheel is pure Python.
ENV INSTALL="pip --python /opt/venv/bin/python install --quiet --no-deps --require-hashes --requirement"


FROM environment AS airflow-built
COPY requirements.txt requirements-celery.txt requirements-spark.txt ./
RUN $INSTALL requirements.txt --requirement requirements-celery.txt --requirement requirements-spark.txt
COPY dbt dbt
COPY config/airflow_local_settings.py config/
COPY dags dags
COPY include/campaign include/campaign
COPY plugins plugins
COPY local_stack local_stack
# Parsed as the tasks will call it, server's name included: then dbt does not parse again in every task.
ENV MYSQL_HOST=mysql MYSQL_PORT=3306 DBT_LOG_PATH=/tmp PYTHONPATH=include:.
RUN python -m local_stack.dbt.parse
RUN rm requirements*.txt && python -m compileall -q config dags include local_stack plugins


FROM environment AS webapi-built
COPY requirements-webapi.txt ./
RUN $INSTALL requirements-webapi.txt
COPY include/campaign/__init__.py include/campaign/env_file.py include/campaign/settings.py include/campaign/
COPY include/campaign/db/__init__.py include/campaign/db/connection.py include/campaign/db/
COPY webapi webapi
RUN rm requirements-webapi.txt && python -m compileall -q include webapi


FROM ${PYTHON_IMAGE} AS airflow
# Named volumes take the owner of the folder they are first mounted on.
RUN groupadd --gid 50000 airflow && useradd --uid 50000 --gid airflow --no-create-home --home-dir /tmp airflow \
    && install -d -o airflow -g airflow /data/inbox /data/logs /data/spool /data/spool/store /data/dbt_docs
COPY --from=airflow-built /opt/venv /opt/venv
COPY --from=airflow-built /opt/campaign /opt/campaign
WORKDIR /opt/campaign
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/opt/campaign/include:/opt/campaign/config:/opt/campaign \
    PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    AIRFLOW_HOME=/tmp/airflow \
    CAMPAIGN_INBOX=/data/inbox CAMPAIGN_STATE=/data/spool \
    DO_NOT_TRACK=1
USER 50000:50000
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=10s --start-period=120s CMD ["python", "-m", "local_stack.containers.health", "metadatabase"]
CMD ["python", "-m", "local_stack.containers.start", "api-server"]
ARG VERSION=1.0.0rc1
LABEL org.opencontainers.image.title="campaign-airflow" \
      org.opencontainers.image.description="Voucher-campaign pipeline: Airflow, its DAG, and dbt" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}"


FROM ${PYTHON_IMAGE} AS webapi
RUN groupadd --gid 50001 webapi && useradd --uid 50001 --gid webapi --no-create-home --home-dir /tmp webapi \
    && install -d -o webapi -g webapi /data/logs
COPY --from=webapi-built /opt/venv /opt/venv
COPY --from=webapi-built /opt/campaign /opt/campaign
WORKDIR /opt/campaign
ENV PATH=/opt/venv/bin:$PATH PYTHONPATH=/opt/campaign/include:/opt/campaign \
    PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    WEBAPI_BIND=0.0.0.0 WEBAPI_PORT=8000 WEBAPI_LOG_FILE=/data/logs/transaction_analytics_api.log
USER 50001:50001
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/livez', timeout=4)"]
CMD ["gunicorn", "-c", "webapi/gunicorn.conf.py", "webapi:create_app()"]
ARG VERSION=1.0.0rc1
LABEL org.opencontainers.image.title="campaign-webapi" \
      org.opencontainers.image.description="Voucher-campaign results and look-ups over HTTP" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}"


# The proxy before the web service: the distribution's nginx.
FROM ${PYTHON_IMAGE} AS proxy
# hadolint ignore=DL3008
RUN apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends nginx-light \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 50002 proxy-user && useradd --uid 50002 --gid proxy-user --no-create-home --home-dir /tmp proxy-user \
    && install -d /data/tls
COPY config/proxy /opt/proxy
USER 50002:50002
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8001/livez', timeout=4)"]
CMD ["python", "/opt/proxy/start.py"]
ARG VERSION=1.0.0rc1
LABEL org.opencontainers.image.title="campaign-proxy" \
      org.opencontainers.image.description="nginx before the web service" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}"
