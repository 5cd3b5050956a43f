"""The pages that Golive adds to Airflow's UI, behind Airflow's own sign-in. ``golive.web.app`` is what is mounted."""
