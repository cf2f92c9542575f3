# One file for every image: docker build --build-arg SERVICE=ingest .
# The operator's image, with the `aftercall` command, is SERVICE=operator PACKAGE=aftercall.
FROM python:3.11-slim-bookworm AS build
ARG SERVICE
ARG PACKAGE=aftercall-${SERVICE}
WORKDIR /src
COPY requirements/ requirements/
# What builds wheels stays here; the platform gets an environment that has not even pip.
RUN python -m venv /build \
    && /build/bin/pip install --no-cache-dir --require-hashes -r requirements/build.txt \
    && python -m venv --without-pip /app \
    && /build/bin/pip --python /app/bin/python install --no-cache-dir --no-compile \
        --require-hashes -r "requirements/${SERVICE}.txt"
COPY libs/ libs/
COPY services/ services/
COPY sandbox/ sandbox/
COPY cli/ cli/
# Without an index: what the pins do not have is an error, not a download.
RUN /build/bin/pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheels \
        ./libs/* ./services/* ./sandbox ./cli \
    && /build/bin/pip --python /app/bin/python install --no-cache-dir --no-index \
        --find-links /wheels "${PACKAGE}" \
    && /app/bin/python -m compileall -q /app/lib

FROM python:3.11-slim-bookworm
RUN python -m pip uninstall --yes pip setuptools wheel \
    && rm -rf /usr/local/lib/python3.11/ensurepip \
    && groupadd --system --gid 10001 aftercall \
    && useradd --system --uid 10001 --gid aftercall --no-create-home --home-dir /tmp aftercall \
    && install -d -o aftercall -g aftercall /run/aftercall/secrets
COPY --from=build /app /app
ENV PATH=/app/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
WORKDIR /app
EXPOSE 8080
