/** Takes the PROXY header off a connection that a balancer has opened, within a time: RFC 3261 §18.2.1 wants the client's address. */
import type { Socket } from "node:net";
import type { Milliseconds } from "../base/clock.ts";
import { type ProxiedPeer, type ProxyHeader, readProxyHeader } from "./proxy-header.ts";

export type Taken =
	/** Without a peer the balancer speaks for itself. */
	| { readonly kind: "header"; readonly peer: ProxiedPeer | undefined }
	/** What came is no header, or none came in time. The socket is destroyed. */
	| { readonly kind: "refused"; readonly reason: string }
	/** It was closed without a word: a health check. */
	| { readonly kind: "closed" };

/** Told once. What came behind the header waits in the socket for whoever reads it next, TLS included. */
export function takeProxyHeader(
	socket: Socket,
	limit: Milliseconds,
	told: (taken: Taken) => void,
): void {
	let held: Buffer | undefined;
	const finish = (taken: Taken): void => {
		clearTimeout(timer);
		socket.off("readable", look);
		socket.off("close", gone);
		if (taken.kind === "refused") socket.destroy();
		told(taken);
	};
	const look = (): void => {
		const more: Buffer | null = socket.read();
		if (more === null) return;
		held = held === undefined ? more : Buffer.concat([held, more]);
		const header: ProxyHeader = readProxyHeader(held);
		if (header.kind === "incomplete") return;
		if (header.kind === "malformed") {
			finish({ kind: "refused", reason: header.reason });
			return;
		}
		const rest = held.subarray(header.length);
		if (rest.length > 0) socket.unshift(rest);
		finish({ kind: "header", peer: header.peer });
	};
	const gone = (): void => {
		finish(held === undefined ? { kind: "closed" } : CUT_SHORT);
	};
	const timer = setTimeout(() => finish(TOO_LATE), limit);
	socket.on("readable", look);
	socket.once("close", gone);
}

const CUT_SHORT: Taken = {
	kind: "refused",
	reason: "the connection ended inside the PROXY header",
};
const TOO_LATE: Taken = { kind: "refused", reason: "no PROXY header came in time" };
