<ul>
	<?php foreach ($items as $item): ?>
	<li><?= htmlspecialchars($item['name']) ?>: <?= $item['price'] ?></li>
	<?php endforeach ?>
</ul>
