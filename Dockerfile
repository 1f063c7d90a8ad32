# syntax=docker/dockerfile:1

FROM python:3.12.12-slim-bookworm@sha256:593bd06efe90efa80dc4eee3948be7c0fde4134606dd40d8dd8dbcade98e669c AS build
WORKDIR /src
# The lock alone first: a change of our own source does not install everything anew.
COPY requirements.lock .
RUN python -m venv /opt/paperpit \
 && /opt/paperpit/bin/pip install --no-cache-dir --disable-pip-version-check --quiet --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY adapters adapters
COPY strategies strategies
COPY config config
COPY migrations migrations
# pip has done its work: what is copied on can install nothing.
RUN /opt/paperpit/bin/pip install --no-cache-dir --disable-pip-version-check --quiet --no-deps . \
 && /opt/paperpit/bin/pip uninstall --yes --quiet pip

FROM python:3.12.12-slim-bookworm@sha256:593bd06efe90efa80dc4eee3948be7c0fde4134606dd40d8dd8dbcade98e669c
# The folders exist before the volumes do, so that a volume is the user's, not root's.
RUN useradd --uid 10001 --create-home paperpit \
 && install -d -o paperpit -g paperpit -m 700 /home/paperpit/.local/share/paperpit /home/paperpit/.cache/paperpit
COPY --from=build /opt/paperpit /opt/paperpit
ENV PATH=/opt/paperpit/bin:$PATH PYTHONUNBUFFERED=1 PYTHONSAFEPATH=1 \
    MALLOC_ARENA_MAX=1 ARROW_DEFAULT_MEMORY_POOL=system
USER 10001:10001
WORKDIR /home/paperpit
# The desk answers by itself, out of its loop: a process that stands still does not. The first start compiles.
HEALTHCHECK --interval=30s --timeout=15s --start-period=5m --retries=3 CMD ["paperpit", "status"]
ENTRYPOINT ["paperpit"]
CMD ["run"]
