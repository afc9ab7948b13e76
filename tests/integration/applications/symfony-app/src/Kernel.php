<?php
// SPDX-License-Identifier: MIT
namespace App;

use Symfony\Bundle\FrameworkBundle\FrameworkBundle;
use Symfony\Bundle\FrameworkBundle\Kernel\MicroKernelTrait;
use Symfony\Bundle\TwigBundle\TwigBundle;
use Symfony\Component\DependencyInjection\Loader\Configurator\ContainerConfigurator;
use Symfony\Component\HttpFoundation\{JsonResponse, Request, Response};
use Symfony\Component\HttpKernel\Kernel as BaseKernel;
use Symfony\Component\Routing\Loader\Configurator\RoutingConfigurator;

// Debian's Symfony 6.4 asks Composer, which it does not depend on, for what is installed.
if (!class_exists('Composer\InstalledVersions')) {
    class_alias(NoComposer::class, 'Composer\InstalledVersions');
}

final class NoComposer
{
    public static function isInstalled(string $package, bool $dev = true): bool
    {
        return false;
    }

    public static function getRootPackage(): array
    {
        return ['name' => 'app'];
    }
}

class Kernel extends BaseKernel
{
    use MicroKernelTrait;

    private int $requests = 0;

    public function handle(Request $request, int $type = self::MAIN_REQUEST, bool $catch = true): Response
    {
        $this->requests++;

        return parent::handle($request, $type, $catch);
    }

    public function registerBundles(): iterable
    {
        return [new FrameworkBundle(), new TwigBundle()];
    }

    private function hasForms(): bool
    {
        return (bool) ($_SERVER['APP_FORMS'] ?? false);
    }

    public function getProjectDir(): string
    {
        return \dirname(__DIR__);
    }

    protected function configureContainer(ContainerConfigurator $container): void
    {
        $container->extension('framework', [
            'secret' => 'of the test', 'http_method_override' => false, 'router' => ['utf8' => true],
            'session' => ['handler_id' => null, 'storage_factory_id' => 'session.storage.factory.native'],
            'php_errors' => ['log' => true],
        ]);
        if ($this->hasForms()) {
            // Its translations are XML, for which an extension would be needed.
            $container->extension('framework', ['form' => ['enabled' => true], 'validation' => ['enabled' => true], 'translator' => ['enabled' => false]]);
            $container->services()->set(Contact::class)->autowire()->public();
        }
        $container->extension('twig', ['default_path' => '%kernel.project_dir%/templates']);
        $container->services()->alias('app.twig', 'twig')->public(); // Symfony 6 keeps twig itself private
    }

    protected function configureRoutes(RoutingConfigurator $routes): void
    {
        for ($i = 0; $i < 100; $i++) {
            $routes->add("other$i", "/other/$i/{id}")->controller([self::class, 'hello']);
        }
        if ($this->hasForms()) {
            $routes->add('form', '/form')->controller(Contact::class);
        }
        foreach (['hello', 'list', 'session', 'error', 'stop', 'leave', 'main', 'served'] as $name) {
            $routes->add($name, "/$name")->controller([self::class, $name]);
        }
    }

    public function hello(Request $request): Response
    {
        return new JsonResponse(['hello' => $request->query->get('name', 'world'), 'uri' => $request->getRequestUri()]);
    }

    public function list(): Response
    {
        return new Response($this->getContainer()->get('app.twig')->render('list.html.twig', ['items' => range(1, 50)]));
    }

    public function session(Request $request): Response
    {
        $session = $request->getSession();
        $session->set('n', $session->get('n', 0) + 1);

        return new Response('n=' . $session->get('n'));
    }

    public function error(): Response
    {
        throw new \LogicException('deliberate');
    }

    /** Inside of the kernel, which has catch and finally blocks around it. */
    public function stop(): Response
    {
        echo 'stopped';
        exit;
    }

    /** Where the answer is sent, behind the kernel. */
    public function leave(): Response
    {
        return new class extends Response {
            public function sendContent(): static
            {
                echo 'left';
                exit;
            }
        };
    }

    /** The first of all requests that are under way: this one. */
    public function main(Request $request): Response
    {
        return new Response($this->getContainer()->get('request_stack')->getMainRequest() === $request ? 'mine' : 'of another');
    }

    /** How many requests this boot has served. */
    public function served(): Response
    {
        return new Response((string) $this->requests);
    }
}
