# busybox:1.37, for tests that need the smallest image in which RUN works.
FROM debian:trixie-slim AS source
RUN apt-get update \
    && apt-get install -y -q --no-install-recommends busybox-static \
    && busybox | head -n 1 | grep -q ' v1\.37\.' \
    && mkdir -p /rootfs/bin /rootfs/tmp /rootfs/etc /rootfs/root \
    && cp /usr/bin/busybox /rootfs/bin/busybox \
    && chroot /rootfs /bin/busybox --install -s /bin \
    && echo 'root:x:0:0:root:/root:/bin/sh' >/rootfs/etc/passwd \
    && echo 'root:x:0:' >/rootfs/etc/group
FROM scratch
COPY --from=source /rootfs /
ENV PATH=/bin
CMD ["sh"]
