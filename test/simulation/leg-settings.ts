/** How legs are set in one world: half of the seeds have the defaults, the others what devices may override. */
import type { Config } from "../../core/config/config.ts";
import type { SecureSignaling } from "../../core/leg/secure-signaling.ts";
import { seeded } from "../support/seeded.ts";

/** The configuration of a seed. It draws from numbers of its own, so that calls stay those of the seed. */
export function withLegSettings(config: Config, seed: number): Config {
	const random = seeded(seed ^ 0x1e65);
	if (random.below(2) === 0) return config;
	const some = () => settings(random);
	const secureSignaling = { ...config.secureSignaling, ...some() };
	const devices = [...config.devices].map(([name, device]) => {
		const own = random.below(2) === 0 ? secureSignaling : { ...secureSignaling, ...some() };
		return [name, { ...device, secureSignaling: own }] as const;
	});
	return { ...config, secureSignaling, devices: new Map(devices) };
}

function settings(random: ReturnType<typeof seeded>): Partial<SecureSignaling> {
	const contact = random.pick(["scheme", "anchor"] as const);
	return {
		contact,
		recordRoute: contact === "scheme" || random.below(2) === 0,
		contactState: random.pick(["parameter", "user"]),
		uriTransport: random.pick(["keep", "rfc5630", "strip"]),
		farRouteSet: random.pick(["show", "hide"]),
	};
}
