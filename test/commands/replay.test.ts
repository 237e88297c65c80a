/** `sipwright replay`: where other scripts would have decided differently. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { pcap, tcp, timed, udp } from "../replay/packets.ts";
import { hook, request } from "../script/harness.ts";
import { type TempFolder, tempFolder } from "../support/temp-folder.ts";
import { sipwright } from "./output.ts";

const CONFIG = `listen: [udp:192.0.2.1:5060]
domains: [example.com]
trusted: [192.0.2.0/24]
state: ./state
routes: ./now
devices:
  "6000": { type: Extension, contact: "*", password: secret }
  "5000": { type: Extension, contact: "sip:5000@192.0.2.60:5060" }
`;

function place(t: TestContext, now: string, candidate: string): TempFolder {
	const folder = tempFolder();
	t.after(() => folder.remove());
	folder.write("sipwright.yaml", CONFIG);
	folder.write("now/default.ts", hook(now));
	folder.write("candidate/default.ts", hook(candidate));
	return folder;
}

function replay(folder: TempFolder, capture: Buffer | string, ...more: readonly string[]) {
	writeFileSync(join(folder.path, "capture"), capture);
	const [file, routes] = [join(folder.path, "capture"), join(folder.path, "candidate")];
	const config = join(folder.path, "sipwright.yaml");
	return sipwright("replay", file, "--routes", routes, "--config", config, ...more);
}

const call = (callId: string, to = "5000", given: Parameters<typeof request>[2] = {}) =>
	request("INVITE", `sip:${to}@192.0.2.1`, given)
		.replace("call-1@127.0.0.1", callId)
		.replace("z9hG4bKa1", `z9hG4bK${callId}`);

test("issue 5 §7: the same decisions end with 0, others are shown call by call and end with 1", async (t) => {
	const now = "return request.uri.user === '5000' ? relay(device('5000')) : reply(404);";
	const same = await replay(
		place(t, now, `${now} // as it was`),
		pcap(timed([udp(call("a")), udp(call("b", "9"))])),
	);
	assert.deepEqual([same.code, same.err], [0, ""]);
	assert.equal(same.out, "2 requests: 2 decided alike, 0 differently\n");

	const changed = now.replace("404", "410, 'Gone Away'");
	const other = await replay(
		place(t, now, changed),
		pcap(timed([udp(call("a")), tcp(call("b", "9"), 1)])),
	);
	assert.equal(other.code, 1);
	assert.equal(
		other.out,
		`2026-03-02T09:00:01.000Z INVITE sip:9@192.0.2.1 from tcp 192.0.2.7:40000, Call-ID b
    now        reply 404
    candidate  reply 410 Gone Away
2 requests: 1 decided alike, 1 differently
`,
	);
});

test("a replay has no effect: onStart is not asked", async (t) => {
	const folder = place(t, "return relay(device('5000'));", "");
	const starts = hook("return relay(device('5000'));").replace(
		"onRequest",
		"onStart() { throw new Error('asked'); }, onRequest",
	);
	folder.write("candidate/default.ts", starts);
	const { code, err, out } = await replay(folder, pcap(timed([udp(call("a"))])));
	assert.deepEqual([code, err], [0, ""]);
	assert.equal(out, "1 requests: 1 decided alike, 0 differently\n");
});

test("issue 5 §7: what differs in header fields alone, or fails, is a difference; failing alike is none", async (t) => {
	const capture = pcap(timed([udp(call("a"))]));
	const header = "request.headers.set('X-Tenant', 'blue'); return relay(device('5000'));";
	const edited = await replay(place(t, "return relay(device('5000'));", header), capture);
	assert.match(edited.out, /now +relay 5000\n +candidate +relay 5000, with X-Tenant: blue\n/);
	const throws = "if (request.uri.user === '5000') throw new Error('no trunk'); return reply(404);";
	const failing = await replay(place(t, "return reply(404);", throws), capture);
	assert.equal(failing.code, 1);
	assert.match(
		failing.out,
		/candidate +failed, SCRIPT_THREW: .*default\.ts:5:\d+: Error: no trunk\n/,
	);
	const both = await replay(place(t, throws, throws.replace("no trunk", "no line")), capture);
	assert.equal(both.code, 0);
});

test("issue 5 §7: repeats, what was sent on, dialogs and answers are left out, and said so", async (t) => {
	const folder = place(t, "return reply(404);", "return reply(404);");
	const first = call("a");
	const sentOn = first.replace("Via:", "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKx\r\nVia:");
	const inDialog = call("b", "5000", { to: "<sip:5000@192.0.2.1>;tag=x" });
	const capture = pcap(
		timed([
			udp(first),
			udp(first),
			udp(sentOn, { from: "192.0.2.1", to: "192.0.2.60" }),
			udp(first.replace(/^INVITE \S+ SIP\/2.0/, "SIP/2.0 200 OK"), {
				from: "192.0.2.1",
				to: "192.0.2.7",
			}),
			udp(first.replace(/INVITE/g, "ACK")),
			udp(inDialog),
			udp(call("c", "5000"), { from: "192.0.2.1", to: "192.0.2.60" }),
			udp(call("d").replace("Max-Forwards: 70", "Max-Forwards: 0")),
		]),
	);
	const { code, out } = await replay(folder, capture);
	assert.equal(code, 0);
	assert.deepEqual(out.trimEnd().split("\n").sort(), [
		"1 requests: 1 decided alike, 0 differently",
		"left out: 1 ACK and CANCEL requests",
		"left out: 1 requests in a dialog",
		"left out: 1 requests that the engine answers without the scripts",
		"left out: 1 requests to others",
		"left out: 1 responses",
		"left out: 2 requests that were sent again, or on",
	]);
});

test("issue 5 §7: scripts see who calls: the address, a password taken for right, and a phone that registered before", async (t) => {
	const tell =
		"if (request.method === 'REGISTER') return save(); const { address, device, authenticated } = request.source; return reply(480, [address, device?.name, authenticated].join(' '));";
	const folder = place(t, tell, tell.replace("480", "481"));
	const password = `Proxy-Authorization: Digest username="6000", realm="old", nonce="n", uri="sip:192.0.2.1", response="r"`;
	const from = "<sip:6000@192.0.2.1>;tag=a";
	const text = [
		`# 2026-03-02T09:00:00Z udp 192.0.2.70:5060\n${call("a", "5000", { from, headers: [password] })}`,
		`# 2026-03-02T09:00:01Z udp 192.0.2.71:5060\n${call("b", "5000", { from })}`,
		`# 2026-03-02T09:00:02Z udp 192.0.2.71:5060\n${request("REGISTER", "sip:192.0.2.1", { from, to: "<sip:6000@192.0.2.1>", headers: ["Contact: <sip:6000@192.0.2.71:5060>"] })}`,
		`# 2026-03-02T09:00:03Z udp 192.0.2.71:5060\n${call("d", "5000", { from })}`,
	].join("\n");
	const { out } = await replay(folder, text);
	assert.deepEqual(out.match(/now +reply .*/g), [
		"now        reply 480 192.0.2.70 6000 true",
		"now        reply 480 192.0.2.71  false",
		"now        reply 480 192.0.2.71 6000 false",
	]);
	assert.match(out, /from udp 192\.0\.2\.71:5060 \(6000\), Call-ID d/);
});

test("issue 5 §7: a script's Date is the message's, and host calls reach nobody", async (t) => {
	const late = "return reply(new Date().getUTCHours() < 12 ? 480 : 481);";
	const folder = place(t, "return reply(480);", late);
	const text = (hour: string) => `# 2026-03-02T${hour}:30:00Z udp 192.0.2.7:5060\n${call(hour)}`;
	const { code, out } = await replay(folder, [text("09"), text("13")].join("\n"));
	assert.equal(code, 1);
	assert.match(
		out,
		/^2026-03-02T13:30:00.000Z .*\n.*480\n.*481\n2 requests: 1 decided alike, 1 differently\n$/,
	);
});

test("without a file or routes that load the exit code is 2, and nothing is compared", async (t) => {
	const folder = place(t, "return reply(404);", "return reply(;");
	const missing = await sipwright("replay", "x.pcap");
	assert.deepEqual([missing.code, missing.out], [2, ""]);
	assert.match(missing.err, /--routes DIR is missing/);
	const broken = await replay(folder, pcap(timed([udp(call("a"))])));
	assert.equal(broken.code, 2);
	assert.match(broken.err, /candidate\/default\.ts:5:\d+: error LOAD_BUNDLE/);
	const nothing = await replay(
		place(t, "return reply(404);", "return reply(404);"),
		"no message\n",
	);
	assert.equal(nothing.code, 2);
	assert.match(nothing.err, /error REPLAY_FILE: .*no line of it begins a SIP message/);
});
