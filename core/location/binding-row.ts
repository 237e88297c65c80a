/** A binding as one row of the SQLite store, and back. */
import type { Binding } from "../base/binding.ts";
import type { TransportName } from "../base/flow.ts";
import type { Scheme } from "../base/scheme.ts";

/** One of our listeners. Its id holds for one start only, so rows name it by what it is bound to. */
export type BoundListener = {
	readonly id: number;
	readonly transport: TransportName;
	readonly address: string;
	readonly port: number;
};

export type BindingRow = {
	readonly device: string;
	readonly contact: string;
	readonly echoed: string;
	readonly display: string;
	readonly params: string;
	readonly scheme: Scheme;
	readonly transport: TransportName;
	/** `address:port` of the listener. */
	readonly listener: string;
	readonly host: string;
	readonly port: number;
	readonly serverName: string | null;
	readonly expiresAt: number;
	readonly q: number;
	readonly callId: string;
	readonly cseq: number;
	readonly instance: string | null;
	readonly regId: number | null;
	/** A JSON array. */
	readonly path: string;
	readonly userAgent: string | null;
};

/** Every column with its type. */
export const COLUMNS: Readonly<Record<keyof BindingRow, "TEXT" | "INTEGER">> = {
	device: "TEXT",
	contact: "TEXT",
	echoed: "TEXT",
	display: "TEXT",
	params: "TEXT",
	scheme: "TEXT",
	transport: "TEXT",
	listener: "TEXT",
	host: "TEXT",
	port: "INTEGER",
	serverName: "TEXT",
	expiresAt: "INTEGER",
	q: "INTEGER",
	callId: "TEXT",
	cseq: "INTEGER",
	instance: "TEXT",
	regId: "INTEGER",
	path: "TEXT",
	userAgent: "TEXT",
};

export function toRow(binding: Binding, listeners: readonly BoundListener[]): BindingRow {
	const { flow, ...rest } = binding;
	const listener = listeners.find(({ id }) => id === flow.listener);
	return {
		...rest,
		transport: flow.transport,
		listener: listener === undefined ? "" : bound(listener),
		host: flow.host,
		port: flow.port,
		serverName: flow.serverName ?? null,
		instance: binding.instance ?? null,
		regId: binding.regId ?? null,
		path: JSON.stringify(binding.path),
		userAgent: binding.userAgent ?? null,
	};
}

/**
 * Undefined when no listener speaks the transport any more. A UDP flow is as good as it was. The
 * connection of a stream ended with the process that had it: 0 asks to open a new one.
 */
export function fromRow(row: BindingRow, listeners: readonly BoundListener[]): Binding | undefined {
	const { transport, host, port, serverName, listener, ...rest } = row;
	const candidates = listeners.filter((one) => one.transport === transport);
	const found = candidates.find((one) => bound(one) === listener) ?? candidates[0];
	if (found === undefined) return undefined;
	return {
		...rest,
		flow: {
			transport,
			listener: found.id,
			connection: 0,
			host,
			port,
			serverName: serverName ?? undefined,
		},
		instance: row.instance ?? undefined,
		regId: row.regId ?? undefined,
		path: JSON.parse(row.path),
		userAgent: row.userAgent ?? undefined,
	};
}

function bound(listener: BoundListener): string {
	return `${listener.address}:${listener.port}`;
}
