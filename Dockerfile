FROM node:22-bookworm-slim
WORKDIR /app
COPY . .
# packages, the pinned Node and the staff app; later starts find them fresh
RUN node bin/payorcrm.mjs build && useradd --system --create-home payorcrm && mkdir /data && chown payorcrm /data
USER payorcrm
ENV DATA_DIR=/data HOST=0.0.0.0
VOLUME /data
EXPOSE 3000
ENTRYPOINT ["node", "bin/payorcrm.mjs"]
CMD ["serve"]
