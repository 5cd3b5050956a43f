# One image for every process of Airflow, with the DAGs, the plugin, the library and the projects in it.
ARG PYTHON=3.11

FROM python:${PYTHON}-slim-bookworm AS packages
RUN pip install --no-cache-dir uv==0.13.9 && uv venv /opt/venv
ENV VIRTUAL_ENV=/opt/venv
# Before the code, so that a change of a project file installs nothing anew.
COPY requirements.txt requirements-production.txt /opt/golive/
RUN uv pip install --no-cache --compile-bytecode -r /opt/golive/requirements-production.txt
COPY . /opt/golive
# Editable, because the projects stand beside the library.
RUN uv pip install --no-cache --no-deps -e /opt/golive && python -m compileall -q /opt/golive

FROM python:${PYTHON}-slim-bookworm
# curl asks for health.
RUN apt-get update \
 && apt-get install -y --no-install-recommends curl \
 && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 50000 --gid 0 --home-dir /var/lib/airflow --create-home golive \
 && install -d -o golive -g root -m 0750 /var/lib/airflow/logs
# Code belongs to root and runs as another: no process can change it.
COPY --from=packages /opt /opt
ENV PATH=/opt/venv/bin:$PATH \
    AIRFLOW_HOME=/var/lib/airflow \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
USER golive
WORKDIR /opt/golive
ENTRYPOINT ["python", "/opt/golive/deploy/entrypoint.py"]
CMD ["golive", "--help"]
