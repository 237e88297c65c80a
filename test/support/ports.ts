/** Ports of the loopback interface that nobody uses right now. */
import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";

/** A port that is free for TCP and UDP, and was not handed out before in this process. */
export async function freePort(host = "127.0.0.1"): Promise<number> {
	for (;;) {
		const port = await probe(host);
		if (port === undefined || given.has(port)) continue;
		given.add(port);
		return port;
	}
}

/** An address of the loopback network for one program, so that it can have the default ports. */
export function ownHost(): string {
	return `127.${randomInt(1, 255)}.${randomInt(256)}.${randomInt(1, 255)}`;
}

const given = new Set<number>();
/** Below those that systems take for outgoing connections: such a one may come between here and its use. */
const FIRST = 20_000;
const LAST = 32_000;

async function probe(host: string): Promise<number | undefined> {
	const port = randomInt(FIRST, LAST);
	const server = createServer();
	const listens = new Promise<boolean>((resolve) => {
		server.once("error", () => resolve(false));
		server.listen(port, host, () => resolve(true));
	});
	if (!(await listens)) return undefined;
	const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
	const free = new Promise<boolean>((resolve) => {
		socket.once("error", () => resolve(false));
		socket.bind(port, host, () => resolve(true));
	});
	const both = await free;
	if (both) await new Promise<void>((resolve) => socket.close(() => resolve()));
	server.close();
	await once(server, "close");
	return both ? port : undefined;
}
