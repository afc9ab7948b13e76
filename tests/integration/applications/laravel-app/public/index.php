<?php
// SPDX-License-Identifier: MIT

use Illuminate\Contracts\Http\Kernel as KernelContract;
use Illuminate\Http\Request;

$app = require dirname(__DIR__) . '/app.php';
$kernel = $app->make(KernelContract::class);
$response = $kernel->handle($request = Request::capture());
$response->send();
$kernel->terminate($request, $response);
