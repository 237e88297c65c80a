/** What every torture message has to show in the whole core, over UDP and on a stream. */
import assert from "node:assert/strict";
import { FAR, type Sent, SOURCE, TortureEngine } from "./engine.ts";
import type { EngineExpected, TortureMessage } from "./messages.ts";
import { answerTo, WireLines } from "./wire-lines.ts";

/** One message into a core of its own; what comes of it is checked, its answer from the far side too. */
export function tortured(message: TortureMessage, transport: "udp" | "tcp"): TortureEngine {
	const { engine: expected, datagram } = message.expected;
	const engine = new TortureEngine(transport).send(message.text);
	const [word, end] = expected[transport].split(" ");
	assert.equal(engine.closed, end === "closed");
	assert.equal(engine.buffered > 0, word === "waiting");
	const discarded = transport === "udp" ? Number(datagram.discarded ?? 0) : 0;
	const sent = message.text.slice(0, message.text.length - discarded);
	if (word === "forwarded") forwarded(sent, expected, engine, transport);
	else {
		const statuses = engine.answers.map(({ lines }) => String(lines.status));
		assert.deepEqual(statuses, word === "silence" || word === "waiting" ? [] : [word]);
		if (transport === "udp") assert.deepEqual(engine.far, []);
		if (engine.answers[0] !== undefined) answered(sent, expected, engine.answers[0]);
	}
	return engine;
}

/** RFC 3261 §8.2.6.2: as much of the request as there is comes back. */
function answered(sent: string, expected: EngineExpected, { lines, flow }: Sent): void {
	const received = new WireLines(sent);
	assert.equal(flow.host, SOURCE);
	assert.equal(flow.port, flow.transport === "udp" ? (expected.answerPort ?? 5060) : 40_000);
	assert.deepEqual(lines.values("via").map(unstamped), received.values("via"));
	for (const name of ["from", "call-id", "cseq"])
		assert.deepEqual(lines.values(name), received.values(name).slice(0, 1), name);
	for (const [at, to] of received.values("to").slice(0, 1).entries())
		assert.ok(lines.values("to")[at]?.startsWith(to));
	for (const [name, values] of Object.entries(expected.headers ?? {}))
		assert.deepEqual(lines.values(name), values);
}

/** RFC 3261 §16.6 and §16.7: what a proxy has to change, and not an octet more; there and back. */
function forwarded(
	sent: string,
	expected: EngineExpected,
	engine: TortureEngine,
	transport: "udp" | "tcp",
): void {
	const received = new WireLines(sent);
	assert.equal(engine.far.length, 1);
	assert.deepEqual(engine.answers, []);
	const [far] = engine.far as [Sent];
	const hop = expected.hop?.replace(`udp:${FAR}`, `${transport}:${FAR}`);
	assert.equal(`${far.flow.transport}:${far.flow.host}:${far.flow.port}`, hop);

	const { uri = received.uri, changed = [] } = expected;
	assert.equal(far.lines.startLine, `${received.method} ${uri} SIP/2.0`);
	assert.equal(far.lines.body, received.body);
	assert.deepEqual(far.lines.values("max-forwards"), [expected.maxForwards]);
	assert.match(far.lines.values("max-breadth")[0] ?? "", /^\d+$/);
	const ours = ["via", "max-forwards", "max-breadth", ...changed];
	const added = far.lines.named("record-route").length - received.named("record-route").length;
	if (received.method === "INVITE") assert.ok(added > 0, "no Record-Route of ours");
	const kept = far.lines
		.without(...ours)
		.filter((line) => !/^Record-Route: <sips?:[^>]*;lr/.test(line));
	const length = received.named("content-length").length === 0 && far.flow.transport === "tcp";
	assert.deepEqual(
		length ? kept.filter((line) => line !== `Content-Length: ${received.body.length}`) : kept,
		received.without(...ours),
	);
	const [top = "", ...below] = received.named("via");
	const [, second = "", ...rest] = far.lines.named("via");
	assert.equal(second, expected.topVia ?? stampedFirst(top));
	assert.deepEqual(rest, below);
	back(received, far, expected, engine);
}

/** The far side's answer goes to the source of the request, whatever the Vias say, and holds the caller's own headers. */
function back(
	received: WireLines,
	far: Sent,
	expected: EngineExpected,
	engine: TortureEngine,
): void {
	engine.reply(far, answerTo(far.lines, "200 Fine", ["X-Far: ;;,,"]));
	assert.equal(engine.answers.length, 1);
	const [{ lines, flow }] = engine.answers as [Sent];
	assert.equal(lines.startLine, "SIP/2.0 200 Fine");
	assert.equal(flow.host, SOURCE);
	assert.equal(flow.port, flow.transport === "udp" ? (expected.answerPort ?? 5060) : 40_000);
	assert.deepEqual(lines.named("via"), far.lines.named("via").slice(1));
	for (const name of ["from", "call-id", "cseq"])
		assert.deepEqual(lines.named(name), received.named(name), name);
	assert.ok(lines.named("x-far").includes("X-Far: ;;,,"));
	engine.rig.wait(70_000);
	assert.equal(engine.rig.size, 0, "a transaction that never ends");
}

/** Its first value with `received` behind it (RFC 3261 §18.2.1). */
function stampedFirst(line: string): string {
	const comma = line.indexOf(",");
	const end = comma === -1 ? line.length : line.slice(0, comma).trimEnd().length;
	return `${line.slice(0, end)};received=${SOURCE}${line.slice(end)}`;
}

function unstamped(value: string): string {
	return value.replace(`;received=${SOURCE}`, "");
}
