# debian:trixie-slim: mmdebstrap's minbase plus the machine's own certificate authorities.
FROM imgopt-stand-in/rootfs:trixie
COPY ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
# Once more where the ca-certificates package does not write it anew.
COPY ca-certificates.crt /usr/local/share/machine-ca.crt
COPY docker-clean /etc/apt/apt.conf.d/docker-clean
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    HOME=/root \
    SSL_CERT_FILE=/usr/local/share/machine-ca.crt \
    PIP_CERT=/usr/local/share/machine-ca.crt \
    NODE_EXTRA_CA_CERTS=/usr/local/share/machine-ca.crt
CMD ["bash"]
