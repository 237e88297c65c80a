/** The block `registrar`. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { read } from "./reading.ts";

test("registrar: a service-route is a list of SIP URIs, in <> or without", async (t) => {
	const yaml =
		'registrar: { service-route: ["sip:edge.example.com;lr", "<sips:a@[::1]:5061;transport=tcp;lr>"] }\n';
	const { config, errors, remarks } = await read(t, yaml);
	assert.deepEqual([errors, remarks], [[], []]);
	assert.deepEqual(config?.registrar.serviceRoute, [
		"<sip:edge.example.com;lr>",
		"<sips:a@[::1]:5061;transport=tcp;lr>",
	]);
	assert.deepEqual((await read(t, "")).config?.registrar.serviceRoute, []);
});

test("RFC 3608 §5, registrar: a service-route that is none is an error that says what to write", async (t) => {
	const none = (written: string) =>
		`1:30 error CONFIG_VALUE service-route: ${written} is no SIP URI → write "sip:edge.example.com;lr"`;
	const cases: Readonly<Record<string, string>> = {
		"edge.example.com": none('"edge.example.com"'),
		"tel:+1": none('"tel:+1"'),
		"'sip:a;lr?x=y'": none('"sip:a;lr?x=y"'),
		"'sip:a b;lr'": none('"sip:a b;lr"'),
		"'<sip:a;lr>,<sip:b;lr>'": none('"<sip:a;lr>,<sip:b;lr>"'),
		"sip:edge.example.com":
			'1:30 error CONFIG_VALUE service-route: "sip:edge.example.com" has no lr, and would be a strict router → write "sip:edge.example.com;lr"',
	};
	for (const [written, message] of Object.entries(cases))
		assert.deepEqual((await read(t, `registrar: { service-route: [${written}] }\n`)).errors, [
			message,
		]);
});
