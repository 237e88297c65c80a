/** A network as a value of a key: `10.0.0.0/8`, `::1`. */

import { type Network, parseNetwork } from "../base/networks.ts";
import { scalar, wrong } from "./fields.ts";
import { isDomain } from "./host.ts";

export const network = scalar<Network>(
	{ values: "network or address", example: "10.0.0.0/8" },
	(written) => {
		const value = parseNetwork(written);
		const fix = isDomain(written) ? "the address instead of the name" : "10.0.0.0/8 or ::1";
		return value === undefined ? wrong("is no network", fix) : { value };
	},
);
