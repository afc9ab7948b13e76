# SPDX-License-Identifier: MIT
"""The PHP pages that are asked for."""
from machine import ROOT, write

PAGE_BYTES = 50 * 1024
LARGE_BYTES = 1024 * 1024
INCLUDES = 100

# What a template gives: pieces of HTML of about 1 KB, a value after each.
_PIECE = '<div class="item"><p>' + "Lorem ipsum dolor sit amet. " * 36 + "</p></div>\n"
_PIECES = PAGE_BYTES // len(_PIECE) - 1
_PIECES_BYTES = sum(len(f"{_PIECE}{n}") for n in range(_PIECES))

PAGES = {
    "hello.php": "<?php echo 'hello';",
    "page.php": "".join(f"{_PIECE}<?= $_GET['n'] ?? {n} ?>\n" for n in range(_PIECES))
    + " " * (PAGE_BYTES - _PIECES_BYTES),
    "large.php": """<?php
$part = str_repeat('0123456789abcdef', 4096);
for ($i = 0; $i < 16; $i++) {
	echo $part;
}
""",
    "post.php": "<?php echo 'got ', strlen($_POST['data']);",
    "includes.php": f"""<?php
for ($i = 0; $i < {INCLUDES}; $i++) {{
	include __DIR__ . "/include/part$i.php";
}}
echo 'sum ', part{INCLUDES - 1}(1);
""",
    "sleep20.php": "<?php usleep(20000); echo 'slept';",
    "sleep100.php": "<?php usleep(100000); echo 'slept';",
    "sleep3.php": "<?php $t = microtime(true); sleep(3); printf('%.2f', microtime(true) - $t);",
    "upload.php": "<?php echo $_FILES['doc']['error'], ' ', $_FILES['doc']['size'];",
    "input.php": """<?php
$in = fopen('php://input', 'r');
$size = 0;
while (($piece = fread($in, 65536)) !== false && $piece !== '') {
	$size += strlen($piece);
}
echo $size;
""",
    "pieces.php": """<?php
while (ob_get_level()) {
	ob_end_flush();
}
$piece = str_repeat('0123456789abcdef', 4096);
for ($i = 0; $i < $_GET['mib'] * 16; $i++) {
	echo $piece;
}
""",
    "readfile.php": """<?php
while (ob_get_level()) {
	ob_end_flush();
}
readfile('/dev/shm/bench-large');
""",
    # [nsec, CPU in usec, loops], every few milliseconds for so many seconds.
    "loop.php": """<?php
function descend(int $n): int {
	return $n > 0 ? descend($n - 1) + $n : 0;
}
class Watched {
	public static function enter(int $n, float $seconds): array {
		return $n > 0 ? self::enter($n - 1, $seconds) : self::run($seconds);
	}
	private static function run(float $seconds): array {
		$samples = [];
		$end = hrtime(true) + $seconds * 1e9;
		for ($loops = 0; hrtime(true) < $end; $loops += self::count(5000)) {
			$samples[] = [hrtime(true), self::cpu(), $loops];
		}
		return $samples;
	}
	private static function count(int $n): int {
		for ($i = 0; $i < $n; $i++) {
			descend(8);
		}
		return $n;
	}
	private static function cpu(): int {
		$used = getrusage();
		$seconds = $used['ru_utime.tv_sec'] + $used['ru_stime.tv_sec'];
		return $seconds * 1000000 + $used['ru_utime.tv_usec'] + $used['ru_stime.tv_usec'];
	}
}
echo json_encode(Watched::enter(9, $_GET['seconds'] ?? 0.1));
""",
    # What could make one side faster than the other without any merit.
    "settings.php": """<?php
$extensions = get_loaded_extensions();
sort($extensions);
echo json_encode([
	'php' => PHP_VERSION,
	'opcache' => opcache_get_status(false)['opcache_enabled'] ?? false,
	'extensions' => implode(' ', array_diff($extensions, ['cgi-fcgi'])),
] + ini_get_all(null, false));
""",
}

_PART = """<?php
class Part{n} {{
	private array $items = ['a' => {n}, 'b' => 'part {n}'];
	public function get(string $key): mixed {{
		return $this->items[$key] ?? null;
	}}
}}
function part{n}(int $x): int {{
	return (new Part{n})->get('a') + $x;
}}
"""


def write_pages():
    for name, text in PAGES.items():
        write(f"{ROOT}/{name}", text)
    for n in range(INCLUDES):
        write(f"{ROOT}/include/part{n}.php", _PART.format(n=n))
