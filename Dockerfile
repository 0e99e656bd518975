# The command in an image of its own. It needs no network and no rights to run:
#   docker run --rm --network none --read-only --volume "$PWD:/code:ro" cybrid-audit scan .
FROM python:3.13-slim AS build
WORKDIR /build
COPY constraints.txt hatch_build.py pyproject.toml README.md LICENSE ./
COPY rules rules
COPY cybrid_audit cybrid_audit
# The wheel carries the compiled rules. pip itself stays behind: the environment that goes on has what runs, and nothing else.
RUN python -m pip install --no-cache-dir --disable-pip-version-check --constraint constraints.txt hatchling PyYAML \
    && python -m pip wheel --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir dist . \
    && python -m venv --without-pip /opt/cybrid-audit \
    && python -m pip --python /opt/cybrid-audit/bin/python install --no-cache-dir --disable-pip-version-check \
       --constraint constraints.txt dist/*.whl

FROM python:3.13-slim
# Git lists what belongs to the code, and gives revisions and history. The distribution keeps one version of it, and removes it when
# a correction of a vulnerability comes out: a pin would break the build then.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /opt/cybrid-audit /opt/cybrid-audit
# The user below has no home; what is kept between runs (the searched history) lasts as long as the container.
ENV PATH="/opt/cybrid-audit/bin:$PATH" HOME=/tmp PYTHONDONTWRITEBYTECODE=1
USER 65532:65532
WORKDIR /code
HEALTHCHECK NONE
ENTRYPOINT ["cybrid-audit"]
