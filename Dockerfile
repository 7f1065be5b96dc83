# The collector as an image, for amd64 and arm64:
#   docker buildx build --platform linux/amd64,linux/arm64 -t calljoin .
# Not Node 24: what is compiled with its headers from 24.19 on aborts when a statement is collected (https://github.com/nodejs/node/issues/65446),
# and better-sqlite3 compiles where no ready binary can be had.
# Debian in both stages: the native part of better-sqlite3 is built, where no ready one can be had, for the C library that it runs on.
FROM node:22-bookworm AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY rollup.config.mjs tsconfig.json ./
COPY sdk sdk
COPY collector collector
RUN npm run build && npm prune --omit=dev --no-audit --no-fund

FROM node:22-bookworm-slim
ENV NODE_ENV=production \
    CALLJOIN_DATA=/data \
    SQLITE_TMPDIR=/data
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
# The image's own files are root's, and read-only to the collector; only the volume is its own.
RUN ln -s /app/dist/collector/calljoin.mjs /usr/local/bin/calljoin \
    && chmod +x /app/dist/collector/calljoin.mjs \
    && install -d -m 0700 -o node -g node /data
VOLUME /data
USER node
EXPOSE 8787
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
    CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 8787}/readyz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["calljoin"]
CMD ["serve"]
