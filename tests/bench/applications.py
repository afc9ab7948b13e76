# SPDX-License-Identifier: MIT
"""The applications that are measured in worker mode: those of the integration tests, and how they are set up."""
import dataclasses
import os
import pathlib
import shutil

from machine import ROOT, enable_extensions

SOURCES = pathlib.Path(__file__).parent


@dataclasses.dataclass(frozen=True)
class Application:
    """All of it is behind public/index.php, which php-fpm runs for each request; worker is the script that stays."""

    name: str
    title: str
    part: str  # of the package that it needs
    package: str
    writable: tuple
    worker: str = "index.php"
    extensions: tuple = ()
    environment: dict = dataclasses.field(default_factory=dict)
    fpmd: dict = dataclasses.field(default_factory=dict)  # directives besides worker_script

    @property
    def root(self):
        return f"{ROOT}/{self.name}"

    @property
    def nginx(self):
        return f"fastcgi_param SCRIPT_FILENAME {self.root}/public/index.php; fastcgi_param SCRIPT_NAME /index.php;"

    def pool(self, workers=4):
        environment = {f"env[{key}]": value for key, value in self.environment.items()}
        return {"pm": "static", "pm.max_children": workers, **environment}

    def resident(self, **more):
        return {"worker_script": f"{self.root}/public/{self.worker}", **self.fpmd, **more}

    def lacks(self):
        """Sets it up as new."""
        if not os.path.exists(f"/usr/share/php/{self.part}"):
            return f"package {self.package} is not installed"
        version = os.environ["FPMD_TEST_PHP"]
        for name in self.extensions:
            if not os.path.exists(f"/etc/php/{version}/mods-available/{name}.ini"):
                return f"PHP's extension {name} is not installed"
        enable_extensions(*self.extensions)
        shutil.rmtree(self.root, ignore_errors=True)
        shutil.copytree(SOURCES / f"{self.name}-app", self.root)
        for folder in self.writable:
            os.makedirs(f"{self.root}/{folder}", exist_ok=True)
            os.chmod(f"{self.root}/{folder}", 0o777)
        return ""


SYMFONY = Application(
    "symfony",
    "Symfony",
    "Symfony/Bundle/TwigBundle/autoload.php",
    "php-symfony-twig-bundle",
    ("var",),
)
FORMS = dataclasses.replace(
    SYMFONY,
    part="Symfony/Component/Validator/autoload.php",
    package="php-symfony-validator",
    extensions=("dom", "simplexml"),
    environment={"APP_FORMS": 1},
)
LARAVEL = Application(
    "laravel",
    "Laravel",
    "Illuminate/Foundation/Application.php",
    "php-laravel-framework",
    ("bootstrap/cache", "bootstrap", "storage/framework/views", "storage/framework/sessions", "storage"),
    worker="frankenphp-worker.php",
    extensions=("mbstring",),
    environment={"APP_BASE_PATH": f"{ROOT}/laravel"},
    fpmd={"worker_paths": "/index.php", "worker_warmup": "/hello"},
)
SLIM = Application(
    "slim",
    "Slim",
    "Slim/autoload.php",
    "php-slim",
    ("var",),
    extensions=("pdo", "pdo_sqlite"),
    fpmd={"worker_warmup": "/list"},
)
