FROM python:3.11-slim-bookworm

# What PDF rendering needs, and the fonts behind the portal's own.
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core tzdata \
    && rm -rf /var/lib/apt/lists/*

RUN useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent portal \
    && install -d -o portal -g portal -m 0700 /data

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PATH=/opt/portal/bin:$PATH \
    XDG_CACHE_HOME=/tmp/cache \
    DATA_DIR=/data \
    STATIC_ROOT=/srv/static \
    HOST=0.0.0.0 \
    PORT=8000

# The packages change more rarely than the portal, so they stand in a layer of their own.
COPY requirements.txt /tmp/
RUN python -m venv /opt/portal \
    && pip install --no-cache-dir --require-hashes -r /tmp/requirements.txt \
    && python -m compileall -q /opt/portal \
    && rm /tmp/requirements.txt

WORKDIR /srv/portal
COPY . .

# Translations and static files belong to the code; the keys here are for this step only and stay out of the image.
RUN SECRET_KEY=build FIELD_KEYS=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= SEARCH_KEY=build AUDIT_KEY=build \
    DATA_DIR=/tmp/build python -m scripts.prepare --files \
    && rm -rf /tmp/build

USER portal
VOLUME /data
EXPOSE 8000

HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 CMD ["python", "-m", "scripts.probe"]

STOPSIGNAL SIGTERM
CMD ["python", "-m", "scripts.serve", "web"]
