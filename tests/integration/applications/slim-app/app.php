<?php
// SPDX-License-Identifier: MIT
// An application of the micro framework Slim: a container with settings and services, two middlewares, the hundred routes of
// twenty resources, a database.

use Psr\Container\ContainerInterface as Container;
use Psr\Http\Message\{ResponseInterface as Response, ServerRequestInterface as Request};

require_once 'Slim/autoload.php';
require_once __DIR__ . '/src.php';

$app = new Slim\App(['settings' => ['title' => 'Items', 'page' => 20, 'database' => __DIR__ . '/var/items.db', 'views' => __DIR__ . '/views']]);
$container = $app->getContainer();
$container['database'] = fn (Container $c) => open_database($c->get('settings')['database']);
$container['items'] = fn (Container $c) => new Items($c->get('database'), $c->get('settings')['page']);
$container['view'] = fn (Container $c) => new View($c->get('settings')['views']);
$container['errorHandler'] = $container['phpErrorHandler'] = fn () =>
    fn (Request $request, Response $response, Throwable $error) => $response->withStatus(500)->write(get_class($error) . ': ' . $error->getMessage());
$container['notFoundHandler'] = fn () => fn (Request $request, Response $response) => $response->withJson(['error' => 'no such page'], 404);
$container[Pages::class] = fn (Container $c) => new Pages($c);
$container[Api::class] = fn (Container $c) => new Api($c);

$app->add(function (Request $request, Response $response, callable $next) {
    return $next($request, $response)->withHeader('X-Content-Type-Options', 'nosniff');
});
$app->add(function (Request $request, Response $response, callable $next) {
    $language = explode(',', $request->getHeaderLine('Accept-Language'))[0] ?: 'en';

    return $next($request->withAttribute('language', $language), $response);
});

$app->get('/list', Pages::class . ':list');
$app->get('/hello', Pages::class . ':hello');
$app->get('/error', Pages::class . ':error');
for ($n = 0; $n < 20; $n++) {
    $app->group("/api/resource$n", function () {
        $this->get('', Api::class . ':list');
        $this->post('', Api::class . ':add');
        $this->get('/{id:[0-9]+}', Api::class . ':show');
        $this->put('/{id:[0-9]+}', Api::class . ':change');
        $this->delete('/{id:[0-9]+}', Api::class . ':remove');
    });
}

return $app;
