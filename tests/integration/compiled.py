#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Whether each function that compiled code does not call by its name can be disabled for a request.

    compiled.py PHP SOCKET FOLDER

Writes calls of every internal function of PHP in some forms, has opcache compile them and looks in its listing for the
calls that are none any more: computed, an instruction, without a frame. These become a page in FOLDER, which is called
through the pool at SOCKET with each of these functions disabled. Prints those that ran all the same, then their number
and that of the functions that were tried.
"""
import re
import subprocess
import sys
import tempfile

import fcgi

LISTING = r"""
foreach (get_defined_functions()['internal'] as $name) {
	$f = new ReflectionFunction($name);
	$min = $f->getNumberOfRequiredParameters();
	echo $name, ' ', $min, ' ', $f->isVariadic() ? max($min, 3) : $f->getNumberOfParameters(), "\n";
}
"""
# Arguments that turn a call into something else, and those of any function.
SPECIAL = ("'%s %d', $a0, $a1", "'strlen'", "'strlen', $a0", "'strlen', [$a0]", "fn($x) => $x, $a0", "'PHP_VERSION'",
           "__FILE__", "'standard'", "func_get_args(), 1", "$a0, ['a', 'b', 'c']", "$a0, ['a', 'b', 'c'], true", "'a0'")
KINDS = ("$a{0}", "'x'", "{1}", "['a', 'b']")
# PHP's own words for what is no plain call.
NO_FUNCTIONS = ("clone", "exit", "die")


def forms(least, most):
    found = dict.fromkeys(SPECIAL)
    for n in range(least, min(most, 4) + 1):
        for kind in KINDS:
            found[", ".join(kind.format(i, i + 1) for i in range(n))] = None
    return [arguments for arguments in found if arguments or least == 0]


def code(number, name, arguments, keep):
    return (f"function f{number}__{name}($a0, $a1, $a2, $a3, $a4, $a5) "
            f"{{ {keep}\\{name}({arguments}); }}")


def compiled(php, folder, lines):
    """What opcache makes of these functions: its listing."""
    path = f"{folder}/calls.php"
    with open(path, "w") as f:
        f.write("<?php\n" + "\n".join(lines) + "\n")
    return subprocess.run(
        [php, "-d", "opcache.enable=1", "-d", "opcache.enable_cli=1", "-d", "opcache.file_update_protection=0",
         "-d", "opcache.opt_debug_level=0x20000", "-d", "display_errors=stderr", "-r", f"opcache_compile_file('{path}');"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True).stdout.decode(errors="replace")


def vanished(listing):
    """The functions of a listing that call nothing by the name that they are called for."""
    for part in re.split(r"\n(?=f\d+__\w+:\n)", listing):
        head = re.match(r"f\d+__(\w+):\n", part)
        if head and not re.search(rf'FCALL.* string\("{head[1]}"\)', part):
            yield head[0][:-2]


def without_call(php):
    """Lines of code by the name of their function, those whose call is none any more."""
    out, lines = {}, {}
    names = subprocess.run([php, "-r", LISTING], stdout=subprocess.PIPE, check=True).stdout.decode().split("\n")
    for name, least, most in (line.split() for line in names if line):
        if name in NO_FUNCTIONS:
            continue
        for arguments in forms(int(least), int(most)):
            for keep in "return ", "":
                number = len(lines)
                lines[f"f{number}__{name}"] = code(number, name, arguments, keep)
    with tempfile.TemporaryDirectory() as folder:
        every = list(lines.items())
        for i in range(0, len(every), 4000):
            for function in vanished(compiled(php, folder, [line for _, line in every[i : i + 4000]])):
                out[function] = lines[function]
    return out


def ask(socket, page, function, **settings):
    return fcgi.get(socket, page, QUERY_STRING=function, **settings).body.decode(errors="replace")


def main(php, socket, folder):
    lines, bad, tried = without_call(php), 0, {}
    page = f"{folder}/vanished.php"
    with open(page, "w") as f:
        f.write("<?php\n" + "\n".join(lines.values()) + "\n"
                "try { @$_SERVER['QUERY_STRING']('x', 'x', 'x', 'x', 'x', 'x'); echo 'called'; }\n"
                "catch (Error $e) { echo $e->getMessage(); }\n")
    for function in lines:
        name = function.split("__", 1)[1]
        # The same instruction by other arguments is no news.
        if tried.setdefault(name, 0) >= 3:
            continue
        tried[name] += 1
        for _ in range(2):
            ask(socket, page, function)
        answer = ask(socket, page, function, PHP_ADMIN_VALUE=f"disable_functions={name}")
        if f"Call to undefined function {name}()" not in answer:
            print(f"{lines[function].split('{ ', 1)[1][:-2]} {answer[:120]}")
            bad += 1
    print(f"{bad} of {len(tried)}")


main(*sys.argv[1:])
