<html>
	<title>Home</title>
	<h1>Hello, <?= htmlspecialchars($name) ?></h1>
	<p><?= $time ?></p>
</html>
