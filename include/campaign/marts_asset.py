"""The asset that other teams schedule their DAGs on: what is served has changed."""

from __future__ import annotations

from airflow.sdk import Asset

MARTS = Asset(name="campaign_marts", uri="mysql://campaign-mysql:3306/campaign_mart/current_generation")
