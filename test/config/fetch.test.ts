/** `script: { fetch }`: the HTTP servers that scripts may ask. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { read } from "./reading.ts";

test("script: fetch lists servers, as https or http, and nothing beyond host and port", async (t) => {
	const yaml =
		"script: { fetch: [https://API.example.com, 'https://a.example:8443/', http://127.0.0.1:8080, 'http://[::1]', http://localhost] }\n";
	const { config, errors, remarks } = await read(t, yaml);
	assert.deepEqual([errors, remarks], [[], []]);
	assert.deepEqual(config?.script.fetchOrigins, [
		"https://api.example.com",
		"https://a.example:8443",
		"http://127.0.0.1:8080",
		"http://[::1]",
		"http://localhost",
	]);
	assert.equal(config.script.fetchTimeoutMs, 2_000);
	assert.deepEqual((await read(t, "")).config?.script.fetchOrigins, []);
});

test("script: what is no server is an error that says what to write", async (t) => {
	const cases = {
		"api.example.com":
			'1:19 error CONFIG_VALUE fetch: "api.example.com" is no HTTP server → write https://api.example.com, or http://127.0.0.1:8080 on this machine',
		"ftp://a.example":
			'1:19 error CONFIG_VALUE fetch: "ftp://a.example" is no HTTP server → write https://api.example.com, or http://127.0.0.1:8080 on this machine',
		"https://a.example/v1":
			'1:19 error CONFIG_VALUE fetch: "https://a.example/v1" has more than a host and a port → write https://a.example',
		"https://u@a.example":
			'1:19 error CONFIG_VALUE fetch: "https://u@a.example" has more than a host and a port → write https://a.example',
	};
	for (const [written, message] of Object.entries(cases))
		assert.deepEqual((await read(t, `script: { fetch: [${written}] }\n`)).errors, [message]);
});

test("script: http to another machine is a warning, and so is a fetch that may last as long as its hook", async (t) => {
	const { remarks } = await read(t, "script: { deadline-ms: 1000, fetch: [http://10.0.0.7] }\n");
	assert.deepEqual(remarks, [
		"1:24 warning CONFIG_COMBINATION script: fetch-timeout-ms 2000 is not less than deadline-ms 1000: a script cannot go on without a server that is silent → write fetch-timeout-ms less than deadline-ms",
		"1:37 warning CONFIG_FETCH_CLEAR script: what is fetched from http://10.0.0.7 crosses the network in clear → write https://10.0.0.7, unless that network is yours",
	]);
});
