# The exporter, without the generator's packages: what runs beside the agents.
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE THIRD_PARTY.md ./
COPY spec spec
COPY exporter exporter
COPY generator generator
COPY agentgauge agentgauge
RUN python -m venv /opt/agentgauge \
    && /opt/agentgauge/bin/pip install --no-cache-dir .

FROM python:3.11-slim-bookworm
COPY --from=build /opt/agentgauge /opt/agentgauge
# A new volume takes over the owner of the folder that it is mounted on.
RUN useradd --system --uid 10001 --user-group --no-create-home agentgauge \
    && install -d -o agentgauge -g agentgauge /var/log/agents /var/log/executions /var/log/agency \
        /var/log/orchestrator /var/log/platform /var/lib/agentgauge
USER 10001:10001
ENV PATH=/opt/agentgauge/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    STATE_DIRECTORY=/var/lib/agentgauge
EXPOSE 9477
HEALTHCHECK --interval=15s --timeout=3s --start-period=10s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:9477/-/healthy')"]
ENTRYPOINT ["agentgauge"]
CMD ["export", "/etc/agentgauge/agents.yaml"]
VOLUME /var/lib/agentgauge
