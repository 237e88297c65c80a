import { configured, equal } from "sipwright/test";

const test = configured({
	routes: "./passwords.ts",
	auth: { algorithms: ["SHA-256"] },
	script: { fetch: ["https://users.example.com"] },
	devices: {
		alice: { type: "Extension", contact: "*" },
		bob: { type: "Extension", contact: "*" },
	},
});

/** Of `alice:sip.example.com:wonderland`. */
const ALICE = "d198912ae1c5a6b025058aad09904e856aa60ceb4bd9e038cf6648de8254517a";
const AWAY = { at: "203.0.113.77", register: false } as const;

test("who knows the password registers, and the service is asked once a minute", ({
	phone,
	fetch,
	fetched,
	wait,
}) => {
	fetch("https://users.example.com/sha256/alice", { body: ALICE });
	const alice = phone("alice", { ...AWAY, password: "wonderland" });
	alice.register().expect(200);
	alice.register().expect(200);
	equal(fetched.length, 1);
	wait(60);
	alice.register().expect(200);
	equal(fetched.length, 2);
});

test("a wrong password and an unknown user are asked again", ({ phone, fetch }) => {
	fetch("https://users.example.com/sha256/alice", { body: ALICE });
	fetch("https://users.example.com/sha256/nobody", { status: 404 });
	for (const [name, password] of [
		["alice", "rabbit"],
		["nobody", "wonderland"],
	] as const) {
		const { responses } = phone(name, { ...AWAY, password }).register();
		equal(
			responses.map(({ status }) => status),
			[401, 401],
		);
	}
});

test("the password of one device registers no other", ({ phone, fetch }) => {
	fetch("https://users.example.com/sha256/alice", { body: ALICE });
	phone("bob", { ...AWAY, username: "alice", password: "wonderland" })
		.register()
		.expect(403);
});

test("nobody is asked for a stranger who answers no challenge of ours", ({ phone, fetched }) => {
	phone("alice", AWAY).register().expect(401);
	phone("alice").invite("bob").expect(407);
	equal(fetched, []);
});

test("while the service is away phones are told to come back", ({ phone, fetch }) => {
	fetch(/./, { error: "no connection" });
	const alice = phone("alice", { ...AWAY, password: "wonderland" });
	equal(alice.register().expect(503).value("Retry-After"), "30");
});
