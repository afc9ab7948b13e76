<?php
// SPDX-License-Identifier: MIT
// A Laravel application in one file: Debian's packages have no skeleton.

use Illuminate\Contracts\Debug\ExceptionHandler;
use Illuminate\Contracts\Http\Kernel as KernelContract;
use Illuminate\Foundation\Application;
use Illuminate\Http\Request;
use Illuminate\Support\Facades\Route;

require_once 'Illuminate/autoload.php';

class Kernel extends Illuminate\Foundation\Http\Kernel
{
    protected $middlewareGroups = ['web' => [
        Illuminate\Cookie\Middleware\AddQueuedCookiesToResponse::class,
        Illuminate\Session\Middleware\StartSession::class,
        Illuminate\Routing\Middleware\SubstituteBindings::class,
    ]];
}

class Routes extends Illuminate\Foundation\Support\Providers\RouteServiceProvider
{
    public function boot(): void
    {
        $this->routes(function () {
            Route::get('/hello', fn (Request $request) => ['hello' => $request->query('name', 'world'), 'zone' => date_default_timezone_get()]);
            Route::get('/list', fn () => view('list', ['items' => range(1, 50)]));
            Route::get('/stop', function () {
                echo 'stopped';
                exit;
            });
            Route::get('/served', fn () => (string) ($GLOBALS['n'] ?? 0));
            Route::get('/error', fn () => throw new LogicException('deliberate'));
            Route::get('/config', function () {
                config(['app.name' => 'changed']);
                return config('app.name');
            });
            Route::get('/name', fn () => config('app.name'));
            Route::middleware('web')->get('/session', function (Request $request) {
                $request->session()->increment('n');
                return 'n=' . $request->session()->get('n');
            });
        });
    }
}

$app = new Application(__DIR__);
$app->useStoragePath(__DIR__ . '/storage');
$app->singleton(KernelContract::class, Kernel::class);
$app->singleton(ExceptionHandler::class, Illuminate\Foundation\Exceptions\Handler::class);

return $app;
