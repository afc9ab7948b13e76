"use strict";
// All that a client of the pool chose (URI, script, user) becomes text, by textContent, and nothing else.
(() => {
	const EVERY = 1000, LATE = 2000, GIVE_UP = 15000, SPAN = 120, LONG = 5, ROWS = 200;
	const at = (id) => document.getElementById(id);
	const samples = [];
	let last = null, told = "";

	const put = (id, value) => {
		const text = String(value);
		if (at(id).textContent !== text)
			at(id).textContent = text;
	};
	const amount = (n) => n < 10 ? n.toFixed(1) : Math.round(n).toLocaleString("en");
	const seconds = (us) => us < 1e6 ? (us / 1e3).toFixed(us < 1e4 ? 1 : 0) + " ms" :
		us < 6e7 ? (us / 1e6).toFixed(1) + " s" : Math.floor(us / 6e7) + " min " + Math.floor(us % 6e7 / 1e6) + " s";
	const bytes = (n) => n < 1048576 ? Math.round(n / 1024) + " KiB" : (n / 1048576).toFixed(1) + " MiB";
	const since = (s) => s <= 120 ? s + " s" : s < 7200 ? Math.floor(s / 60) + " min" :
		s < 172800 ? Math.floor(s / 3600) + " h" : Math.floor(s / 86400) + " days";

	// Said once, or a screen reader would read it every second.
	const say = (good, text) => {
		if (told === text)
			return;
		told = text;
		at("connection").className = good ? "good" : "bad";
		at("connection").textContent = text;
	};

	const cell = (row, className, ...parts) => {
		const td = document.createElement("td");
		td.className = className;
		td.setAttribute("role", "cell"); // narrow screens lay rows out as no table
		for (const [name, text] of parts) {
			const part = document.createElement("div");
			part.className = name;
			part.textContent = text;
			td.append(part);
		}
		row.append(td);
	};

	const worker = (p) => {
		const row = document.createElement("tr"), busy = p.state !== "Idle", us = p["request duration"];
		const request = p["request method"] + " " + p["request uri"], script = p.script === "-" ? "" : p.script;
		row.setAttribute("role", "row");
		row.className = (busy ? "busy" : "") + (busy && us > LONG * 1e6 ? " long" : "");
		cell(row, "", ["", p.pid]);
		cell(row, "state", ["", p.state]);
		cell(row, "number", ["", busy || p.requests > 0 ? seconds(us) : "–"]);
		if (p.requests === 0 && !busy)
			cell(row, "", ["last", "no request yet"]);
		else
			cell(row, "", [busy ? "uri" : "last", (busy ? "" : "last: ") + request],
				...(script === "" || script === p["request uri"] ? [] : [["script", script]]));
		cell(row, "number", ["", p.requests]);
		const memory = p["last request memory"];
		cell(row, memory > 0 ? "number" : "number none", ["", memory > 0 ? bytes(memory) : "–"]);
		return row;
	};

	const plot = (now) => {
		while (samples.length > 0 && now - samples[0].time > SPAN * 1000)
			samples.shift();
		const top = Math.max(1, ...samples.map((s) => s.rate));
		const span = samples.length === 0 ? SPAN : Math.max(SPAN / 4, (now - samples[0].time) / 1000);
		const points = samples.map((s) =>
			(600 - (now - s.time) / span * .6).toFixed(1) + " " + (118 - s.rate / top * 112).toFixed(1));
		if (points.length === 0)
			return;
		const first = points[0].split(" ")[0];
		at("line").setAttribute("d", "M" + points.join("L"));
		at("area").setAttribute("d", "M" + first + " 120L" + points.join("L") + "L600 120Z");
		const text = "now " + amount(samples[samples.length - 1].rate) + ", at most " +
			amount(Math.max(...samples.map((s) => s.rate))) + " in the last " + since(Math.round(span));
		put("scale", text);
		at("plot").setAttribute("aria-label", "Requests per second: " + text);
	};

	// Through pm.status_listen the question is none of the pool's requests; else it is, and is not counted.
	const count = (s, now) => {
		const n = s["accepted conn"];
		const own = s.processes.some((p) => p.state !== "Idle" && p["request uri"].endsWith("?json&full")) ? 1 : 0;
		if (last !== null && s["start time"] === last.start && n >= last.n && now > last.time) {
			const rate = Math.max(0, n - last.n - own) / (now - last.time) * 1000;
			samples.push({ time: now, rate });
			put("rate", amount(rate));
		}
		last = { n, start: s["start time"], time: now };
		plot(now);
	};

	const show = (s, now) => {
		const busy = s["active processes"], max = s["max children"], queue = s["listen queue"];
		document.title = s.pool + ": PHP pool";
		put("pool", s.pool);
		put("about", "pm = " + s["process manager"] + ", up " + since(s["start since"]));
		put("busy", busy + " of " + max);
		at("load").max = max;
		at("load").value = busy;
		at("load").high = max * .9;
		at("load").parentNode.className = busy >= max ? "full" : "";
		put("idle", s["idle processes"] + " idle");
		put("queue", queue);
		put("queue-max", "at most " + s["max listen queue"]);
		at("queue-box").className = queue > 0 ? "waits" : "";
		put("requests", s["accepted conn"].toLocaleString("en"));
		put("slow", s["slow requests"].toLocaleString("en"));
		put("reached", s["max children reached"].toLocaleString("en"));
		count(s, now);
		const rows = s.processes.map((p) => [p.state === "Idle" ? 1 : 0, -p["request duration"], p])
			.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
		put("more", rows.length > ROWS ? "and " + (rows.length - ROWS) + " more" : "");
		if (String(getSelection()) === "") // somebody copies something
			at("workers").replaceChildren(...rows.slice(0, ROWS).map((r) => worker(r[2])));
	};

	// A page that nobody sees costs the pool nothing.
	const seen = () => document.hidden ?
		new Promise((go) => addEventListener("visibilitychange", go, { once: true })) : null;

	const ask = async () => {
		await seen();
		const end = new AbortController(), begin = performance.now();
		const late = setTimeout(() =>
			say(false, "The answer is late: all workers may be busy"), LATE);
		const over = setTimeout(() => end.abort(), GIVE_UP);
		try {
			const answer = await fetch("?json&full", { cache: "no-store", signal: end.signal });
			if (!answer.ok)
				throw new Error("the web server says " + answer.status);
			show(await answer.json(), performance.now());
			say(true, performance.now() - begin > LATE ? "Live, the last answer was late" : "Live");
		} catch (error) {
			say(false, end.signal.aborted ? "No answer: all workers may be busy, or the pool is stopped" :
				"No answer: " + error.message);
		}
		clearTimeout(late);
		clearTimeout(over);
		setTimeout(ask, Math.max(100, EVERY - (performance.now() - begin)));
	};

	ask();
})();
