# SPDX-License-Identifier: MIT
"""The pools that both sides have: one file each, the same for both but for the names of their sockets
and logs (@LOG@)."""

ACCESS = (
    "%{COMPAT_ROW}e|%R|%u|%m|%r|%Q%q|%f|%l|%s|%n|%{REQUEST_METHOD}e|%{nothing}e|%{X-A}o|%%"
)

COMMON = """
user = alice
group = alice
pm = static
pm.max_children = {workers}
access.log = @LOG@
access.format = "{access}"
php_value[session.save_path] = /tmp
php_value[date.timezone] = UTC
"""

POOLS = {
    # name: (workers, lines)
    "base": (8, ""),
    "errors": (4, "php_admin_flag[display_errors] = on\nphp_admin_flag[html_errors] = off\n"
               "php_admin_value[error_reporting] = 32767\n"),
    "html": (2, "php_flag[display_errors] = on\nphp_flag[html_errors] = on\n"
             "php_value[error_reporting] = 32767\nphp_value[docref_root] = /manual/\n"),
    "silent": (2, "php_admin_flag[fastcgi.logging] = off\nphp_flag[display_errors] = off\n"
               "php_admin_value[error_reporting] = 32767\n"),
    "log-stderr": (2, "php_admin_value[error_log] = /dev/stderr\nphp_value[error_reporting] = 32767\n"),
    "levels": (2, "php_value[error_reporting] = E_ALL & ~E_NOTICE\nphp_admin_value[user_agent] = E_ALL\n"
               "php_value[precision] = 2048 ^ E_STRICT\nenv[LEVELS] = E_ALL | E_STRICT\nenv[LEVEL_WORDS] = \"E_ALL\"\n"),
    "log-limit": (2, ""),
    "log-small": (2, ""),
    "log-warning": (2, ""),
    "log": (2, "php_admin_value[error_log] = /tmp/php.log\nphp_value[error_reporting] = 32767\n"),
    "header": (2, "php_admin_value[fastcgi.error_header] = \"HTTP/1.1 550 Broken\"\n"
               "php_admin_value[error_reporting] = 32767\n"),
    "nofix": (4, "php_admin_value[cgi.fix_pathinfo] = 0\n"),
    "discard": (2, "php_admin_value[cgi.fix_pathinfo] = 0\nphp_admin_value[cgi.discard_path] = 1\n"),
    "rfc": (2, "php_admin_value[cgi.rfc2616_headers] = 1\n"),
    "nph": (2, "php_admin_value[cgi.nph] = 1\n"),
    "buffer": (4, "php_admin_value[output_buffering] = 0\nphp_admin_flag[implicit_flush] = off\n"),
    "flush": (2, "php_admin_value[output_buffering] = 0\nphp_admin_flag[implicit_flush] = on\n"),
    "gzip": (2, "php_admin_flag[zlib.output_compression] = on\n"),
    "upload": (4, "php_admin_value[upload_max_filesize] = 1K\nphp_admin_value[post_max_size] = 8K\n"
               "php_admin_value[max_file_uploads] = 2\nphp_admin_value[max_input_vars] = 10\n"
               "php_admin_flag[display_errors] = on\nphp_admin_flag[html_errors] = off\n"
               "php_admin_flag[display_startup_errors] = on\n"),
    "progress": (2, "php_admin_flag[session.upload_progress.cleanup] = off\n"
                 "php_admin_value[session.save_path] = /tmp\n"),
    "nopost": (2, "php_admin_flag[enable_post_data_reading] = off\n"),
    "argv": (2, "php_admin_flag[register_argc_argv] = on\nphp_admin_value[variables_order] = EGPCS\n"
             "php_admin_value[request_order] = CGP\n"),
    "order": (2, "php_admin_value[variables_order] = G\n"),
    "env": (2, "env[TWICE] = one\nenv[TWICE] = two\nenv[FIRST] = one\nenv[SECOND] = \"two words\"\nenv[HOME] = /home/other\n"
            "env[HTTP_PROXY] = http://proxy.test\nenv[QUERY_STRING] = from-env\n"
            "php_admin_value[variables_order] = EGPCS\n"),
    "prepend": (2, "php_admin_value[auto_prepend_file] = /srv/www/lib/prepend.php\n"
                "php_admin_value[auto_append_file] = /srv/www/lib/append.php\n"),
    "limit": (2, "security.limit_extensions = .php .html\n"),
    "nolimit": (2, "security.limit_extensions =\n"),
    "docroot": (2, "php_admin_value[doc_root] = /srv/www\n"),
    "userdir": (2, "php_admin_value[user_dir] = public_html\n"),
    "basedir": (2, "php_admin_value[open_basedir] = /srv/www:/tmp\n"),
    "lower": (2, "php_value[memory_limit] = 64M\nphp_admin_value[max_execution_time] = 11\n"
              "php_flag[log_errors] = off\nphp_admin_flag[short_open_tag] = on\n"
              "php_admin_value[disable_functions] = exec,system\n"),
    "charset": (2, "php_value[default_charset] = ISO-8859-1\nphp_value[default_mimetype] = text/plain\n"),
    "fresh": (4, "pm.max_requests = 1\n"),
    "fresh-admin": (2, "pm.max_requests = 1\nphp_admin_value[open_basedir] = /srv/www:/tmp\n"
                    "php_admin_value[memory_limit] = 96M\nphp_value[precision] = 5\n"),
    "sticky": (1, ""),
    "status": (2, "pm.status_path = /status\nping.path = /ping\nping.response = \"pong & <ok>\"\n"),
    "quiet": (2, "access.suppress_path[] = /rows/access-suppressed.php\n"),
    "chdir": (2, "chdir = /srv/www/lib\n"),
    "chroot": (2, "chroot = /srv/www\n"),
    "chroot-chdir": (2, "chroot = /srv/www\nchdir = /lib\n"),
    "tcp": (2, "php_admin_flag[expose_php] = on\n"),
    "plain": (2, ""),
    "spec": (2, ""),
    "type": (2, ""),
}

# [global] of its own, and a php-fpm of its own on the other side
GLOBALS = {
    "log-limit": "log_limit = 4096\n",
    "log-small": "log_limit = 512\n",
    "log-warning": "log_level = warning\n",
}

# access.format of its own
FORMATS = {
    "type": "%{COMPAT_ROW}e|%{Content-Type}o|%{Content-type}o",
    "plain": "%R - %u %t \"%m %r%Q%q\" %s",
    "spec": "%{COMPAT_ROW}e|%C|%{user}C|%{system}C|%{total}C|%d|%{seconds}d|%{milliseconds}d|%{milli}d|%{miliseconds}d|"
            "%{microseconds}d|%{micro}d|%M|%{bytes}M|%{kilobytes}M|%{kilo}M|%{megabytes}M|%{mega}M|%p|%P|%t|"
            "%T|%{%Y-%m-%dT%H}t|%{%Y}T|%{X-One}o|%{x-one}o|%{X-Two}o|%{Status}o|%{REMOTE_ADDR}e|%{NONE}e",
}

TCP_PORTS = {"tcp": {"ours": 9301, "theirs": 9302}}


def address(side, name):
    if name in TCP_PORTS:
        return f"127.0.0.1:{TCP_PORTS[name][side]}"
    return f"/run/fpmd/{name}.sock" if side == "ours" else f"/run/compat/{name}.sock"


def log_of(side, name):
    return f"/srv/log/{side}/{name}.log"


def text_of(side, name):
    workers, more = POOLS[name]
    common = COMMON.format(workers=workers, access=FORMATS.get(name, ACCESS).replace('"', "'"))
    start = f"[global]\n{GLOBALS[name]}" if side == "ours" and name in GLOBALS else ""
    lines = f"{start}[{name}]\n{common}{more}".replace("@LOG@", log_of(side, name))
    return lines + f"listen = {address(side, name)}\n"
