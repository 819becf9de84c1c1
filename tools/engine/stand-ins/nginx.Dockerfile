# nginx:1.30, which the next Debian has; that release's index may be past its date.
FROM debian:trixie-slim
RUN sed -i 's/trixie/forky/g' $(find /etc/apt/sources.list /etc/apt/sources.list.d -type f) \
    && apt-get -o Acquire::Check-Valid-Until=false update \
    && apt-get install -y -q --no-install-recommends nginx-light \
    && sed -i 's/forky/trixie/g' $(find /etc/apt/sources.list /etc/apt/sources.list.d -type f) \
    && rm -rf /var/lib/apt/lists/* /var/www/html /etc/nginx/sites-enabled \
    && nginx -v 2>&1 | grep -q 'nginx/1\.30\.' \
    && sed -i 's#include /etc/nginx/sites-enabled/\*;##; s#^user .*#user www-data;#' /etc/nginx/nginx.conf \
    && ln -sf /dev/stdout /var/log/nginx/access.log \
    && ln -sf /dev/stderr /var/log/nginx/error.log \
    && mkdir -p /usr/share/nginx/html
EXPOSE 80
STOPSIGNAL SIGQUIT
CMD ["nginx", "-g", "daemon off;"]
