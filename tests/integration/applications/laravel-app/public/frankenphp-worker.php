<?php
// SPDX-License-Identifier: MIT
// The loop of Octane's worker: the application boots once, each request has a clone of it, and what Octane flushes behind a
// request is flushed.

use Illuminate\Container\Container;
use Illuminate\Contracts\Http\Kernel as KernelContract;
use Illuminate\Http\Request;
use Illuminate\Support\Facades\Facade;

if (!($_SERVER['FRANKENPHP_WORKER'] ?? false) || !function_exists('frankenphp_handle_request')) {
    exit(1);
}
ignore_user_abort(true);
$app = require dirname(__DIR__) . '/app.php';
$app->instance('request', Request::create('http://localhost'));
$app->make(KernelContract::class)->bootstrap();
foreach (['auth', 'cache', 'config', 'cookie', 'db', 'encrypter', 'files', 'hash', 'log', 'router', 'routes', 'session', 'session.store',
    'translator', 'url', 'view'] as $service) {
    if ($app->bound($service)) {
        $app->make($service);
    }
}
$use = function ($application) {
    Container::setInstance($application);
    Facade::clearResolvedInstances();
    Facade::setFacadeApplication($application);
};
$handler = function () use ($app, $use): void {
    $sandbox = clone $app;
    $use($sandbox);
    $sandbox->instance('app', $sandbox);
    $sandbox->instance(Container::class, $sandbox);
    $sandbox->instance('config', clone $app['config']);
    $sandbox['router']->setContainer($sandbox);
    $sandbox['view']->setContainer($sandbox);
    $sandbox->forgetInstance('session');
    $sandbox->forgetInstance('session.store');
    $sandbox->forgetInstance(Illuminate\Session\Middleware\StartSession::class);
    $kernel = $sandbox->make(KernelContract::class);
    $kernel->setApplication($sandbox);
    $response = $kernel->handle($request = Request::capture());
    $response->send();
    $kernel->terminate($request, $response);
    $app['cookie']->flushQueuedCookies();
    $sandbox->flush();
    $use($app);
};
$n = 0;
while (frankenphp_handle_request($handler) && ++$n < ($_SERVER['MAX_REQUESTS'] ?? 1000)) {
    gc_collect_cycles();
}
