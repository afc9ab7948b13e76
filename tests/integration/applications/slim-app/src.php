<?php
// SPDX-License-Identifier: MIT

use Psr\Container\ContainerInterface as Container;
use Psr\Http\Message\{ResponseInterface as Response, ServerRequestInterface as Request};

/** Whoever is first makes it. */
function open_database(string $path): PDO
{
    if (!is_file($path)) {
        $draft = $path . getmypid();
        $database = new PDO("sqlite:$draft");
        $database->exec('create table item (id integer primary key, name text, value integer); begin');
        $insert = $database->prepare('insert into item (name, value) values (?, ?)');
        for ($n = 0; $n < 1000; $n++) {
            $insert->execute(["item <$n>", $n * 7 % 1000]);
        }
        $database->exec('create index by_value on item (value); commit');
        rename($draft, $path);
    }

    return new PDO("sqlite:$path");
}

class Items
{
    private PDOStatement $list, $show;

    public function __construct(PDO $database, int $page)
    {
        $this->list = $database->prepare("select id, name, value from item where value >= ? order by value limit $page");
        $this->show = $database->prepare('select id, name, value from item where id = ?');
    }

    public function from(int $value): array
    {
        $this->list->execute([$value]);

        return $this->list->fetchAll(PDO::FETCH_ASSOC);
    }

    public function one(int $id): ?array
    {
        $this->show->execute([$id]);

        return $this->show->fetchAll(PDO::FETCH_ASSOC)[0] ?? null;
    }
}

class View
{
    public function __construct(private string $folder)
    {
    }

    public function render(Response $response, string $name, array $values): Response
    {
        extract($values);
        ob_start();
        include "$this->folder/$name.php";

        return $response->write(ob_get_clean());
    }
}

class Pages
{
    public function __construct(private Container $container)
    {
    }

    public function list(Request $request, Response $response): Response
    {
        return $this->container->get('view')->render($response, 'list', [
            'title' => $this->container->get('settings')['title'], 'language' => $request->getAttribute('language'),
            'items' => $this->container->get('items')->from((int) $request->getQueryParam('from', 500)),
        ]);
    }

    public function hello(Request $request, Response $response): Response
    {
        return $response->withJson(['hello' => $request->getParam('name', 'world'), 'path' => $request->getUri()->getPath()]);
    }

    public function error(): Response
    {
        throw new LogicException('deliberate');
    }
}

class Api
{
    public function __construct(private Container $container)
    {
    }

    public function list(Request $request, Response $response): Response
    {
        return $response->withJson($this->container->get('items')->from((int) $request->getQueryParam('from', 0)));
    }

    public function show(Request $request, Response $response, array $arguments): Response
    {
        $item = $this->container->get('items')->one((int) $arguments['id']);

        return $item ? $response->withJson($item) : $response->withJson(['error' => 'no such item'], 404);
    }

    public function add(Request $request, Response $response): Response
    {
        return $response->withJson(['added' => $request->getParsedBody()], 201);
    }

    public function change(Request $request, Response $response, array $arguments): Response
    {
        return $response->withJson(['changed' => $arguments['id']]);
    }

    public function remove(Request $request, Response $response, array $arguments): Response
    {
        return $response->withStatus(204);
    }
}
