<?php
// SPDX-License-Identifier: MIT

$app = require dirname(__DIR__) . '/app.php';
if (!function_exists('frankenphp_handle_request')) {
    $app->run();
    return;
}
// What of the container is of one request.
$container = $app->getContainer();
$handler = function () use ($app, $container): void {
    foreach (['environment', 'request', 'response'] as $name) {
        $factory = $container->raw($name);
        unset($container[$name]);
        $container[$name] = $factory;
    }
    $app->run();
};
while (frankenphp_handle_request($handler)) {
    gc_collect_cycles();
}
