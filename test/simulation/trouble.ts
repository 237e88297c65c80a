/** What goes wrong besides the weather: connections, phones, hosts, and the proxy's own process. */
import type { Milliseconds } from "../../core/base/clock.ts";
import type { Agenda } from "./agenda.ts";
import type { Chance } from "./chance.ts";
import type { Network } from "./network.ts";
import type { Phone } from "./phone.ts";
import type { ProxyHost } from "./proxy-host.ts";

/** About one event in four seconds. */
const EVERY: Milliseconds = 4_000;

export type Troubled = {
	readonly agenda: Agenda;
	readonly network: Network;
	readonly proxy: ProxyHost;
	readonly phones: readonly Phone[];
};

export function planTrouble(
	world: Troubled,
	chance: Chance,
	from: Milliseconds,
	to: Milliseconds,
): void {
	for (let at = from; at < to; at += chance.between(1, 2 * EVERY)) {
		const kind = chance.weighted({ reset: 40, restart: 15, "cut off": 25, stall: 19, freeze: 1 });
		const phone = chance.pick(world.phones);
		const ms = chance.between(50, 8_000);
		world.agenda.at(at, () => {
			switch (kind) {
				case "reset": {
					const streams = [...world.proxy.streams];
					if (streams.length > 0) chance.pick(streams).reset();
					break;
				}
				case "restart":
					if (phone.up) phone.restart(ms);
					break;
				case "cut off":
					world.network.cutOff.add(phone.place.host);
					phone.troubledAt = at + 3 * ms;
					world.agenda.after(3 * ms, () => world.network.cutOff.delete(phone.place.host));
					break;
				case "stall":
					world.proxy.stall(Math.floor(ms / 4));
					break;
				case "freeze":
					// Longer than the timer wheel turns once.
					world.proxy.stall(Math.min(60_000, to - at));
			}
		});
	}
}
