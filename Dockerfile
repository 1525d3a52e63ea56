# Targets: operator, plugin (the init container that fills /metric-ai) and argo-rollouts (the stock controller with the plugin).
# Every image runs as a user that is not root, and none has a shell. Nothing is run on the target platform, so building for
# another one needs no emulation. A base image has its tag to be read and the digest of its index of all platforms, which decides: they
# change together. The digests are those by which public builds pinned these tags in October 2026. Of Argo Rollouts' tag none was to be
# found; a release looks it up and builds with it.
ARG NODE_IMAGE=docker.io/library/node:24.21.0-bookworm@sha256:64af3819f9275802414d7cdc38c27e9d82bd564dec4d4da87d008255d36c63b4
ARG RUNTIME_IMAGE=gcr.io/distroless/cc-debian12:nonroot@sha256:9dac0a79194e45a7da0158a9c6da57b217585af0786db3845d1f0ec1a0dd182f
ARG ROLLOUTS_IMAGE=quay.io/argoproj/argo-rollouts:v1.10.1

# The system that Node, its loader and its libraries are taken from, of the target platform.
FROM ${NODE_IMAGE} AS system

# The bundles are the same on every platform.
FROM --platform=$BUILDPLATFORM ${NODE_IMAGE} AS build
WORKDIR /src
COPY package.json package-lock.json Makefile ./
RUN make setup
COPY tsconfig.json ./
COPY crds ./crds
COPY plugin ./plugin
COPY operator ./operator
RUN make build
RUN --mount=type=bind,from=system,target=/system \
    node_modules/.bin/node plugin/image/assemble.ts /metric-ai --root /system --node /system/usr/local/bin/node

FROM ${RUNTIME_IMAGE} AS operator
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="canary-analysis operator" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=system /usr/local/bin/node /usr/local/bin/node
# The operator starts the worker, and the command line may be run in the pod: all three lie side by side.
COPY --from=build /src/build/operator.mjs /src/build/distill-worker.mjs /src/build/canary-analysis.mjs /app/
COPY --from=build /src/build/operator.mjs.LEGAL.txt /src/build/canary-analysis.mjs.LEGAL.txt /app/
COPY LICENSE /app/
USER 65532:65532
WORKDIR /app
ENTRYPOINT ["/usr/local/bin/node", "/app/operator.mjs"]

# Nothing but the folder: its loader starts its Node, which copies it.
FROM scratch AS plugin
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="canary-analysis plugin for Argo Rollouts" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /metric-ai /metric-ai
USER 65532:65532
ENTRYPOINT ["/metric-ai/lib/ld.so", "--library-path", "/metric-ai/lib", "/metric-ai/node"]
CMD ["-e", "require('node:fs').cpSync('/metric-ai', '/target', { recursive: true })"]

# For where the plugin cannot be brought by an init container. User and entry point stay the controller's.
FROM ${ROLLOUTS_IMAGE} AS argo-rollouts
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Argo Rollouts with the canary-analysis plugin" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /metric-ai /metric-ai
USER 999
