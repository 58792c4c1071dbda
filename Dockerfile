# The program as a container: `docker build -t open-llm-vtuber .`, or with TLS in front `docker compose up -d`.
# docs/how-to/deploy.md says how, docker/smoke.sh tries it out.

FROM python:3.13-slim AS build
WORKDIR /src
RUN python -m venv /opt/olv
# First what changes rarely: exactly the packages of the lock file, each checked by its hash, nothing compiled.
COPY requirements/run.lock requirements/run.lock
RUN /opt/olv/bin/pip install --no-cache-dir --no-deps --require-hashes --only-binary=:all: -r requirements/run.lock
COPY pyproject.toml README.md LICENSE ./
COPY backend/src backend/src
COPY frontend frontend
# hatchling is in the lock file: the project itself is built without a network.
RUN /opt/olv/bin/pip install --no-cache-dir --no-deps --no-build-isolation --no-index .

FROM python:3.13-slim
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /data --shell /usr/sbin/nologin olv \
  && install --directory --owner olv --group olv --mode 700 /data
COPY --from=build /opt/olv /opt/olv
COPY docker/show /show
ENV PATH=/opt/olv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER olv
WORKDIR /show
VOLUME /data
EXPOSE 12393
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --start-interval=2s --retries=3 \
  CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:12393/health', timeout=4)"]
STOPSIGNAL SIGTERM
CMD ["open-llm-vtuber", "run", "--config", "/show/conf.yaml", "--no-browser"]
