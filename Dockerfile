# Clawback in one static binary, with nothing else in the image: no shell, no package manager.
# Both bases can be replaced: --build-arg BUILD_BASE=... needs Go, a C compiler and a C library to link statically (glibc or
# musl); RUN_BASE=... needs the certificate authorities that Microsoft's certificates lead to.
ARG BUILD_BASE=docker.io/library/golang:1.26-bookworm
ARG RUN_BASE=gcr.io/distroless/static-debian12:nonroot

FROM ${BUILD_BASE} AS build
WORKDIR /src
COPY . .
ARG VERSION=dev
# The caches make the second build take seconds; the first compiles Microsoft's Graph SDK, minutes.
RUN --mount=type=cache,target=/go/pkg/mod \
    --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=1 go build -trimpath -buildvcs=false \
      -tags "sqlite_fts5 osusergo netgo sqlite_omit_load_extension" \
      -ldflags "-s -w -X main.version=${VERSION} -linkmode external -extldflags -static" \
      -o /out/clawback ./cmd/clawback \
    && mkdir -p /out/data \
    && /out/clawback version

FROM ${RUN_BASE}
ARG VERSION=dev
LABEL org.opencontainers.image.title="Clawback" \
      org.opencontainers.image.description="Removes malicious email from Microsoft 365 mailboxes after delivery, and proves that it is gone." \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.licenses="Apache-2.0"

COPY --from=build /out/clawback /clawback
# The database lies here. Whoever mounts a folder of the host gives it to 65532.
COPY --from=build --chown=65532:65532 /out/data /data

ENV CLAWBACK_LISTEN=0.0.0.0:8080 \
    CLAWBACK_DATABASE=/data/clawback.db
USER 65532:65532
WORKDIR /data
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 CMD ["/clawback", "health"]
ENTRYPOINT ["/clawback"]
CMD ["serve"]
