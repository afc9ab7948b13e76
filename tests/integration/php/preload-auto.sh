#!/bin/bash
# preload = auto: classes that requests autoload are taken from the request before, and no answer differs: of classes, what
# class_exists() says without autoloading, which files count as included, warnings, files that are included after all,
# names that are declared in two files. An autoload function that asks for more than the name is always called; an edit
# counts within twice opcache.revalidate_freq, and what opcache forgets is not used any more.

# shellcheck disable=SC2016  # PHP
source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

### an application

app() {
	write_page app "$@"
}
class() {
	app "lib/$1.php" <<<"<?php namespace App; $2"
}
class Base 'abstract class Base { const A = 1; public static $n = 0; public $list = [self::A];
	function me() { return static::class . ++self::$n . count($this->list); } }'
class Face 'interface Face extends Deep { const F = "face"; }'
class Deep 'interface Deep {}'
class Mixin 'trait Mixin { public static $mixed = []; function mix() { self::$mixed[] = 1; return count(self::$mixed); } }'
class Child 'final class Child extends Base implements Face { use Mixin;
	function nameless() { return new class extends Base implements Face {}; }
	function closure() { return static fn () => static::F . count($_REQUEST); } }'
class Suit 'enum Suit: string implements Face { case Hearts = "H"; const Wild = self::Hearts; }'
class Two 'class Two {} class One { public $one = 1; }'
class Heir 'class Heir extends Elder {} class Elder { public $elder = 1; }'
class Func 'class Func {} function func() { return 1; }'
class Alias 'class Alias {} class_alias(Alias::class, "App\Other");'
class Server 'class Server { static function uri() { return [$_SERVER["REQUEST_METHOD"], $_GET["n"] ?? "", count($_REQUEST)]; } }'
class Old 'class Old implements \IteratorAggregate { function getIterator() { return new \EmptyIterator; } }'
class Orphan 'class Orphan extends \Nobody {}'
class Poly 'if (!class_exists("App\Poly", false)) { class Poly { const FROM = "lib"; } }'
class Printing 'class Printing {} ?>printed'
class Once 'class Once {}'
class Covariant 'class Covariant extends Wide { function get(): Child { return new Child; } }'
class Wide 'class Wide { function get(): Base { return new Child; } }'
class Aliased 'class Aliased extends Former implements FormerFace { use Mixin; }'
class Former 'class_alias(Wide::class, "App\Former");'
class FormerFace 'class_alias(Face::class, "App\FormerFace");'
class Point '#[\Attribute] readonly class Point { const AT = Child::F . self::class; function __construct(public int $x = 1, public ?Suit $suit = Suit::Wild) {} }'
class Hooked 'class Hooked { public string $method { get => $_SERVER["REQUEST_METHOD"]; } }'
class Counted 'class Counted { static function count() { static $n = 0; return ++$n; } const NOW = STAMP; public $now = STAMP; }'
app other/Child.php <<<'<?php namespace App; class Child { const F = "other"; function me() { return "other"; } }'
app other/Poly.php <<<'<?php namespace App; class Poly { const FROM = "other"; }'

# As phpab, by hand, and Composer write them; the others ask who the visitor is, or count.
app loaders/map.php <<'END'
<?php
spl_autoload_register(function ($class) {
	static $classes = null;
	if ($classes === null) {
		$classes = array('app\nothing' => '/../lib/Nothing.php');
	}
	$cn = strtolower($class);
	if (isset($classes[$cn])) {
		require __DIR__ . $classes[$cn];
	}
}, true, false);
spl_autoload_register(function ($class) {
	static $classes = null;
	if ($classes === null) {
		$classes = array('app\base' => '/../lib/Base.php', 'app\face' => '/../lib/Face.php', 'app\deep' => '/../lib/Deep.php',
			'app\mixin' => '/../lib/Mixin.php', 'app\child' => '/../lib/Child.php', 'app\suit' => '/../lib/Suit.php',
			'app\two' => '/../lib/Two.php', 'app\one' => '/../lib/Two.php', 'app\heir' => '/../lib/Heir.php', 'app\func' => '/../lib/Func.php',
			'app\alias' => '/../lib/Alias.php', 'app\server' => '/../lib/Server.php', 'app\old' => '/../lib/Old.php',
			'app\orphan' => '/../lib/Orphan.php', 'app\poly' => '/../lib/Poly.php', 'app\printing' => '/../lib/Printing.php',
			'app\once' => '/../lib/Once.php', 'app\covariant' => '/../lib/Covariant.php', 'app\wide' => '/../lib/Wide.php',
			'app\counted' => '/../lib/Counted.php', 'app\aliased' => '/../lib/Aliased.php', 'app\former' => '/../lib/Former.php',
			'app\formerface' => '/../lib/FormerFace.php', 'app\point' => '/../lib/Point.php', 'app\hooked' => '/../lib/Hooked.php');
	}
	$cn = strtolower($class);
	if (isset($classes[$cn])) {
		require __DIR__ . $classes[$cn];
	}
}, true, false);
END
app loaders/psr4.php <<'END'
<?php
$prefix = 'App\\';
$folder = dirname(__DIR__) . '/lib/';
spl_autoload_register(function (string $class) use ($prefix, $folder): void {
	if (strncmp($prefix, $class, strlen($prefix)) !== 0) {
		return;
	}
	$file = $folder . str_replace('\\', '/', substr($class, strlen($prefix))) . '.php';
	if (file_exists($file)) {
		require $file;
	}
});
END
# Composer's own is in this package.
composer=/usr/share/dokuwiki/vendor/composer/ClassLoader.php
of_composer=()
if [[ -f $composer ]]; then
	app loaders/ClassLoader.php <"$composer"
	of_composer=(composer authoritative)
fi
app loaders/static.php <<'END'
<?php
namespace Composer\Autoload;
class ComposerStaticInit1 {
	public static $prefixLengthsPsr4 = array('A' => array('App\\' => 4));
	public static $prefixDirsPsr4 = array('App\\' => array(0 => __DIR__ . '/..' . '/lib'));
	public static function getInitializer(ClassLoader $loader) {
		return \Closure::bind(function () use ($loader) {
			$loader->prefixLengthsPsr4 = ComposerStaticInit1::$prefixLengthsPsr4;
			$loader->prefixDirsPsr4 = ComposerStaticInit1::$prefixDirsPsr4;
		}, null, ClassLoader::class);
	}
}
END
app loaders/composer.php <<'END'
<?php
class ComposerAutoloaderInit1 {
	static function loadClassLoader($class) {
		if ('Composer\Autoload\ClassLoader' === $class) {
			require __DIR__ . '/ClassLoader.php';
		}
	}
	static function getLoader() {
		spl_autoload_register(['ComposerAutoloaderInit1', 'loadClassLoader'], true, true);
		$loader = new \Composer\Autoload\ClassLoader(__DIR__);
		spl_autoload_unregister(['ComposerAutoloaderInit1', 'loadClassLoader']);
		require __DIR__ . '/static.php';
		(\Composer\Autoload\ComposerStaticInit1::getInitializer($loader))();
		$loader->register(true);
		return $loader;
	}
}
return ComposerAutoloaderInit1::getLoader();
END
app loaders/visitor.php <<'END'
<?php
spl_autoload_register(function ($class) {
	$file = __DIR__ . '/../' . ($_GET['visitor'] ?? 'lib') . '/' . substr($class, 4) . '.php';
	if (is_file($file)) {
		require $file;
	}
});
END
app loaders/global.php <<'END'
<?php
define('FOLDER', __DIR__ . '/../' . ($_GET['visitor'] ?? 'lib') . '/');
spl_autoload_register(function ($class) {
	if (is_file(FOLDER . substr($class, 4) . '.php')) {
		require FOLDER . substr($class, 4) . '.php';
	}
});
END
app loaders/bound.php <<'END'
<?php
$folder = __DIR__ . '/../' . ($_GET['visitor'] ?? 'lib') . '/';
spl_autoload_register(function ($class) use ($folder) {
	if (is_file($folder . substr($class, 4) . '.php')) {
		require $folder . substr($class, 4) . '.php';
	}
});
spl_autoload_register(function ($class) {
	require __DIR__ . '/../lib/' . substr($class, 4) . '.php';
});
END
app loaders/path.php <<'END'
<?php
set_include_path(dirname(__DIR__) . '/' . ($_GET['visitor'] ?? 'lib'));
spl_autoload_register(function ($class) {
	require_once substr($class, 4) . '.php';
});
END
app loaders/near.php <<'END'
<?php
chdir(dirname(__DIR__) . '/' . ($_GET['visitor'] ?? 'lib'));
spl_autoload_register(function ($class) {
	$file = substr($class, 4) . '.php';
	require file_exists($file) && file_exists('Base.php') ? __DIR__ . "/../lib/$file" : __DIR__ . "/../other/$file";
});
END
app loaders/turns.php <<'END'
<?php
spl_autoload_register(function ($class) {
	static $first = true;
	if ($first) {
		$first = false;
		return;
	}
	require __DIR__ . '/../lib/' . substr($class, 4) . '.php';
});
END

# With a map that is all there is, and with include_path.
app loaders/map_static.php <<'END'
<?php
namespace Composer\Autoload;
class ComposerStaticInit2 {
	public static $classMap = array('App\\Base' => __DIR__ . '/..' . '/lib/Base.php', 'App\\Child' => __DIR__ . '/..' . '/lib/Child.php',
		'App\\Face' => __DIR__ . '/..' . '/lib/Face.php', 'App\\Deep' => __DIR__ . '/..' . '/lib/Deep.php',
		'App\\Mixin' => __DIR__ . '/..' . '/lib/Mixin.php', 'App\\Once' => __DIR__ . '/..' . '/lib/Once.php');
	public static function getInitializer(ClassLoader $loader) {
		return \Closure::bind(function () use ($loader) { $loader->classMap = ComposerStaticInit2::$classMap; }, null, ClassLoader::class);
	}
}
END
for name in authoritative included; do
	app loaders/$name.php <<-END
		<?php
		require __DIR__ . '/ClassLoader.php';
		require __DIR__ . '/map_static.php';
		\$loader = new \\Composer\\Autoload\\ClassLoader(__DIR__);
		call_user_func(\\Composer\\Autoload\\ComposerStaticInit2::getInitializer(\$loader));
		if ('$name' === 'authoritative') {
			\$loader->setClassMapAuthoritative(true);
		} else {
			set_include_path(dirname(__DIR__) . '/' . (\$_GET['visitor'] ?? 'lib'));
			\$loader->setUseIncludePath(true);
		}
		\$loader->register(true);
		return \$loader;
	END
done
app lib/Lone.php <<<'<?php class Lone { const FROM = "lib"; }'
app other/Lone.php <<<'<?php class Lone { const FROM = "other"; }'

# Runs ?do, with the loader ?loader, and says all that a script can see of it.
app page.php <<'END'
<?php
define('STAMP', $_GET['n'] ?? 'none');
$errors = [];
set_error_handler(function ($type, $text) use (&$errors) { $errors[] = $text; return true; });
$loader = require __DIR__ . "/loaders/{$_GET['loader']}.php";
$before = class_exists('App\Child', false);
try {
	$seen = (require __DIR__ . "/do/{$_GET['do']}.php");
} catch (Throwable $error) {
	$seen = get_class($error) . ': ' . $error->getMessage();
}
$classes = preg_grep('/^App/', [...get_declared_classes(), ...get_declared_interfaces(), ...get_declared_traits()]);
$included = array_map(fn ($file) => substr($file, strlen(__DIR__)), get_included_files());
sort($classes);
echo json_encode([$seen, $before, $errors, $classes, $included, preg_grep('/^app/', get_defined_functions()['user']),
	class_exists('App\Once', false)], JSON_UNESCAPED_SLASHES), "\n";
END
does() {
	app "do/$1.php" <<<"<?php $2"
}
does child '$c = new App\Child; return [$c->me(), $c->me(), $c->mix(), get_parent_class($c->nameless()), ($c->closure())(), $c instanceof App\Deep, class_exists("App\Mixin", false)];'
does me 'return (new App\Child)->me();'
does second 'class_exists("App\Once"); return (new App\Child)->me();'
does suit 'return [App\Suit::from("H")->name, App\Suit::Wild->value, App\Suit::tryFrom("x"), count(App\Suit::cases())];'
does two '$exists = class_exists("App\One", false); new App\Two; return [$exists, class_exists("App\One", false), (new App\One)->one];'
does heir 'return [(new App\Heir)->elder, class_exists("App\Elder", false)];'
does func 'new App\Func; return App\func();'
does alias 'return [class_exists("App\Alias"), class_exists("App\Other", false)];'
does server 'return App\Server::uri();'
does old 'return count(iterator_to_array(new App\Old));'
does orphan 'return class_exists("App\Orphan");'
does poly 'if (($_GET["poly"] ?? "") === "other") { require __DIR__ . "/../other/Poly.php"; } return App\Poly::FROM;'
does printing 'return class_exists("App\Printing");'
does once 'if ($_GET["n"] % 2) { require_once __DIR__ . "/../lib/Once.php"; } new App\Once; require_once __DIR__ . "/../lib/Once.php"; return include_once __DIR__ . "/../lib/Once.php";'
does plain 'require __DIR__ . "/../lib/Base.php"; return (new App\Child)->me();'
does twice 'new App\Once; require __DIR__ . "/../lib/Once.php";'
does covariant 'return (new App\Covariant)->get()->me();'
does counted 'return [App\Counted::count(), App\Counted::count(), App\Counted::NOW, (new App\Counted)->now];'
does lazy 'return [class_exists("App\Child", false), interface_exists("App\Face"), class_exists("App\Missing")];'
does other 'if ($_GET["n"] % 2) { require __DIR__ . "/../other/Child.php"; } return (new App\Child)->me();'
does parent 'if ($_GET["n"] % 2) { eval("namespace App; class Base { function me() { return \"eval\"; } }"); } return (new App\Child)->me();'
does added 'if ($_GET["n"] % 2) { $loader->addPsr4("App\\", __DIR__ . "/../other"); } return (new App\Child)->me();'
does front 'if ($_GET["n"] % 2) { spl_autoload_register(function ($class) { require __DIR__ . "/../other/Child.php"; }, true, true); } return (new App\Child)->me();'
does away 'foreach (spl_autoload_functions() as $function) { if ($_GET["n"] % 2) { spl_autoload_unregister($function); } } return class_exists("App\Child");'
does spelled '(new App\Child)->me(); return class_exists("App\oNCE");'
does again 'return [class_exists("App\Once"), class_exists("App\oNCE", false)];'
does aliased '$c = new App\Aliased; return [class_exists("App\Former", false), (fn (App\FormerFace $x) => $x::F)($c), $c instanceof App\Former, $c->mix()];'
does variance 'return [class_exists("App\Covariant"), class_exists("App\Child", false)];'
does point '$p = new App\Point(2); return [$p, App\Point::AT, (new ReflectionClass($p))->getAttributes()[0]->getName(), enum_exists("App\Suit", false)];'
does hooked 'return (new App\Hooked)->method;'
does fiber '$f = new Fiber(function () { spl_autoload_register(function ($c) { if (Fiber::getCurrent()) Fiber::suspend($c); }, true, true);
	new App\Child; }); $seen = [$f->start(), (new App\Once)::class]; if ($_GET["n"] % 2) $f->resume(); unset($f); gc_collect_cycles(); return [$seen, (new App\Child)->me()];'
does wrapper 'class NoFiles { public $context; function url_stat() { return false; } function stream_open() { return false; } } if ($_GET["n"] % 2) {
	stream_wrapper_unregister("file"); stream_wrapper_register("file", "NoFiles"); } $exists = class_exists("App\Once"); @stream_wrapper_restore("file"); return $exists;'
does based 'new App\Child; if ($_GET["n"] % 2) ini_set("open_basedir", __DIR__); return class_exists("App\Once");'
does uncached 'class_exists("App\Face"); if ($_GET["n"] % 2) ini_set("opcache.enable", 0); return [(new App\Child)->me(), (new ReflectionClass("App\Child"))->getConstants()];'
does moved 'chdir(__DIR__ . "/../" . ($_GET["n"] % 2 ? "lib" : "other")); return [getcwd(), (new App\Child)->me()];'
does missed 'if ($_GET["n"] % 2) class_exists("Lone"); $loader->addClassMap([]); $loader->setPsr4("", ["/srv/www/app/lib"]); return class_exists("Lone");'
does thrown 'spl_autoload_register(function ($class) { throw new LogicException($class); }); return [class_exists("App\Once"), class_exists("App\Missing")];'
does exit 'new App\Child; echo "exit"; exit;'

for name in none auto jit; do
	preload=auto
	[[ $name != none ]] || preload=no
	printf '%s\n' 'pm.max_children = 1' "preload = $preload" 'php_admin_value[display_errors] = 1' | pool $name
	[[ $name != jit ]] || printf 'php_admin_value[opcache.%s\n' 'jit_buffer_size] = 16M' 'jit] = tracing' 'jit_hot_func] = 3' \
		'jit_hot_loop] = 3' >>"$CONTAINER_ROOT/etc/fpmd/conf.d/jit.conf"
	site $name "unix:/run/fpmd/$name.sock" /srv/www/app
done

### the same answers, of the same worker

# ask POOL QUERY…: all answers, by one client, each with its query behind it; but for the number that a class without a name
# gets when it is compiled.
ask() {
	local pool=$1
	shift

	printf "url=http://$pool.test/page.php?%s\n" "$@" | fetch --config - --write-out '\n= %{url_effective}\n' |
		sed "s/\(@anonymous[^\"]*\)[$][0-9a-f]*\"/\1\"/; s/$pool\.test/HOST/"
}
same() {
	local expected pool

	expected=$(ask none "$@")
	for pool in auto jit; do
		assert_eq "differs in pool $pool" '' "$(diff <(echo "$expected") <(ask $pool "$@") | head -20)"
	done
}
all=(child me suit two heir func alias server old orphan poly printing once plain twice covariant counted lazy other parent
	front away spelled again aliased variance point hooked fiber wrapper based uncached moved thrown exit)
for loader in map psr4 bound "${of_composer[@]}" ${of_composer:+included}; do
	queries=()
	for round in 1 2 3 4 5; do
		for do in "${all[@]}"; do
			queries+=("loader=$loader&do=$do&n=$round")
		done
		queries+=("loader=$loader&do=poly&n=$round&poly=other" "loader=$loader&do=me&n=$round&visitor=other")
		[[ $loader != composer ]] || queries+=("loader=$loader&do=added&n=$round" "loader=$loader&do=missed&n=$round")
	done
	same "${queries[@]}"
done
for loader in visitor global turns path near; do
	queries=()
	for round in 1 2 3; do
		queries+=("loader=$loader&do=second&n=$round" "loader=$loader&do=second&n=$round&visitor=other")
	done
	same "${queries[@]}"
done
for name in auto jit; do
	assert_eq "crashes of $name" '' "$(journal_of fpmd@$name.service | grep -i 'signal\|crash' || :)"
done

### that it has learned them: opcache counts no hits

app hits.php <<'END'
<?php
foreach (explode(',', $_GET['files']) as $file) {
	echo opcache_get_status()['scripts'][__DIR__ . "/$file.php"]['hits'] ?? 'none', ' ';
}
END
# learned LOADER DO FILE…: further requests include none of the files.
learned() {
	local query="loader=$1&do=$2&n=0" files before
	shift 2

	files=$(tr ' ' , <<<"$*")
	assert_contains "$query is found" /lib/ "$(ask auto "$query" "$query")"
	before=$(fetch "http://auto.test/hits.php?files=$files")
	ask auto "$query" "$query" "$query" "$query" >/dev/null
	[[ $before == "$(fetch "http://auto.test/hits.php?files=$files")" ]]
}
conf=$CONTAINER_ROOT/etc/fpmd/conf.d/auto.conf
printf 'php_admin_value[opcache.validate_timestamps] = 0\n' >>"$conf"
in_container systemctl reload fpmd@auto.service
for loader in map psr4 "${of_composer[@]}"; do
	learned "$loader" child lib/Child lib/Base lib/Face lib/Deep lib/Mixin || fail "$loader: child is not learned"
	[[ $loader != authoritative ]] || continue
	learned "$loader" two lib/Two || fail "$loader: two is not learned"
	learned "$loader" server lib/Server || fail "$loader: server is not learned"
	for do in func alias old poly printing; do
		! learned "$loader" $do "lib/${do^}" || fail "$loader: $do is learned"
	done
done
for loader in visitor global turns path near ${of_composer:+included}; do
	! learned "$loader" second lib/Child || fail "$loader is known"
done

### what opcache has forgotten

app reset.php <<<'<?php var_dump(opcache_reset());'
app invalidate.php <<<'<?php var_dump(opcache_invalidate(__DIR__ . "/lib/Once.php", true));'
for round in 1 2 3; do
	assert_contains 'reset' true "$(fetch http://auto.test/reset.php)"
	same "loader=map&do=child&n=$round" "loader=composer&do=child&n=$round" "loader=map&do=suit&n=$round" \
		"loader=map&do=two&n=$round" "loader=psr4&do=counted&n=$round" "loader=map&do=server&n=$round"
done
query='loader=map&do=once&n=0'
ask auto "$query" "$query" >/dev/null
class Once 'class Once { const NEW = 1; }'
app const.php <<<'<?php require "loaders/map.php"; var_dump(defined("App\Once::NEW"));'
assert_contains 'nobody looks at times' false "$(fetch http://auto.test/const.php)"
fetch http://auto.test/invalidate.php >/dev/null
assert_contains 'what was invalidated' true "$(fetch http://auto.test/const.php)"

### an edit

sed -i '/validate_timestamps/d' "$conf"
printf 'php_admin_value[opcache.revalidate_freq] = 1\n' >>"$conf"
in_container systemctl reload fpmd@auto.service
does edited 'return "Once " . (defined("App\Once::EDITED") ? App\Once::EDITED : 0);'
for edit in 1 2; do
	ask auto 'loader=map&do=edited' 'loader=map&do=edited' >/dev/null
	class Once "class Once { const EDITED = $edit; }"
	touch -d "-$((3000 - edit)) sec" "$CONTAINER_ROOT/srv/www/app/lib/Once.php"
	in_container sleep 3
	assert_contains "edit $edit" "Once $edit" "$(ask auto 'loader=map&do=edited')"
done

### where it has nothing to do, and what is no value

printf 'php_admin_value[opcache.enable] = 0\n' >>"$conf"
in_container systemctl reload fpmd@auto.service
same 'loader=map&do=child&n=1' 'loader=map&do=child&n=2'
printf 'preload = sometimes\n' >>"$conf"
assert_fails in_container systemctl reload fpmd@auto.service
assert_contains 'another value' 'is not auto or no' "$(journal_of fpmd@auto.service)"
