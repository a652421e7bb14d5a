ARG PYTHON_IMAGE=python:3.13-slim
FROM ${PYTHON_IMAGE} AS build

# What to install beside the core: --build-arg EXTRAS=zstd,plot,report,parquet
ARG EXTRAS=zstd,plot,report

WORKDIR /src
COPY . .
RUN python -m venv /opt/regcli \
 && /opt/regcli/bin/python -m pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check ".[${EXTRAS}]" \
 && /opt/regcli/bin/python -m pip uninstall --quiet --yes pip

# The libraries' tests, stubs, C sources and zstandard's second backend go, and of plotly all but the script that web
# pages carry. Compiled bytecode comes, for a fast start,
# and is not checked against file dates, which a copy between stages may change.
RUN cd /opt/regcli/lib/python3*/site-packages \
 && rm -rf setuptools setuptools-*.dist-info pkg_resources _distutils_hack distutils-precedence.pth \
 && rm -f zstandard/_cffi*.so \
 && if [ -d plotly ]; then \
      find plotly -mindepth 1 -maxdepth 1 ! -name package_data -exec rm -rf {} + \
      && find plotly/package_data -type f ! -name plotly.min.js -delete \
      && rm -rf _plotly_utils /opt/regcli/share/jupyter /opt/regcli/etc/jupyter; \
    fi \
 && find numpy pandas scipy sklearn joblib matplotlib mpl_toolkits -type d -name tests -prune -exec rm -rf {} + \
 && find . -type f \( -name '*.pyi' -o -name '*.pyx' -o -name '*.pxd' -o -name '*.pyx.tp' -o -name '*.a' -o -name '*.h' \) -delete \
 && /opt/regcli/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash .

FROM ${PYTHON_IMAGE}

LABEL org.opencontainers.image.title="regcli" \
      org.opencontainers.image.description="Exact, certified, named regularized regression on CSV files" \
      org.opencontainers.image.licenses="MIT"

COPY --from=build /opt/regcli /opt/regcli
# joblib, which comes with scikit-learn, looks for a place to put semaphores and complains where nothing can be written.
ENV PATH=/opt/regcli/bin:$PATH \
    JOBLIB_MULTIPROCESSING=0

WORKDIR /data

# The official image has no bytecode of the standard library, and the user below may not write it. The first runs, as
# root, leave what regcli needs of it; and a library that misses a file removed above ends the build here.
RUN regcli --help >/dev/null \
 && for solver in exact sklearn; do for format in table json csv; do \
      printf 'x,y\n1,1\n2,2.1\n3,2.9\n4,4.2\n' \
        | regcli fit - --penalty l1 --alpha 0.1 --solver $solver --format $format --quiet >/dev/null || exit 1; \
    done; done \
 && printf 'x,z,y\n1,2,1\n2,1,2.1\n3,5,2.9\n4,3,4.2\n5,1,5.3\n6,2,5.9\n' > small.csv \
 && regcli cv small.csv --folds 3 --plot cv.png --report cv.html --quiet >/dev/null \
 && regcli path small.csv --plot path.pdf --quiet >/dev/null \
 && rm small.csv cv.png cv.html path.pdf
ENV PYTHONDONTWRITEBYTECODE=1

USER 65532:65532
ENTRYPOINT ["regcli"]
