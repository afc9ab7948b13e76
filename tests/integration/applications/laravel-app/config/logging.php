<?php
// SPDX-License-Identifier: MIT
return ['default' => 'single', 'channels' => ['single' => ['driver' => 'errorlog']]];
