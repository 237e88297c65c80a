/** Opening the listeners of a configuration: all or none. RFC 3261 §18.2.1: TCP where UDP is. */
import type { Listener } from "../base/flow.ts";
import { ListenError } from "./listen-error.ts";
import type { ListenOptions } from "./transport-user.ts";

export type Opened = {
	readonly listener: Listener;
	/** The real one, which `listener.port` need not be. */
	readonly port: number;
	close(): Promise<void>;
};

/** `ipv6Only`: `::` stands for the IPv6 addresses alone, since IPv4 has a listener of its own. */
type Open<O> = (options: ListenOptions, ipv6Only: boolean) => Promise<O>;

/** A free port for UDP may be taken for TCP: then all are tried anew. */
const ATTEMPTS = 10;

export async function openListeners<O extends Opened>(
	wanted: readonly ListenOptions[],
	open: Open<O>,
	attempts = ATTEMPTS,
): Promise<O[]> {
	const opened: O[] = [];
	for (const [index, options] of wanted.entries()) {
		const port = portOf(options, wanted[index - 1], opened.at(-1));
		try {
			opened.push(await open({ ...options, port }, ipv6Only(options, wanted)));
		} catch (error) {
			await Promise.all(opened.map((one) => one.close()));
			if (error instanceof ListenError) throw error;
			const reason = reasonOf(error);
			const again = port !== options.port && reason === "EADDRINUSE" && attempts > 1;
			if (again) return openListeners(wanted, open, attempts - 1);
			throw new ListenError({ ...options, port }, reason);
		}
	}
	return opened;
}

/** TCP on any port, right behind UDP on any port of the same address, takes the port that UDP got. */
function portOf(
	{ transport, address, port }: ListenOptions,
	before: ListenOptions | undefined,
	opened: Opened | undefined,
): number {
	const follows = before?.transport === "udp" && before.address === address && before.port === 0;
	if (transport !== "tcp" || port !== 0 || !follows || opened === undefined) return port;
	return opened.port;
}

function ipv6Only({ address, transport }: ListenOptions, all: readonly ListenOptions[]): boolean {
	return (
		address === "::" &&
		all.some((other) => other.transport === transport && !other.address.includes(":"))
	);
}

function reasonOf(error: unknown): string {
	if (error instanceof Error && "code" in error) return String(error.code);
	return error instanceof Error ? error.message : String(error);
}
