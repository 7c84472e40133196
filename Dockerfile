# The image: the service in a virtual environment, run by a user without rights, serving on 8080.
#
#   docker build -t pro-service .
#   docker build -t pro-service:embedded --build-arg EXTRAS='[demo]' .    # with PostgreSQL in it
#   docker build -t pro-service --secret id=pip_cert,src=/path/ca.pem .    # behind an authority of one's own
#
# PYTHON_IMAGE may be any Debian-like image that has python3 (3.11 or newer) with venv.
ARG PYTHON_IMAGE=python:3.13-slim

FROM ${PYTHON_IMAGE} AS build
# Only this stage meets a package index, so that none of its settings stays in the image.
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ARG PIP_FIND_LINKS
ARG PIP_CONSTRAINT
ARG PIP_CERT
ARG PIP_TRUSTED_HOST
ARG EXTRAS=""
RUN python3 -m venv /tools
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY pro_service pro_service
COPY sql sql
# Where pip's way out is watched by an authority of one's own: --secret id=pip_cert,src=FILE. The file is
# there for this one step, of this stage alone.
RUN --mount=type=secret,id=pip_cert,target=/run/secrets/pip_cert \
    if [ -s /run/secrets/pip_cert ]; then export PIP_CERT=/run/secrets/pip_cert; fi \
    && /tools/bin/pip wheel --no-cache-dir --wheel-dir /wheels ".${EXTRAS}"

FROM ${PYTHON_IMAGE}
ARG EXTRAS=""
# Nothing is installed after this: the installer goes too.
RUN --mount=type=bind,from=build,source=/wheels,target=/wheels \
    python3 -m venv /opt/pro-service \
    && /opt/pro-service/bin/pip install --no-cache-dir --no-index --find-links=/wheels \
        "pro-service${EXTRAS}" \
    && /opt/pro-service/bin/pip uninstall --yes --quiet pip
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /data --shell /usr/sbin/nologin pro \
    && install --directory --owner=pro --group=pro --mode=0700 /data
ENV PATH=/opt/pro-service/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PRO_HOST=0.0.0.0 \
    PRO_PORT=8080
USER 10001:10001
WORKDIR /data
EXPOSE 8080
# The process lives; whether the database answers is /readyz, which must not restart anything.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as web; web.urlopen(f\"http://127.0.0.1:{os.environ['PRO_PORT']}/healthz\", timeout=4)"]
ENTRYPOINT ["pro-service"]
CMD ["serve"]
