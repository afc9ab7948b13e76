<?php
// SPDX-License-Identifier: MIT
namespace App;

use Symfony\Component\HttpFoundation\Request;
use Symfony\Component\HttpKernel\KernelInterface;

/** What the Runtime component's runner of Symfony 7.4 does. */
class Runner
{
    public function __construct(private KernelInterface $kernel, private int $max = 500)
    {
    }

    public function run(): int
    {
        ignore_user_abort(true);
        $server = array_filter($_SERVER, fn (string $name) => !str_starts_with($name, 'HTTP_'), ARRAY_FILTER_USE_KEY);
        $server['APP_RUNTIME_MODE'] = 'web=1&worker=1';
        $request = $response = null;
        $handler = function () use ($server, &$request, &$response): void {
            $_SERVER += $server;
            $request = Request::createFromGlobals();
            $response = $this->kernel->handle($request);
            $response->send();
        };
        $n = 0;
        do {
            $more = \frankenphp_handle_request($handler);
            if ($request && $response) {
                $this->kernel->terminate($request, $response);
            }
            gc_collect_cycles();
        } while ($more && ($this->max <= 0 || ++$n < $this->max));

        return 0;
    }
}
