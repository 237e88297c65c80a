/** The listeners of the engine as the transports open them and as a store names them. */
import { behindTls } from "./base/flow.ts";
import type { Networks } from "./base/networks.ts";
import type { Config } from "./config/config.ts";
import type { BoundListener } from "./location/binding-row.ts";
import { admitsOrigin, isOwnOrigin } from "./transport/origins.ts";
import type { ListenOptions } from "./transport/transport-user.ts";

/** What may change with a reload. */
export type Live = {
	trusted(): Networks;
	/** A name or an address of ours, IPv6 in brackets. */
	ownsHost(host: string): boolean;
};

/** Ids are places in the list: so they mean the same in the next run, while the list does not change. */
export function listenOptions({ listen }: Config, live: Live): readonly ListenOptions[] {
	return listen.map(({ balancer, web, ...entry }, id) => {
		const { origins, paths } = web ?? {};
		const admits = (origin: string) =>
			origins === undefined
				? isOwnOrigin(origin, (host) => live.ownsHost(host))
				: admitsOrigin(origin, origins);
		const options = { id, ...entry, web: { paths, admits } };
		if (balancer === undefined) return options;
		const { from, ...said } = balancer;
		const isOne = (address: string) => (from ?? live.trusted()).contains(address);
		return { ...options, balancer: { ...said, admits: isOne } };
	});
}

/** A store names a listener by what the configuration says: it reads before the sockets are open. */
export function boundListeners(
	{ listen }: Config,
	opened: readonly { readonly port: number }[],
): readonly BoundListener[] {
	return listen.map(({ transport, address, port, balancer }, id) => ({
		id,
		transport: balancer?.tlsTerminated ? behindTls(transport) : transport,
		address,
		port: port || (opened[id]?.port ?? 0),
	}));
}
