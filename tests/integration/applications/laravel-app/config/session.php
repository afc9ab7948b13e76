<?php
// SPDX-License-Identifier: MIT
return ['driver' => 'file', 'files' => dirname(__DIR__) . '/storage/framework/sessions', 'lifetime' => 120, 'expire_on_close' => false, 'lottery' => [0, 100], 'cookie' => 'laravel', 'path' => '/', 'domain' => null, 'secure' => false, 'http_only' => true, 'same_site' => 'lax', 'encrypt' => false, 'connection' => null, 'table' => '', 'store' => null];
