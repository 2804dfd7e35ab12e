# One image for every process of Easel: api, worker, relay, sweeper, migrate, seed.
#   docker build -t easel .
#   docker build -t easel:gpu --build-arg SETS="api ml" .
FROM python:3.13-slim AS packages
WORKDIR /easel
RUN pip install --no-cache-dir uv && python -m venv .venv
COPY requirements.lock ./
COPY requirements ./requirements
# Which of requirements/*.in: "api", or "api ml" for a worker that paints with diffusion pipelines.
ARG SETS="api"
RUN for set in $SETS; do \
      uv pip install --no-cache --python .venv/bin/python -c requirements.lock -r "requirements/$set.in" || exit; \
    done

FROM python:3.13-slim
RUN useradd --uid 10001 --create-home --home-dir /var/lib/easel easel
WORKDIR /easel
COPY --from=packages /easel/.venv ./.venv
COPY . .
USER easel
ENV EASEL_HOME=/var/lib/easel HF_HOME=/var/lib/easel/models HOST=0.0.0.0 PORT=8000 LOG_JSON=true \
    PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
VOLUME /var/lib/easel
EXPOSE 8000
ENTRYPOINT ["./easel"]
CMD ["api"]
