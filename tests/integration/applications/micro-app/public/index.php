<?php
// SPDX-License-Identifier: MIT
require_once dirname(__DIR__) . '/src/App.php';

$app = new Micro\App(dirname(__DIR__));
if (!function_exists('frankenphp_handle_request')) {
    $app->handle();
    return;
}
while (frankenphp_handle_request($app->handle(...))) {
    gc_collect_cycles();
}
