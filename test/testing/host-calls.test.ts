/** What a script of a test waits for: HTTP servers, the store of `kv`, and the time meanwhile. */
import { configured, equal, match, ok } from "../../core/testing/kit.ts";

const CONFIGURATION = {
	listen: ["udp:0.0.0.0:5060"],
	domains: ["example.com"],
	trusted: ["10.1.0.0/24"],
	devices: { "1001": { type: "Extension", contact: "*" } },
};
const test = configured({
	...CONFIGURATION,
	routes: "./routes/waiting.ts",
	script: { fetch: ["https://api.example.com"], "deadline-ms": 20_000, "fetch-timeout-ms": 5_000 },
});
const unlisted = configured({ ...CONFIGURATION, routes: "./routes/waiting.ts" });

const USER = "https://api.example.com/users/5000";
const REASON = "SIP/2.0 500 ".length;

test("a fetch gets what the test says, and the test sees what was fetched", (bed) => {
	bed.fetch(USER, { json: { floor: 3 } });
	const call = bed.phone("1001").invite("5000");
	equal(bed.log[0]?.message, "application/json");
	equal(bed.fetched, [{ method: "GET", url: USER, headers: { "X-Key": "1" }, body: undefined }]);
	equal(bed.decisions.at(-1)?.text, "relay sip:gateway@192.0.2.77");
	match(bed.ladder(), /fetch GET https:\/\/api\.example\.com\/users\/5000: 200/);
	ok(call.sent);
});

test("a server is a function too, and what was said last counts", ({ phone, fetch }) => {
	fetch(/users/, { status: 404 });
	fetch(/users\/6/, ({ url, method }) => ({
		status: url.endsWith("60") && method === "GET" ? 410 : 500,
	}));
	phone("1001").invite("5000").expect(404);
	phone("1001").invite("60").expect(410);
});

test("a fetch that the test says nothing of fails, and says what to write", ({ phone }) => {
	const { startLine } = phone("1001").invite("5000").expect(500);
	match(
		startLine,
		/write bed\.fetch\("https:\/\/api\.example\.com\/users\/5000", \{ json: \{\} \}\)/,
	);
});

unlisted("a fetch from a server that is not listed fails as in production", ({ phone, fetch }) => {
	fetch(/./, {});
	const { startLine } = phone("1001").invite("5000").expect(500);
	match(startLine, /write script: \{ fetch: \["https:\/\/api\.example\.com"\] \} in the config/);
});

test("a slow server: the caller gets 100, and time in the script goes on", {
	start: "2026-03-02T09:00:00Z",
}, (bed) => {
	bed.fetch(USER, { after: 3, error: "no connection" });
	const call = bed.phone("1001").invite("5000");
	equal(call.status, undefined);
	bed.wait(0.2);
	equal(call.status, 100);
	bed.wait(2.7);
	equal(call.status, 100);
	bed.wait(0.2);
	equal(
		call.expect(500).startLine.slice(REASON),
		"fetch: no connection at 2026-03-02T09:00:03.000Z",
	);
});

test("a server that is too slow has not answered", {
	start: "2026-03-02T09:00:00Z",
}, ({ phone, fetch, wait }) => {
	fetch(USER, { after: Infinity });
	const call = phone("1001").invite("5000");
	wait(5);
	equal(
		call.expect(500).startLine.slice(REASON),
		"fetch: no answer within 5000 ms at 2026-03-02T09:00:05.000Z",
	);
});

test("kv is there for the test to read and to set, and expires with the time of the test", (bed) => {
	const { phone, kv, fetch, wait } = bed;
	fetch(/users/, { status: 404 });
	const calls = () => phone("1001").invite("5000").status;
	equal([calls(), kv.get("calls:1001")], [404, 1]);
	kv.set("calls:1001", 3, { expires: 10 });
	equal([calls(), kv.get("calls:1001")], [503, 4]);
	wait(10);
	equal([kv.get("calls:1001"), calls()], [undefined, 404]);
	equal([kv.delete("calls:1001"), kv.delete("calls:1001")], [true, false]);
});

test("onTimer comes round while the test waits, at the time of the test, and is on record", (bed) => {
	const before = bed.now.getTime();
	bed.wait(3_599);
	equal(bed.decisions, []);
	bed.wait(3_602);
	equal(
		bed.decisions.map(({ hook, timer, decision, method }) => [hook, timer, decision, method]),
		[
			["onTimer", "hourly", "pass", ""],
			["onTimer", "hourly", "pass", ""],
		],
	);
	equal(bed.log[0]?.message, `hourly ${new Date(before + 3_600_000).toISOString()}`);
});
