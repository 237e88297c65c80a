/** The clock, the decision trace, the log and the settings of the testing kit. */
import assert from "node:assert/strict";
import { configured, equal, match, test } from "../../core/testing/kit.ts";
import { TestingError } from "../../core/testing/testing-error.ts";

test("the script sees the time of the test", { start: "2026-03-02T08:59:58Z" }, (bed) => {
	const { phone, wait } = bed;
	const reason = () =>
		phone("1001").invite("time").expect(200).startLine.slice("SIP/2.0 200 ".length);
	equal(reason(), "2026-03-02T08:59:58.000Z");
	wait(3.5);
	equal(reason(), "2026-03-02T09:00:01.500Z");
	equal(bed.now.toISOString(), "2026-03-02T09:00:01.500Z");
});

test("every decision is on record, with what was asked", ({ phone, decisions }) => {
	const caller = phone("1001");
	for (const number of ["1002", "both", "moved", "nothing", "4711", "broken"])
		caller.invite(number, { from: "sip:1001@example.com" });
	phone("1003").invite("4711");
	equal(
		decisions.map(({ decision, text }) => [decision, text.split("/")[0]]),
		[
			["relay", "relay 1002"],
			["relay", "relay 1002, fixed (parallel, 20 s)"],
			["redirect", "redirect 302 sip:5000@elsewhere.example.com"],
			["drop", "drop"],
			["reply", "reply 404"],
			["failed", "failed, SCRIPT_THREW: "],
			["challenge", "challenge"],
			["reply", "reply 404"],
		],
	);
	match(decisions[5]?.text ?? "", /routes\/default\.ts:\d+:\d+: RangeError: no such luck$/);
	const [{ hook, method, uri, source, callId } = assert.fail("nothing")] = decisions;
	equal([hook, method, uri, source], ["onRequest", "INVITE", "sip:1002@example.com", "1001"]);
	match(callId, /@10\.1\.0\.\d+$/);
});

test("the script's log is on record, with its place", ({ phone, log }) => {
	phone("1001").invite("loud").expect(486);
	const [line] = log;
	equal(log.length, 1);
	equal([line?.level, line?.message], ["warn", "somebody is loud"]);
	equal(JSON.parse(line?.data ?? ""), { volume: 11 });
	match(line?.place ?? "", /routes\/default\.ts:\d+:\d+$/);
});

test("each test begins with a proxy on which nothing has happened", ({
	decisions,
	log,
	ladder,
}) => {
	equal([decisions.length, log.length], [0, 0]);
	equal(ladder(), "nothing was sent");
});

test("what did not come is named, with what came instead", ({ phone }) => {
	const caller = phone("1001");
	const fails = (doing: () => unknown, message: RegExp) =>
		assert.throws(doing, (error) => error instanceof TestingError && message.test(error.message));
	const call = caller.invite("4711");
	fails(
		() => call.expect(200),
		/^1001 got no 200 to INVITE sip:4711@example.com, but 404 Not Found$/,
	);
	fails(() => caller.invite("nothing").expect(200), /no response at all$/);
	fails(() => phone("1002").receive("INVITE"), /^1002 got no INVITE$/);
	caller.request("MESSAGE", "1002");
	fails(() => phone("1002").receive("INVITE"), /^1002 got no INVITE, but MESSAGE sip:1002@/);
	fails(() => phone("1002").receiveNothing(), /^1002 got MESSAGE/);
	fails(() => call.hangUp(), /cannot send BYE: nobody has answered/);
	const message = phone("1002").receive();
	message.reply(200);
	fails(() => message.reply(486), /cannot answer MESSAGE with 486: it has answered 200 already/);
	fails(() => message.reply(99), /a status is a number from 100 to 699/);
	fails(() => phone("1002", { transport: "tls" }), /phone 1002 is in use/);
	fails(() => phone("x", { at: "no where" }), /at: "no where" is no address/);
	fails(() => phone("y", { scheme: "sips", transport: "tcp" }), /sips needs tls or wss/);
	fails(() => phone("z", { transport: "wss" }), /no listener for wss/);
	fails(() => caller.invite("1", { headers: { "X-A": "b\r\nX-C: d" } }), /without CR and LF/);
});

const inline = configured({
	routes: "./routes/default.ts",
	trusted: ["10.9.0.0/30"],
	devices: { one: { type: "Extension", contact: "*" }, two: { type: "Extension", contact: "*" } },
});

inline("a configuration in the test itself", ({ phone }) => {
	phone("one").invite("two");
	match(phone("two").receive("INVITE").uri, /^sip:two@/);
});

const web = configured({
	listen: ["udp:10.1.0.1:5060", "wss:10.1.0.1:8443"],
	routes: "./routes/default.ts",
	trusted: ["10.1.0.0/24"],
	devices: { one: { type: "Extension", contact: "*" }, two: { type: "Extension", contact: "*" } },
});

web("RFC 7118 §8.1: a phone in a browser registers over WSS, and is called there", ({ phone }) => {
	const contact = "<sip:two@k2x9.invalid;transport=ws>";
	const browser = phone("two", { transport: "wss", contact, handshake: { path: "/ws?token=x" } });
	assert.throws(() => phone("z", { transport: "udp", handshake: {} }), /for ws and wss, not udp/);
	phone("one").invite("two");
	const came = browser.receive("INVITE");
	equal(came.uri, "sip:two@k2x9.invalid;transport=ws");
	match(came.text.split("\r\n")[1] ?? "", /^Via: SIP\/2\.0\/WSS 10\.1\.0\.1:8443;/);
});

configured("./sipwright.yaml")("a configuration by its path", ({ phone }) => {
	phone("1001").invite("1002");
	phone("1002").receive("INVITE");
});

const deaf = configured({
	routes: "./routes/deaf.ts",
	devices: {
		one: { type: "Extension", contact: "*" },
		desk: { type: "Extension", contact: "sip:127.0.0.9" },
	},
});

deaf("a script that registers nobody: phones that need not register are there", ({ phone }) => {
	phone("desk").invite("one").expect(404);
	assert.throws(() => phone("one"), /could not register, it got 404.*register: false/);
	phone("one", { register: false }).invite("desk").expect(404);
});
