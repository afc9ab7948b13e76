<?php
// SPDX-License-Identifier: MIT
require_once 'Symfony/Bundle/FrameworkBundle/autoload.php';
require_once 'Symfony/Bundle/TwigBundle/autoload.php';
require_once dirname(__DIR__) . '/src/Kernel.php';
require_once dirname(__DIR__) . '/src/Runner.php';
if ($_SERVER['APP_FORMS'] ?? false) {
    require_once 'Symfony/Component/Form/autoload.php';
    require_once 'Symfony/Component/Validator/autoload.php';
    require_once dirname(__DIR__) . '/src/Contact.php';
}

$kernel = new App\Kernel($_SERVER['APP_ENV'] ?? 'prod', false);
if ($_SERVER['FRANKENPHP_WORKER'] ?? false) {
    return (new App\Runner($kernel))->run();
}
$request = Symfony\Component\HttpFoundation\Request::createFromGlobals();
$response = $kernel->handle($request);
$response->send();
$kernel->terminate($request, $response);
