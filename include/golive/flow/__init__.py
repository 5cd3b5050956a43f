"""The only part that knows Airflow: tasks, the approval, alerts, connections. DAG files wire it."""
