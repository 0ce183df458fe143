"""Voucher-campaign analytics: what the DAG, the command line and the tests share.

The way of the data, a module a step: ``source_files`` finds, ``ingest`` loads (judging lines by ``contract``), dbt builds,
``audit`` checks, ``publish`` swaps, ``report`` tells. ``lease`` lets one run at a time do so.
"""
