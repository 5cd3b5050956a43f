"""Golive: a whole move from an old system to its new one, as Airflow DAGs."""
