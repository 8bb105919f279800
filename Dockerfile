# One image for every process; docker-compose.yml says which container runs which.
FROM debian:12-slim AS packages
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
    ca-certificates gcc gettext libc6-dev libpq-dev python3-dev python3-venv \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /srv/platform
COPY requirements.txt requirements-npm.txt package.json package-lock.json .npmrc ./
COPY script script
COPY locale locale
RUN script/bootstrap --packages

FROM debian:12-slim
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
    ca-certificates fonts-noto-cjk libgdal32 libharfbuzz-subset0 libpango-1.0-0 libpangoft2-1.0-0 libpq5 nginx-light postgresql-client python3 \
 && rm -rf /var/lib/apt/lists/* /etc/nginx/sites-enabled/default \
 && useradd --system --uid 999 --home-dir /srv/platform platform \
 && install -d -o platform -m 0700 /run/platform /var/lib/platform/keys \
 && install -d -o platform /var/lib/platform/media /var/lib/platform/static
WORKDIR /srv/platform
COPY . .
COPY --from=packages /srv/platform/.venv .venv
COPY --from=packages /srv/platform/var/vendor var/vendor
COPY --from=packages /srv/platform/locale locale
USER platform
ENV PYTHONDONTWRITEBYTECODE=1 RUN_DIR=/run/platform KEYS_DIR=/var/lib/platform/keys \
    MEDIA_ROOT=/var/lib/platform/media STATIC_ROOT=/var/lib/platform/static
ENTRYPOINT ["script/server"]
