# Three images from one file: what docker-compose.yml builds. `docker build --target gateway .` builds the gateway alone.

FROM rust:1.95-bookworm AS build
WORKDIR /portcullis
COPY . .
RUN scripts/build
RUN cargo build --release --package services

# The stock Envoy with the modules beside it; its configuration is mounted.
FROM envoyproxy/envoy:v1.40.0 AS gateway
WORKDIR /portcullis
COPY --from=build /portcullis/dist/ dist/
CMD ["envoy", "-c", "envoy/envoy.yaml"]

FROM debian:bookworm-slim AS services
COPY --from=build /portcullis/target/release/services /usr/local/bin/services
ENTRYPOINT ["services", "--host", "0.0.0.0"]
