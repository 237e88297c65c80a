import { configured } from "sipwright/test";

const test = configured({
	routes: "./registration-policy.ts",
	listen: ["udp:127.0.0.1:5060", "tls:127.0.0.1:5061"],
	devices: {
		"5000": { type: "Extension", contact: "*" },
		"5001": { type: "Extension", contact: "*", password: "rosebud" },
		desk: { type: "Extension", contact: "sip:192.0.2.60" },
	},
});

const OUTSIDE = { at: "203.0.113.77", register: false } as const;

test("in the house: without a password where there is none, else with it", ({ phone }) => {
	phone("5000").register().expect(200);
	phone("5001").register().expect(200);
});

test("in the house, with a wrong password", ({ phone }) => {
	const guess = phone("5001", { password: "sled", register: false }).register();
	guess.expect(401);
	guess.expect(401);
});

test("from outside: over TLS, with the password", ({ phone }) => {
	phone("5001", { ...OUTSIDE, transport: "tls" })
		.register()
		.expect(200);
});

test("from outside in clear, and without a password to ask for", ({ phone }) => {
	phone("5001", OUTSIDE).register().expect(403);
	phone("5000", { ...OUTSIDE, transport: "tls" })
		.register()
		.expect(401);
});

test("nobody registers another, or a device that is where it is", ({ phone }) => {
	phone("5001").register({ to: "sip:5000@127.0.0.1" }).expect(403);
	phone("desk").register().expect(404);
	phone("5000").register({ to: "sip:5001@127.0.0.1" }).expect(403);
});
