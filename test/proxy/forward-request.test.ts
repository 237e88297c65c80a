import assert from "node:assert/strict";
import { test } from "node:test";
import type { HeaderEdit } from "../../core/proxy/decision.ts";
import { flow, forwarded, type Parts, request } from "./fixtures.ts";

const SCHEME = /^<(sips?):172\.21\.83\.50:(5060|5314)/;

test("RFC 3261 §16.6 step 1 PX-26 PX-44: what no step names leaves byte for byte, in its place", () => {
	const lines = [
		"X-Odd:   two  spaces\t",
		"s: a\r\n\t folded",
		"x-ODD: second",
		"Supported: 100rel",
		"k: path",
	];
	const sent = request({ lines: [...lines, "Max-Breadth: 60"], body: "v=0\r\n\0\xff" });
	const out = forwarded(sent);
	const expected = sent.text
		.replace("INVITE sip:5000@172.21.83.50 ", "INVITE sip:5000@172.21.83.60:5060 ")
		.replace("Via: ", "Via: SIP/2.0/UDP 172.21.83.50:5060;branch=z9hG4bKours;rport\r\nVia: ")
		.replace("z9hG4bKa1\r\n", `z9hG4bKa1\r\nRecord-Route: ${out.value("Record-Route")}\r\n`)
		.replace("Max-Forwards: 70", "Max-Forwards: 69");
	assert.equal(out.text, expected);
});

test("RFC 3261 §16.6 step 2 PX-27: the Request-URI is the target's; the same text is left alone", () => {
	const target = { uri: "sip:5000@172.21.83.50" };
	const sent = request({ lines: ["Max-Breadth: 60"] });
	assert.equal(forwarded(sent, { target }).startLine, "INVITE sip:5000@172.21.83.50 SIP/2.0");
	assert.equal(forwarded(sent).uri, "sip:5000@172.21.83.60:5060");
});

test("RFC 3261 §16.6 step 3 PX-28: Max-Forwards is one less, 70 where there was none", () => {
	const after = (maxForwards: string) => forwarded(request({ maxForwards })).value("Max-Forwards");
	assert.deepEqual(["70", "1", "255", ""].map(after), ["69", "0", "254", "70"]);
});

test("RFC 3261 §16.6 step 4 PX-29 PX-31: Record-Route of a listener of ours with lr, above those received", () => {
	const out = forwarded(request({ lines: ["Record-Route: <sip:p1.example.org;lr>"] }));
	assert.equal(out.recordRoutes.length, 2);
	assert.match(out.recordRoutes[0] ?? "", /^<sip:172\.21\.83\.50:5060;lr;x5=[\w-]+;ftag=a>$/);
	assert.equal(out.recordRoutes[1], "<sip:p1.example.org;lr>");
});

test("RFC 3261 §16.6 step 4 PX-30: what can form a dialog is record-routed, and nothing else", () => {
	for (const method of ["INVITE", "SUBSCRIBE", "REFER"])
		assert.equal(forwarded(request({ method })).recordRoutes.length, 1, method);
	for (const method of ["OPTIONS", "MESSAGE", "REGISTER", "NOTIFY", "PUBLISH", "FOO"])
		assert.equal(forwarded(request({ method })).recordRoutes.length, 0, method);
});

test("RFC 5658 §5 PX-33: two entries where transport or address change, the lower for the side that called", () => {
	const out = forwarded(request(), { transport: "tcp" });
	const [upper = "", lower = "", ...more] = out.recordRoutes;
	assert.deepEqual(more, []);
	assert.match(upper, /^<sip:172\.21\.83\.50:5060;transport=tcp;r2=on;lr;x5=[\w-]+;ftag=a>$/);
	assert.match(lower, /^<sip:172\.21\.83\.50:5060;r2=on;lr;x5=[\w-]+;ftag=a>$/);
	assert.equal(/x5=([\w-]+)/.exec(upper)?.[1], /x5=([\w-]+)/.exec(lower)?.[1]);
});

test("RFC 3261 §16.6 step 4 PX-32 PX-34: schemes that differ give one entry, in the scheme of the leg it goes out on", () => {
	const tls = { transport: "tls", target: { scheme: "sips" } } as const;
	const up = forwarded(request({ lines: ["Contact: <sip:6000@172.21.83.70>"] }), tls);
	assert.deepEqual(
		up.recordRoutes.map((entry) => SCHEME.exec(entry)?.slice(1)),
		[["sips", "5314"]],
	);
	assert.doesNotMatch(up.recordRoutes[0] ?? "", /transport|r2/);
	assert.equal(up.uri, "sips:5000@172.21.83.60:5060");

	const sips: Parts = { uri: "sips:5000@172.21.83.50", from: "<sips:6000@172.21.83.70>;tag=a" };
	const came = flow("tls");
	const down = forwarded(request(sips), { came });
	assert.deepEqual(
		down.recordRoutes.map((entry) => SCHEME.exec(entry)?.slice(1)),
		[["sip", "5060"]],
	);
	const same = forwarded(request(sips), { came, ...tls });
	assert.deepEqual(
		same.recordRoutes.map((entry) => SCHEME.exec(entry)?.slice(1)),
		[["sips", "5314"]],
	);
});

test("RFC 3261 §16.4 PX-13: our own Route goes, those of others stay as they were", () => {
	const route = "Route: <sip:172.21.83.50;lr>, <sip:p2.example.org;lr> , <sip:p3.example.org;lr>";
	const out = forwarded(request({ lines: [route] }));
	assert.deepEqual(out.values("Route"), ["<sip:p2.example.org;lr> , <sip:p3.example.org;lr>"]);
	assert.deepEqual(
		forwarded(request({ lines: ["Route: <sip:172.21.83.50;lr>"] })).values("Route"),
		[],
	);
});

test("RFC 3327 §5.4 PX-36 PX-114: the Path of a binding becomes Route, ahead of those received", () => {
	const lines = ["Route: <sip:p9.example.org;lr>"];
	const path = ["<sip:p3.example.org;lr>", "<sip:p1.example.org;lr>"];
	assert.deepEqual(forwarded(request({ lines }), { target: { path } }).values("Route"), [
		...path,
		"<sip:p9.example.org;lr>",
	]);
	assert.deepEqual(forwarded(request(), { target: { path } }).values("Route"), path);
});

test("RFC 3261 §16.6 step 6 PX-37: a next hop without lr gets itself as Request-URI, and the target as last Route", () => {
	const lines = ["Route: <sip:172.21.83.50;lr>, <sip:p3.example.org>", "Route: <sip:p4;lr>"];
	const out = forwarded(request({ lines }));
	assert.equal(out.uri, "sip:p3.example.org");
	assert.deepEqual(out.values("Route"), ["<sip:p4;lr>", "<sip:5000@172.21.83.60:5060>"]);
});

test("RFC 3261 §16.6 step 8, RFC 3581 §3 PX-40 TR-08 TR-13: our Via on top, of the listener and transport that it goes out on", () => {
	const via = (transport: "udp" | "tcp" | "tls") => forwarded(request(), { transport }).vias;
	assert.deepEqual(via("udp"), [
		"SIP/2.0/UDP 172.21.83.50:5060;branch=z9hG4bKours;rport",
		"SIP/2.0/UDP 172.21.83.70:5060;branch=z9hG4bKa1",
	]);
	assert.equal(via("tcp")[0], "SIP/2.0/TCP 172.21.83.50:5060;branch=z9hG4bKours");
	assert.equal(via("tls")[0], "SIP/2.0/TLS 172.21.83.50:5314;branch=z9hG4bKours");
});

test("RFC 3261 §16.6 step 9 PX-41: a stream gets a Content-Length, a datagram only its own", () => {
	const sent = request({ lines: ["Content-Type: text/plain"] });
	assert.equal(forwarded(sent, { transport: "tcp" }).value("Content-Length"), "0");
	assert.deepEqual(forwarded(sent).values("Content-Length"), []);
	const body = request({ body: "abc" });
	assert.deepEqual(forwarded(body, { transport: "tcp" }).values("Content-Length"), ["3"]);
});

test("secure-signaling G2 G5: a sips leg has sips in Request-URI, From, To and Contact, and no transport=udp", () => {
	const lines = ["Contact: <sip:6000@172.21.83.70:5060>"];
	const uri = "sip:5000@172.21.83.60:5060;transport=udp";
	const out = forwarded(request({ lines }), {
		transport: "tls",
		target: { scheme: "sips", uri },
	});
	assert.equal(out.uri, "sips:5000@172.21.83.60:5060");
	assert.equal(out.value("From"), "<sips:6000@172.21.83.70>;tag=a");
	assert.equal(out.value("To"), "<sips:5000@172.21.83.50>");
	assert.equal(out.value("Contact"), "<sips:6000@172.21.83.70:5060>");
});

test("RFC 3261 §12.2 RFC 3261 §25.1: a tag that is no token crosses, and its dialog is found again", () => {
	for (const tag of ['"a b"', '"a\r\n b"', "a@b?c", "%41`{}", "\xe9", "a:b/[c]"]) {
		const from = `<sip:6000@172.21.83.70>;tag=${tag}`;
		const [entry = ""] = forwarded(request({ from })).recordRoutes;
		assert.match(entry, /^<[!#-;=?-~]+>$/, tag);
		const to = "<sip:5000@172.21.83.50>;tag=t";
		const bye = request({ method: "BYE", from, to, cseq: 2, lines: [`Route: ${entry}`] });
		assert.equal(forwarded(bye).values("Route").length, 0, tag);
	}
});

test("RFC 3261 §22.3: credentials that were ours to judge stay here, those of other realms go on", () => {
	const lines = ["Proxy-Authorization: ours", "X-Y: z", "proxy-authorization: theirs"];
	const sent = request({ lines });
	const consumed = [sent.head.first("proxy-authorization")];
	const after = (edits: readonly HeaderEdit[]) =>
		forwarded(sent, { consumed, edits }).values("Proxy-Authorization");
	assert.deepEqual(after([]), ["theirs"]);
	const edit = { name: "Proxy-Authorization", value: "mine" };
	assert.deepEqual(after([{ op: "add", ...edit }]), ["theirs", "mine"]);
	assert.deepEqual(after([{ op: "set", ...edit }]), ["mine"]);
	assert.deepEqual(after([{ op: "remove", ...edit }]), []);
	assert.equal(forwarded(sent).values("Proxy-Authorization").length, 2);
});
