<?php
// SPDX-License-Identifier: MIT
namespace Micro;

/** A front controller as many are written by hand: routes, a database, templates, sessions, and PHP's own functions. */
final class App
{
    private array $routes = [];
    private array $items = [];

    public function __construct(private string $folder)
    {
        date_default_timezone_set('Europe/Berlin');
        ini_set('precision', '10');
        setlocale(LC_ALL, 'C.UTF-8');
        for ($i = 0; $i < 100; $i++) {
            $this->items[] = ['name' => "item <$i>", 'price' => $i / 3];
            $this->routes["GET /section$i/(?<id>[0-9]+)"] = fn (array $m) => print("section $i, $m[id]");
        }
        foreach (['GET /' => 'home', 'GET /list' => 'list', 'GET /item/(?<id>[0-9]+)' => 'item', 'POST /item' => 'create',
            'POST /form' => 'form', 'POST /upload' => 'upload', 'GET /visits' => 'visits', 'GET /login' => 'login',
            'GET /stream' => 'stream', 'GET /file' => 'file', 'GET /error' => 'error', 'GET /stop' => 'stop', 'GET /late' => 'late',
            'GET /locale' => 'locale', 'GET /buffered' => 'buffered', 'PUT /item/(?<id>[0-9]+)' => 'put'] as $route => $method) {
            $this->routes[$route] = $this->$method(...);
        }
    }

    public function handle(): void
    {
        set_error_handler(fn (int $level, string $message) => throw new \ErrorException($message, 0, $level));
        set_exception_handler(function (\Throwable $e) {
            if (!headers_sent()) {
                http_response_code(500);
            }
            echo 'Sorry: ', htmlspecialchars($e->getMessage());
        });
        header('X-Frame-Options: DENY');
        $path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
        $method = $_SERVER['REQUEST_METHOD'] === 'HEAD' ? 'GET' : $_SERVER['REQUEST_METHOD'];
        foreach ($this->routes as $route => $controller) {
            if (preg_match("~^$route$~", "$method $path", $match)) {
                $controller($match);
                return;
            }
        }
        http_response_code(404);
        header('Content-Type: application/problem+json');
        echo json_encode(['title' => 'Not found', 'path' => $path, 'query' => $_GET]);
    }

    private function render(string $view, array $variables): void
    {
        extract($variables);
        ob_start(fn (string $html) => preg_replace('/>\s+</', '><', $html));
        require "$this->folder/views/$view.php";
        ob_end_flush();
    }

    private function json(mixed $value): void
    {
        header('Content-Type: application/json');
        header('ETag: "' . md5($text = json_encode($value)) . '"');
        if (($_SERVER['HTTP_IF_NONE_MATCH'] ?? '') === '"' . md5($text) . '"') {
            http_response_code(304);
            return;
        }
        echo $text;
    }

    private function home(): void
    {
        $this->render('home', ['name' => $_GET['name'] ?? 'world', 'time' => date('e')]);
    }

    private function list(): void
    {
        $this->render('list', ['items' => array_slice($this->items, (int) ($_GET['from'] ?? 0), 20)]);
    }

    private function item(array $match): void
    {
        $this->json($this->items[(int) $match['id']] ?? null);
    }

    private function create(): void
    {
        $item = json_decode(file_get_contents('php://input'), true, 9, JSON_THROW_ON_ERROR);
        http_response_code(201);
        header('Location: /item/7');
        $this->json($item);
    }

    private function put(array $match): void
    {
        parse_str(file_get_contents('php://input'), $fields);
        $this->json([$match['id'], $fields, $_POST]);
    }

    private function form(): void
    {
        setcookie('said', $_POST['text'] ?? '', ['httponly' => true, 'samesite' => 'Lax']);
        header('Location: /?name=' . rawurlencode($_POST['text'] ?? ''), true, 303);
    }

    private function upload(): void
    {
        move_uploaded_file($_FILES['file']['tmp_name'], $to = tempnam('/tmp', 'kept'));
        $this->json([$_FILES['file']['name'], hash_file('sha256', $to), $_POST]);
        unlink($to);
    }

    private function visits(): void
    {
        session_start();
        echo 'n=', $_SESSION['n'] = ($_SESSION['n'] ?? 0) + 1;
    }

    private function login(): void
    {
        if (($_SERVER['PHP_AUTH_USER'] ?? '') !== 'me') {
            header('WWW-Authenticate: Basic realm="micro"');
            http_response_code(401);
            return;
        }
        echo 'hello ', $_SERVER['PHP_AUTH_PW'];
    }

    private function stream(): void
    {
        header('X-Accel-Buffering: no');
        foreach (range(1, 5) as $i) {
            echo str_repeat((string) $i, 3000), "\n";
            flush();
        }
    }

    private function file(): void
    {
        header('Content-Type: text/x-php');
        readfile(__FILE__);
    }

    private function error(): void
    {
        echo 'begun ';
        echo $undefined;
    }

    private function stop(): never
    {
        echo 'stopped';
        exit;
    }

    private function late(): void
    {
        register_shutdown_function(fn () => print(' and late'));
        header_register_callback(fn () => header('X-Callback: yes'));
        echo 'early';
    }

    private function locale(): void
    {
        echo json_encode([setlocale(LC_ALL, '0'), getenv('PART'), basename(getcwd()), ini_get('precision'), 1 / 3, error_reporting()]);
        setlocale(LC_ALL, 'C');
        putenv('PART=changed');
        chdir('/');
        ini_set('precision', '3');
        error_reporting(0);
    }

    private function buffered(): void
    {
        ob_start();
        echo 'kept';
        ob_start(fn (string $text) => strrev($text));
        echo 'turned';
    }
}
