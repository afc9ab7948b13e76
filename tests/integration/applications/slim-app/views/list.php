<!doctype html><html lang="<?= htmlspecialchars($language) ?>"><title><?= htmlspecialchars($title) ?></title><ul>
<?php foreach ($items as $item) { ?>
<li><?= htmlspecialchars($item['name']) ?>: <?= $item['value'] ?>

<?php } ?>
</ul>
