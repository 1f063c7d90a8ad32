# syntax=docker/dockerfile:1

FROM python:3.12.12-slim-bookworm AS build
WORKDIR /src
# The lock alone first: a change of our own source does not install everything anew.
COPY requirements.lock .
RUN python -m venv /opt/paperpit \
 && /opt/paperpit/bin/pip install --no-cache-dir --disable-pip-version-check --quiet -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY adapters adapters
COPY strategies strategies
COPY config config
COPY migrations migrations
RUN /opt/paperpit/bin/pip install --no-cache-dir --disable-pip-version-check --quiet --no-deps .

FROM python:3.12.12-slim-bookworm
# The data folder exists before the volume does, so that the volume is the user's, not root's.
RUN useradd --uid 10001 --create-home paperpit \
 && install -d -o paperpit -g paperpit /home/paperpit/.local/share/paperpit /home/paperpit/.cache/paperpit
COPY --from=build /opt/paperpit /opt/paperpit
ENV PATH=/opt/paperpit/bin:$PATH PYTHONUNBUFFERED=1
USER paperpit
WORKDIR /home/paperpit
ENTRYPOINT ["paperpit"]
CMD ["run"]
