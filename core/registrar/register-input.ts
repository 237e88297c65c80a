/** What the registrar is given and what it answers: RFC 3261 §10.3. */
import type { Binding } from "../base/binding.ts";
import type { Milliseconds } from "../base/clock.ts";
import type { Flow } from "../base/flow.ts";
import type { Request } from "../message/message.ts";
import type { Uri } from "../message/uri.ts";

export type RegisterInput = {
	readonly request: Request;
	/** Key of the address-of-record. */
	readonly device: string;
	/** The flow the request came on. */
	readonly flow: Flow;
	/** Whether it came over TLS or WSS. */
	readonly secure: boolean;
	/** Whether whoever sent it may say by which proxies the device is called (RFC 3327 §7). */
	readonly pathTrusted: boolean;
	/** The Contact values as a route script left them, in the order received; undefined: as received. */
	readonly contacts: readonly string[] | undefined;
	readonly current: readonly Binding[];
	readonly options: RegisterOptions;
	readonly now: Milliseconds;
};

export type RegisterOptions = {
	readonly minExpiresSeconds: number;
	readonly maxExpiresSeconds: number;
	readonly defaultExpiresSeconds: number;
	/** What a `sips` registration has to look like: any `sips` Contact makes a binding, or RFC 5630 §5.2. */
	readonly register: "lenient" | "strict";
	readonly maxBindings: number;
	/** What a Contact beyond them gets: 403, or the place of the one that was refreshed longest ago. */
	readonly full: "refuse" | "replace";
	/** Whose Path is taken: of devices that say `Supported: path`, or of any (RFC 3327 §5.3). */
	readonly path: "supported" | "any";
	/** Whether devices are told an address for each instance (RFC 5627). */
	readonly gruu: boolean;
	/** What a registered device puts ahead of its requests, each a whole Route value (RFC 3608 §6.3). */
	readonly serviceRoute: readonly string[];
	/** How often a device with outbound has to send a keep-alive on its stream (RFC 5626 §5.4); Infinity: as it likes. */
	readonly flowTimerSeconds: number;
	/** Why a Contact may not be bound, such as an address of our own; undefined when it may. */
	readonly refuses?: (contact: Uri) => string | undefined;
};

export type RegisterResult = {
	readonly status: number;
	/** The reason phrase where the default one says too little. */
	readonly reason?: string;
	readonly headers: readonly (readonly [string, string])[];
	/** For `LocationStore.apply`, which removes before it puts. */
	readonly put: readonly Binding[];
	readonly remove: readonly Binding[];
	/** What Flow-Timer says, where there is one: silence for longer ends the flow. */
	readonly flowTimerSeconds?: number;
};
