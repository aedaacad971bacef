# dai-gate as an image, for GitLab, Jenkins, Kubernetes and wherever else containers run.
# Build: docker build -t dai-gate .          Use: docker run --rm -e DAI_TOKEN dai-gate wait RUN_ID --url ...

# By digest, for amd64 and arm64 alike: the update bot keeps it fresh. A mirror is another --build-arg.
ARG PYTHON_IMAGE=python:3.13-slim@sha256:7c61056e61ac89e852de05f3dc6fa51a6dd2181797bceed46aa725dd7cb2cd3b

FROM ${PYTHON_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
# Every package by its hash, those that build as well. Only /opt/dai-gate is kept, a virtual environment without pip;
# its modules are compiled while they are installed, so that nothing needs to be written when the container runs.
COPY requirements.lock requirements-build.lock ./
RUN python -m venv --without-pip /opt/dai-gate \
    && python -m venv --without-pip /opt/build \
    && pip --python /opt/dai-gate/bin/python install --require-hashes --requirement requirements.lock \
    && pip --python /opt/build/bin/python install --require-hashes --requirement requirements-build.lock
COPY LICENSE README.md pyproject.toml ./
COPY gate gate
COPY release/urls.py release/
RUN pip --python /opt/build/bin/python wheel --no-deps --no-build-isolation --wheel-dir dist . \
    && pip --python /opt/dai-gate/bin/python install --no-deps dist/*.whl

FROM ${PYTHON_IMAGE}
ARG PYTHON_IMAGE
ARG VERSION=unreleased
ARG REVISION=unknown
# Where this copy of the project lives: a build of a fork names the fork.
ARG URL
LABEL org.opencontainers.image.title="dai-gate" \
      org.opencontainers.image.description="Make a pipeline wait for an Eggplant DAI test run, and stop it unless the run passed." \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.url="${URL}" \
      org.opencontainers.image.source="${URL}" \
      org.opencontainers.image.base.name="${PYTHON_IMAGE}"
COPY --from=build /opt/dai-gate /opt/dai-gate
# The command alone goes on PATH: a job that calls python gets the image's own.
COPY --from=build /opt/dai-gate/bin/dai-gate /usr/local/bin/dai-gate
# Relative paths start here: mount a folder for the reports.
WORKDIR /work
# Any other user will do as well: docker run --user, runAsUser.
USER 65532:65532
ENTRYPOINT ["dai-gate"]
