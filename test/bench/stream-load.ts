/**
 * Callers and a callee over TCP or TLS in one process, for a proxy between them. They know no more
 * of SIP than the calls of this benchmark need, so that they cost little: messages are templates,
 * and what is read of one is found by its text.
 *
 *     stream-load.ts tcp|tls PROXY-HOST PROXY-PORT CALLEE-PORT FOLDER
 *
 * FOLDER holds cert.pem and key.pem. A line on standard input, {"run":1,"callsPerSecond":500,"seconds":8},
 * is answered by one on standard output, {"run":1,"successful":4000,"failed":0}.
 */
import { readFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { connect as connectTls, createServer as createTlsServer } from "node:tls";

const [transport = "tcp", host = "", port = "", calleePort = "", folder = ""] =
	process.argv.slice(2);
const OWN = "127.0.0.1";
const CONNECTIONS = 4;
const TICK_MS = 5;
const TALK_MS = 100;
const PATIENCE_MS = 10_000;
const UPPER = transport.toUpperCase();
const PARAMETER = `;transport=${transport}`;
const SDP = [
	"v=0",
	"o=caller 53655765 2353687637 IN IP4 127.0.0.1",
	"s=-",
	"c=IN IP4 127.0.0.1",
	"t=0 0",
	"m=audio 6000 RTP/AVP 0",
	"a=rtpmap:0 PCMU/8000",
	"",
].join("\r\n");

type Call = { readonly id: number; readonly line: Line; readonly from: string; inDialog: string };
/** A connection that writes what was queued during one turn of the event loop at once. */
class Line {
	readonly #socket: Socket;
	#out = "";
	#in = "";

	constructor(socket: Socket, take: (head: string, line: Line) => void) {
		this.#socket = socket;
		socket.setNoDelay(true);
		socket.on("error", (error) => fail(error.message));
		socket.on("data", (data) => {
			this.#in += data.toString("latin1");
			for (let end = this.#in.indexOf("\r\n\r\n"); end > 0; end = this.#in.indexOf("\r\n\r\n")) {
				const whole = end + 4 + Number(fieldOf(this.#in.slice(0, end), "Content-Length"));
				if (this.#in.length < whole) return;
				take(this.#in.slice(0, end), this);
				this.#in = this.#in.slice(whole);
			}
		});
	}

	send(text: string): void {
		if (this.#out === "") queueMicrotask(() => this.#flush());
		this.#out += text;
	}

	#flush(): void {
		this.#socket.write(this.#out, "latin1");
		this.#out = "";
	}
}

function fail(what: string): void {
	process.stderr.write(`${what}\n`);
}

/** The rest of the line that starts with this name, as proxies pass it on; "" without one. */
function fieldOf(head: string, name: string): string {
	const start = head.indexOf(`\r\n${name}: `);
	if (start < 0) return "";
	const end = head.indexOf("\r\n", start + 2);
	return head.slice(start + name.length + 4, end < 0 ? undefined : end);
}

/** Whole lines with this name, joined as they stood. */
function linesOf(head: string, name: string): string {
	const found = head.split("\r\n").filter((line) => line.startsWith(name));
	return found.length === 0 ? "" : `${found.join("\r\n")}\r\n`;
}

function answer(head: string, line: Line): void {
	const method = head.slice(0, head.indexOf(" "));
	if (method === "ACK") return;
	const to = fieldOf(head, "To");
	const copied = [
		linesOf(head, "Via:"),
		method === "INVITE" ? linesOf(head, "Record-Route:") : "",
		`From: ${fieldOf(head, "From")}\r\nTo: ${method === "INVITE" ? `${to};tag=b` : to}\r\n`,
		`Call-ID: ${fieldOf(head, "Call-ID")}\r\nCSeq: ${fieldOf(head, "CSeq")}\r\n`,
	].join("");
	if (method !== "INVITE") {
		line.send(`SIP/2.0 200 OK\r\n${copied}Content-Length: 0\r\n\r\n`);
		return;
	}
	const contact = `Contact: <sip:callee@${OWN}:${calleePort}${PARAMETER}>\r\n`;
	line.send(`SIP/2.0 180 Ringing\r\n${copied}${contact}Content-Length: 0\r\n\r\n`);
	const body = `Content-Type: application/sdp\r\nContent-Length: ${SDP.length}\r\n\r\n${SDP}`;
	line.send(`SIP/2.0 200 OK\r\n${copied}${contact}${body}`);
}

const calls = new Map<string, Call>();
const talking: { readonly until: number; readonly call: Call }[] = [];
let successful = 0;
let failed = 0;

function invite(id: number, line: Line): void {
	const uri = `sip:5000@${host}:${port}${PARAMETER}`;
	const from = `From: "Caller" <sip:caller@${OWN}:5060${PARAMETER}>;tag=a${id}\r\n`;
	calls.set(`${id}@load`, { id, line, from, inDialog: "" });
	line.send(
		`INVITE ${uri} SIP/2.0\r\n${via(id, 1)}Max-Forwards: 70\r\n${from}To: <${uri}>\r\n` +
			`Call-ID: ${id}@load\r\nCSeq: 1 INVITE\r\nContact: <sip:caller@${OWN}:5060${PARAMETER}>\r\n` +
			`Content-Type: application/sdp\r\nContent-Length: ${SDP.length}\r\n\r\n${SDP}`,
	);
}

function via(id: number, part: number): string {
	return `Via: SIP/2.0/${UPPER} ${OWN}:5060;branch=z9hG4bK-${id}-${part}\r\n`;
}

function response(head: string): void {
	const status = Number(head.slice(8, 11));
	if (status < 200) return;
	const call = calls.get(fieldOf(head, "Call-ID"));
	if (call === undefined) return;
	if (status !== 200) {
		fail(head);
		end(call, false);
	} else if (fieldOf(head, "CSeq") === "1 INVITE") {
		const contact = fieldOf(head, "Contact");
		const target = contact.slice(1, contact.indexOf(">"));
		const routes = linesOf(head, "Record-Route:")
			.split("\r\n")
			.flatMap((line) => line.slice("Record-Route:".length).split(","))
			.filter((route) => route.trim() !== "")
			.toReversed()
			.map((route) => `Route: ${route.trim()}\r\n`);
		call.inDialog = ` ${target} SIP/2.0\r\n|${routes.join("")}Max-Forwards: 70\r\n${call.from}To: ${fieldOf(head, "To")}\r\nCall-ID: ${call.id}@load\r\n`;
		send(call, "ACK", 1, 2);
		talking.push({ until: performance.now() + TALK_MS, call });
	} else end(call, true);
}

function send({ id, line, inDialog }: Call, method: string, cseq: number, part: number): void {
	const [start = "", rest = ""] = inDialog.split("|");
	const tail = `CSeq: ${cseq} ${method}\r\nContent-Length: 0\r\n\r\n`;
	line.send(`${method}${start}${via(id, part)}${rest}${tail}`);
}

function end(call: Call, well: boolean): void {
	calls.delete(`${call.id}@load`);
	if (well) successful += 1;
	else failed += 1;
}

function run(order: { run: number; callsPerSecond: number; seconds: number }, lines: Line[]): void {
	const total = Math.round(order.callsPerSecond * order.seconds);
	const start = performance.now();
	let begun = 0;
	[successful, failed] = [0, 0];
	const ticker = setInterval(() => {
		const now = performance.now();
		while (talking[0] !== undefined && talking[0].until <= now) {
			const [{ call }] = talking.splice(0, 1) as [(typeof talking)[0]];
			send(call, "BYE", 2, 3);
		}
		const due = Math.min(total, ((now - start) * order.callsPerSecond) / 1000);
		for (; begun < due; begun += 1) {
			const line = lines[begun % lines.length];
			if (line) invite(order.run * 10_000_000 + begun, line);
		}
		const late = now - start > order.seconds * 1000 + PATIENCE_MS;
		if (begun < total || (calls.size > 0 && !late)) return;
		clearInterval(ticker);
		failed += calls.size;
		calls.clear();
		process.stdout.write(`${JSON.stringify({ run: order.run, successful, failed })}\n`);
	}, TICK_MS);
}

const tls =
	transport === "tls"
		? { cert: readFileSync(join(folder, "cert.pem")), key: readFileSync(join(folder, "key.pem")) }
		: undefined;
const listen = { port: Number(calleePort), host: OWN };
const accept = (socket: Socket) => void new Line(socket, answer);
if (tls) createTlsServer(tls, accept).listen(listen, ready);
else createServer(accept).listen(listen, ready);

function ready(): void {
	process.stdout.write(`${JSON.stringify({ event: "listening" })}\n`);
	const lines = Array.from({ length: CONNECTIONS }, () => new Line(open(), response));
	createInterface(process.stdin).on("line", (text) => run(JSON.parse(text), lines));
}

function open(): Socket {
	const to = { host, port: Number(port) };
	return tls ? connectTls({ ...to, ca: tls.cert }) : connect(to);
}
