/** The blocks `location` and `node`: which store, how Redis is reached, and who this node is. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { read, readGood } from "./reading.ts";

const LISTEN = "listen: [udp:10.0.0.1:5060]\n";
const NODE = '\nnode: { name: a, address: "tcp:10.0.0.1:5060" }';

test("Redis: host, port, database, user and password come from the URL, escapes undone", async (t) => {
	const url = "rediss://edge:p%40ss%2Fword@Redis.example.com:6380/3";
	const yaml = `${LISTEN}location: { store: redis, url: "${url}", ca: ca.pem, prefix: site-1 }${NODE}`;
	const { location, node } = await readGood(t, yaml);
	assert.ok(location.store === "redis");
	const { tls, ...server } = location.server;
	assert.deepEqual(server, {
		...{ host: "Redis.example.com", port: 6380, database: 3 },
		...{ user: "edge", password: "p@ss/word" },
	});
	assert.match(tls?.ca ?? "", /\/ca\.pem$/);
	assert.equal(location.prefix, "site-1");
	assert.deepEqual(node, {
		name: "a",
		address: { host: "10.0.0.1", port: 5060, uri: "sip:10.0.0.1:5060;transport=tcp" },
		secureAddress: undefined,
	});
});

test("Redis: the usual port and database, IPv6, and a password in a file", async (t) => {
	const yaml = `${LISTEN}location: { store: redis, url: "redis://[::1]", password-file: secret }${NODE}`;
	const { config } = await read(t, yaml, { secret: " in-a-file\n" });
	assert.ok(config?.location.store === "redis");
	assert.deepEqual(config.location.server, {
		...{ host: "::1", port: 6379, database: 0 },
		...{ user: undefined, password: "in-a-file", tls: undefined },
	});
	assert.equal(config.location.prefix, "sipwright");
});

test("RFC 5630 §5.3: a secure address is sips without a transport; one over TLS is both", async (t) => {
	const listen = "listen: [udp:10.0.0.1:5060, tls:10.0.0.1:5061]\n";
	const location = 'location: { store: redis, url: "redis://localhost" }';
	const addresses = async (keys: string) => {
		const { node } = await readGood(t, `${listen}${location}\nnode: { name: a, ${keys} }`);
		return [node?.address.uri, node?.secureAddress?.uri];
	};
	assert.deepEqual(
		await addresses('address: "udp:10.0.0.1", secure-address: "tls:a.example.com"'),
		["sip:10.0.0.1:5060;transport=udp", "sips:a.example.com:5061"],
	);
	assert.deepEqual(await addresses('address: "tls:a.example.com:5062"'), [
		"sip:a.example.com:5062;transport=tls",
		"sips:a.example.com:5062",
	]);
	const { remarks } = await read(
		t,
		`${listen}tls: {}\n${location}\nnode: { name: a, address: "tcp:10.0.0.1" }`,
	);
	assert.ok(
		remarks.some((one) =>
			one.includes(
				"warning CONFIG_UNREACHABLE node: phones that register here with sips can be called through this node only",
			),
		),
		remarks.join("\n"),
	);
});

test("RFC 3261 §26.1: a URL that is wrong is refused without a word of it, since it may hold a password", async (t) => {
	const bad = [
		"http://u:geheim@h",
		"redis://u:geheim@h/x",
		"redis://u:geheim@",
		"geheim",
		"redis://h?p=geheim",
	];
	for (const url of bad) {
		const { errors } = await read(t, `${LISTEN}location: { store: redis, url: "${url}" }${NODE}`);
		assert.equal(errors.length, 1, url);
		assert.match(errors[0] ?? "", /^2:\d+ error CONFIG_VALUE location: url is no redis:/);
		assert.doesNotMatch(errors.join(), /geheim/);
	}
});

test("what is missing, of no use, or says two things is told with what to write", async (t) => {
	const cases: readonly [yaml: string, told: RegExp][] = [
		[`location: { store: redis }${NODE}`, /CONFIG_REQUIRED location: store: redis needs a url/],
		[
			'location: { store: redis, url: "redis://localhost" }',
			/CONFIG_REQUIRED node: with store: redis this node needs a name .* → write node: \{ name: edge-a/,
		],
		[
			'location: { store: redis, url: "redis://localhost" }\nnode: { name: a }',
			/CONFIG_REQUIRED node: with store: redis this node needs an address/,
		],
		[
			'location: { url: "redis://h" }',
			/CONFIG_COMBINATION location: url is for store: redis, and this one is sqlite/,
		],
		[
			`location: { store: redis, url: "redis://localhost", ca: x.pem }${NODE}`,
			/CONFIG_COMBINATION location: ca is for rediss:/,
		],
		[
			`location: { store: redis, url: "redis://:p@localhost", password-file: secret }${NODE}`,
			/CONFIG_COMBINATION location: the url has a password, and password-file names another/,
		],
		[
			`location: { store: redis, url: "redis://localhost", password-file: nowhere }${NODE}`,
			/CONFIG_FILE location: nowhere cannot be read/,
		],
		[
			`location: { store: redis, url: "redis://localhost", prefix: "a*" }${NODE}`,
			/CONFIG_VALUE prefix: "a\*" is no prefix/,
		],
		[
			'location: { store: redis, url: "redis://localhost" }\nnode: { name: "a b", address: "10.0.0.1:5060" }',
			/CONFIG_VALUE name: "a b" is no name.*\n.*CONFIG_VALUE address: "10.0.0.1:5060" names no transport/,
		],
		[
			'location: { store: redis, url: "redis://localhost" }\nnode: { name: a, address: "tls:10.0.0.1" }',
			/CONFIG_UNREACHABLE node: listen has no tls socket/,
		],
	];
	for (const [yaml, told] of cases) {
		const { errors } = await read(t, LISTEN + yaml, { secret: "s" });
		assert.match(errors.join("\n"), told, yaml);
	}
});

test("in clear across a network, or a node that shares nothing, is a warning", async (t) => {
	const clear = await read(
		t,
		`${LISTEN}location: { store: redis, url: "redis://10.0.0.7" }${NODE}`,
	);
	assert.match(clear.remarks.join(), /warning CONFIG_REDIS_CLEAR .* to 10\.0\.0\.7 in clear/);
	const alone = await read(t, `${LISTEN}${NODE}`);
	assert.match(alone.remarks.join(), /warning CONFIG_NO_EFFECT node has no effect/);
	assert.equal(alone.config?.node, undefined);
});
