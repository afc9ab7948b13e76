#!/bin/bash
# The time zones that PHP makes a list of when it starts, which it does with our help, are those that it finds by itself:
# all names, names in another case, links, and one that is set as the default.

source "${BASH_SOURCE[0]%/*}/../lib.sh"
needs_fpmd

write_page zones zones.php <<'END'
<?php
$names = timezone_identifiers_list(DateTimeZone::ALL_WITH_BC);
echo count($names), " ", md5(implode("\n", $names)), " ", md5(implode("\n", timezone_identifiers_list())), "\n";
foreach (["europe/BERLIN", "utc", "US/Eastern", "Cuba", "Etc/gmt+5", "posix/UTC", "localtime", "no/zone", "zone.tab"] as $name)
	try {
		$zone = new DateTimeZone($name);
		echo $zone->getName(), " ", (new DateTime("2026-07-01 12:00", $zone))->format("c T"), "\n";
	} catch (Exception $e) {
		echo $e->getMessage(), "\n";
	}
END
write_page zones default.php <<<'<?php echo date_default_timezone_get(), " ", date("T", 1782900000);'
pool zones <<'END'
php_admin_value[date.timezone] = asia/tokyo
END
# The list is PHP's own where a command of the same PHP makes it.
assert_eq 'zones' "$(in_container "php$FPMD_TEST_PHP" /srv/www/zones/zones.php)" \
	"$(fetch http://zones.test/zones.php)"
assert_eq 'the default' \
	"$(in_container "php$FPMD_TEST_PHP" -d date.timezone=asia/tokyo /srv/www/zones/default.php)" \
	"$(fetch http://zones.test/default.php)"
