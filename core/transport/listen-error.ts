/** A listener that could not be opened: which, why, and what to do about it. */
export class ListenError extends Error {
	override readonly name = "ListenError";
	readonly code:
		| "NET_ADDRESS_IN_USE"
		| "NET_LISTEN_DENIED"
		| "NET_ADDRESS_UNKNOWN"
		| "NET_NO_CERTIFICATE"
		| "NET_LISTEN_FAILED";
	readonly transport: string;
	/** Without brackets. */
	readonly address: string;
	readonly port: number;
	/** Node's code, such as EADDRINUSE. */
	readonly reason: string;
	/** What the operator can do. */
	readonly fix: string;

	constructor(
		where: { readonly transport: string; readonly address: string; readonly port: number },
		reason: string,
	) {
		const known = KNOWN[reason] ?? OTHER;
		const place = `${where.transport}:${where.address.includes(":") ? `[${where.address}]` : where.address}:${where.port}`;
		super(`cannot listen on ${place}: ${known.message} (${reason})`);
		this.code = known.code;
		this.transport = where.transport;
		this.address = where.address;
		this.port = where.port;
		this.reason = reason;
		this.fix = known.fix;
	}
}

/** The one reason that is not Node's. */
export const NO_CERTIFICATE = "no certificate";

type Known = {
	readonly code: ListenError["code"];
	readonly message: string;
	readonly fix: string;
};

const NO_SUCH_ADDRESS: Known = {
	code: "NET_ADDRESS_UNKNOWN",
	message: "this machine has no such address",
	fix: "write an address of this machine, or 0.0.0.0 or [::] for all of them",
};

const OTHER: Known = {
	code: "NET_LISTEN_FAILED",
	message: "the system refused",
	fix: "check address and port",
};

const KNOWN: Readonly<Record<string, Known>> = {
	EADDRINUSE: {
		code: "NET_ADDRESS_IN_USE",
		message: "another program has it open",
		fix: "stop that program, or choose another port",
	},
	EACCES: {
		code: "NET_LISTEN_DENIED",
		message: "not allowed",
		fix: "choose a port from 1024 up, or give the program CAP_NET_BIND_SERVICE",
	},
	EADDRNOTAVAIL: NO_SUCH_ADDRESS,
	EAFNOSUPPORT: NO_SUCH_ADDRESS,
	[NO_CERTIFICATE]: {
		code: "NET_NO_CERTIFICATE",
		message: "TLS needs a certificate and its key",
		fix: "configure tls: { certificate, key }",
	},
};
