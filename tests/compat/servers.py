# SPDX-License-Identifier: MIT
"""The parameters that web servers send, in their names, their order and their idea of paths. Each takes
what nginx() in table.py takes: script (as the server maps it), path_info, uri, query, method, root."""
from table import ROOT, nginx


def apache(script, path_info="", uri=None, query="", method="GET", root=ROOT, prefix="", **_):
    """mod_proxy_fcgi with SetHandler: the script was found in the file system, PATH_INFO is cut off."""
    uri = uri or script + path_info
    params = [
        ("HTTP_HOST", "compat.test"),
        ("HTTP_USER_AGENT", "test/1"),
        ("HTTP_ACCEPT", "*/*"),
        ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
        ("SERVER_SIGNATURE", "<address>Apache/2.4.62 (Debian) Server at compat.test Port 80</address>\n"),
        ("SERVER_SOFTWARE", "Apache/2.4.62 (Debian)"),
        ("SERVER_NAME", "compat.test"),
        ("SERVER_ADDR", "192.0.2.1"),
        ("SERVER_PORT", "80"),
        ("REMOTE_ADDR", "192.0.2.7"),
        ("DOCUMENT_ROOT", root),
        ("REQUEST_SCHEME", "http"),
        ("CONTEXT_PREFIX", ""),
        ("CONTEXT_DOCUMENT_ROOT", root),
        ("SERVER_ADMIN", "webmaster@localhost"),
        ("SCRIPT_FILENAME", prefix + root + script),
        ("REMOTE_PORT", "40000"),
        ("GATEWAY_INTERFACE", "CGI/1.1"),
        ("SERVER_PROTOCOL", "HTTP/1.1"),
        ("REQUEST_METHOD", method),
        ("QUERY_STRING", query),
        ("REQUEST_URI", uri + ("?" + query if query else "")),
        ("SCRIPT_NAME", script),
    ]
    if path_info:
        params += [("PATH_INFO", path_info), ("PATH_TRANSLATED", root + path_info)]
    return params


def apache_generic(script, **given):
    """ProxyFCGIBackendType GENERIC, the default: the handler's URL stays before the path."""
    return apache(script, prefix="proxy:fcgi://localhost", **given)


def apache_generic_port(script, **given):
    return apache(script, prefix="proxy:fcgi://127.0.0.1:9000", **given)


def apache_fpm(script, **given):
    """ProxyFCGIBackendType FPM: the prefix is taken off."""
    return apache(script, **given)


def apache_balancer(script, **given):
    return apache(script, prefix="proxy:balancer://php", **given)


def apache_proxypass(script, path_info="", query="", prefix="proxy:fcgi://127.0.0.1:9000", **given):
    """ProxyPassMatch ^/(.*\\.php(/.*)?)$ fcgi://127.0.0.1:9000/srv/www/$1: Apache does not look at the
    file system, so script and PATH_INFO are one, and there is no PATH_INFO."""
    return apache(script + path_info, query=query, prefix=prefix, **given)


def apache_proxypass_query(script, path_info="", query="", **given):
    """Versions before 2.4.26 left the query string on it."""
    params = dict(apache_proxypass(script, path_info, query, **given))
    params["SCRIPT_FILENAME"] += "?" + query
    return list(params.items())


def apache_proxypass_balancer(script, **given):
    return apache_proxypass(script, prefix="proxy:balancer://php", **given)


def apache_proxypass_pathinfo(script, path_info="", **given):
    """SetEnv proxy-fcgi-pathinfo: the whole of it once more as PATH_INFO."""
    params = apache_proxypass(script, path_info, **given)
    whole = dict(params)["SCRIPT_NAME"]
    return params + [("PATH_INFO", whole), ("PATH_TRANSLATED", given.get("root", ROOT) + whole)]


def apache_rewrite(script, path_info="", uri="/pretty", **given):
    """mod_rewrite in .htaccess, SetHandler: REDIRECT_URL and REDIRECT_STATUS."""
    return [("REDIRECT_STATUS", "200"), ("REDIRECT_URL", uri)] + apache_generic(
        script, path_info=path_info, uri=uri, **given
    )


def apache_action(script, path_info="", root=ROOT, uri=None, **given):
    """mod_actions: the script is a handler's, what was asked for is in PATH_TRANSLATED."""
    params = dict(apache("/cgi-bin/php", root=root, uri=uri or script + path_info, **given))
    params.update(
        REDIRECT_STATUS="200", REDIRECT_URL=script + path_info, PATH_INFO=script + path_info,
        PATH_TRANSLATED=root + script + path_info,
    )
    return list(params.items())


def lighttpd(script, path_info="", uri=None, query="", method="GET", root=ROOT, **_):
    """mod_fastcgi with check-local; broken-scriptfilename is lighttpd_broken()."""
    params = [
        ("CONTENT_LENGTH", "0"),
        ("SCRIPT_NAME", script),
        ("SCRIPT_FILENAME", root + script),
        ("DOCUMENT_ROOT", root),
        ("REQUEST_URI", (uri or script + path_info) + ("?" + query if query else "")),
        ("QUERY_STRING", query),
        ("REQUEST_METHOD", method),
        ("SERVER_PROTOCOL", "HTTP/1.1"),
        ("REDIRECT_STATUS", "200"),
        ("REQUEST_SCHEME", "http"),
        ("SERVER_SOFTWARE", "lighttpd/1.4.69"),
        ("GATEWAY_INTERFACE", "CGI/1.1"),
        ("REMOTE_ADDR", "192.0.2.7"),
        ("REMOTE_PORT", "40000"),
        ("SERVER_PORT", "80"),
        ("SERVER_ADDR", "192.0.2.1"),
        ("SERVER_NAME", "compat.test"),
        ("HTTP_HOST", "compat.test"),
    ]
    if path_info:
        params[2:2] = [("PATH_INFO", path_info), ("PATH_TRANSLATED", root + path_info)]
    return params


def lighttpd_broken(script, path_info="", root=ROOT, **given):
    """broken-scriptfilename: SCRIPT_FILENAME with PATH_INFO behind it."""
    params = dict(lighttpd(script, path_info, root=root, **given))
    params["SCRIPT_FILENAME"] = root + script + path_info
    return list(params.items())


def caddy(script, path_info="", uri=None, query="", method="GET", root=ROOT, **_):
    """php_fastcgi: every variable, also the empty ones; PATH_TRANSLATED only with PATH_INFO."""
    params = [
        ("AUTH_TYPE", ""),
        ("CONTENT_LENGTH", ""),
        ("CONTENT_TYPE", ""),
        ("GATEWAY_INTERFACE", "CGI/1.1"),
        ("PATH_INFO", path_info),
        ("QUERY_STRING", query),
        ("REMOTE_ADDR", "192.0.2.7"),
        ("REMOTE_HOST", "192.0.2.7"),
        ("REMOTE_PORT", "40000"),
        ("REMOTE_IDENT", ""),
        ("REMOTE_USER", ""),
        ("REQUEST_METHOD", method),
        ("REQUEST_SCHEME", "http"),
        ("SERVER_NAME", "compat.test"),
        ("SERVER_PROTOCOL", "HTTP/2.0"),
        ("SERVER_SOFTWARE", "Caddy/v2.8.4"),
        ("DOCUMENT_ROOT", root),
        ("DOCUMENT_URI", script),
        ("HTTP_HOST", "compat.test"),
        ("REQUEST_URI", (uri or script + path_info) + ("?" + query if query else "")),
        ("SCRIPT_FILENAME", root + script),
        ("SCRIPT_NAME", script),
        ("HTTP_ACCEPT_ENCODING", "gzip"),
        ("SERVER_PORT", "80"),
    ]
    if path_info:
        params.append(("PATH_TRANSLATED", root + path_info))
    return params


def haproxy(script, path_info="", uri=None, query="", method="GET", root=ROOT, **_):
    """mux-fcgi with path-info ^(/.+\\.php)(/.*)?$: PATH_INFO only when the expression has found one."""
    params = [
        ("DOCUMENT_ROOT", root),
        ("GATEWAY_INTERFACE", "CGI/1.1"),
        ("SERVER_SOFTWARE", "haproxy"),
        ("SERVER_NAME", "compat.test"),
        ("SERVER_PORT", "80"),
        ("SERVER_PROTOCOL", "HTTP/1.1"),
        ("REMOTE_ADDR", "192.0.2.7"),
        ("REMOTE_PORT", "40000"),
        ("REQUEST_METHOD", method),
        ("REQUEST_URI", (uri or script + path_info) + ("?" + query if query else "")),
        ("QUERY_STRING", query),
        ("SCRIPT_NAME", script),
        ("SCRIPT_FILENAME", root + script),
        ("HTTP_HOST", "compat.test"),
        ("HTTP_USER_AGENT", "test/1"),
    ]
    if path_info:
        params.append(("PATH_INFO", path_info))
    return params


def iis(script, path_info="", uri=None, query="", method="GET", root="/srv/www", **_):
    """FastCgiModule: PATH_INFO begins with SCRIPT_NAME."""
    return [
        ("SERVER_SOFTWARE", "Microsoft-IIS/10.0"),
        ("DOCUMENT_ROOT", root),
        ("APPL_PHYSICAL_PATH", root + "/"),
        ("SCRIPT_FILENAME", root + script),
        ("SCRIPT_NAME", script),
        ("PATH_INFO", script + path_info),
        ("PATH_TRANSLATED", root + script + path_info),
        ("ORIG_PATH_INFO", script + path_info),
        ("REQUEST_METHOD", method),
        ("QUERY_STRING", query),
        ("REQUEST_URI", uri or script + path_info),
        ("SERVER_PROTOCOL", "HTTP/1.1"),
        ("HTTPS", "off"),
    ]


def nginx_no_split(script, path_info="", root=ROOT, **given):
    """Without fastcgi_split_path_info: everything is the script's name, and no PATH_INFO."""
    params = [(name, value) for name, value in nginx(script + path_info, root=root, **given)
              if name != "PATH_INFO"]
    return params


def nginx_no_split_pathinfo(script, path_info="", **given):
    """The widespread fastcgi_param PATH_INFO $fastcgi_script_name."""
    return nginx_no_split(script, path_info, **given) + [("PATH_INFO", script + path_info)]


def nginx_translated(script, path_info="", root=ROOT, **given):
    """With fastcgi_param PATH_TRANSLATED $document_root$fastcgi_path_info."""
    return nginx(script, path_info, root=root, **given) + [("PATH_TRANSLATED", root + path_info)]


SERVERS = {
    server.__name__.replace("_", "-"): server
    for server in (
        nginx, nginx_no_split, nginx_no_split_pathinfo, nginx_translated,
        apache_generic, apache_generic_port, apache_fpm, apache_balancer, apache_proxypass,
        apache_proxypass_query, apache_proxypass_balancer, apache_proxypass_pathinfo, apache_rewrite,
        apache_action, lighttpd, lighttpd_broken, caddy, haproxy, iis,
    )
}
