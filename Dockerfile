ARG PYTHON_IMAGE=python:3.13-slim
FROM ${PYTHON_IMAGE} AS build

# What to install beside the core: --build-arg EXTRAS=zstd,parquet
ARG EXTRAS=zstd

WORKDIR /src
COPY . .
RUN python -m venv /opt/regcli \
 && /opt/regcli/bin/python -m pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check ".[${EXTRAS}]" \
 && /opt/regcli/bin/python -m pip uninstall --quiet --yes pip

# The libraries' tests, stubs, C sources and zstandard's second backend go. Compiled bytecode comes, for a fast start,
# and is not checked against file dates, which a copy between stages may change.
RUN cd /opt/regcli/lib/python3*/site-packages \
 && rm -rf setuptools setuptools-*.dist-info pkg_resources _distutils_hack distutils-precedence.pth \
 && rm -f zstandard/_cffi*.so \
 && find numpy pandas scipy sklearn joblib -type d -name tests -prune -exec rm -rf {} + \
 && find . -type f \( -name '*.pyi' -o -name '*.pyx' -o -name '*.pxd' -o -name '*.pyx.tp' -o -name '*.a' -o -name '*.h' \) -delete \
 && /opt/regcli/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash . \
 && cd / && /opt/regcli/bin/regcli --version \
 && printf 'x,y\n1,1\n2,2.1\n3,2.9\n4,4.2\n' | /opt/regcli/bin/regcli fit - --penalty l1 --alpha 0.1 --quiet >/dev/null

FROM ${PYTHON_IMAGE}

LABEL org.opencontainers.image.title="regcli" \
      org.opencontainers.image.description="Exact, certified, named regularized regression on CSV files" \
      org.opencontainers.image.licenses="MIT"

COPY --from=build /opt/regcli /opt/regcli
ENV PATH=/opt/regcli/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1

WORKDIR /data
USER 65532:65532
ENTRYPOINT ["regcli"]
