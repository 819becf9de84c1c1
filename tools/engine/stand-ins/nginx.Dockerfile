# nginx:1.26
FROM debian:trixie-slim
RUN apt-get update \
    && apt-get install -y -q --no-install-recommends nginx-light \
    && rm -rf /var/lib/apt/lists/* /var/www/html /etc/nginx/sites-enabled \
    && nginx -v 2>&1 | grep -q 'nginx/1\.26\.' \
    && sed -i 's#include /etc/nginx/sites-enabled/\*;##; s#^user .*#user www-data;#' /etc/nginx/nginx.conf \
    && ln -sf /dev/stdout /var/log/nginx/access.log \
    && ln -sf /dev/stderr /var/log/nginx/error.log \
    && mkdir -p /usr/share/nginx/html
EXPOSE 80
STOPSIGNAL SIGQUIT
CMD ["nginx", "-g", "daemon off;"]
