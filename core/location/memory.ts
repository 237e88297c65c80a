/** The location service in memory: RFC 3261 §10.3. For tests, and what every other store reads from. */
import type { Binding } from "../base/binding.ts";
import type { Milliseconds } from "../base/clock.ts";
import { KeptBindings } from "./kept-binding.ts";
import { bindingKey, type LocationStore } from "./store.ts";
import { SweepRound } from "./sweep-round.ts";

export class MemoryStore implements LocationStore {
	/** The lists are replaced, never changed: a reader may keep one. */
	readonly #byDevice = new Map<string, readonly Binding[]>();
	/** Devices with a binding on the stream connection. */
	readonly #byConnection = new Map<number, Set<string>>();
	readonly #kept = new KeptBindings();
	#size = 0;
	readonly #round = new SweepRound(this.#byDevice, SWEEPS_A_ROUND);

	get size(): number {
		return this.#size;
	}

	bindings(device: string, now: Milliseconds): readonly Binding[] {
		const list = this.#byDevice.get(device) ?? NONE;
		return list.every((binding) => binding.expiresAt > now) ? list : list.filter(aliveAt(now));
	}

	/** All bindings of a device, expired ones too: what a store that writes behind has to write. */
	stored(device: string): readonly Binding[] {
		return this.#byDevice.get(device) ?? NONE;
	}

	devices(): Iterable<string> {
		return this.#byDevice.keys();
	}

	apply(device: string, put: readonly Binding[], remove: readonly Binding[]): void {
		const kept = put.map((binding) => this.#kept.keep(binding));
		const before = this.stored(device);
		if (before.length === 0) return this.#replace(device, kept);
		const gone = new Set([...remove, ...put].map(bindingKey));
		const rest = before.filter((binding) => !gone.has(bindingKey(binding)));
		// Not spread together: that leaves room for more.
		this.#replace(device, rest.concat(kept));
	}

	/**
	 * RFC 5626 §6 ends the bindings of a flow that has failed. Ours end with any stream connection,
	 * outbound or not: a phone calls from an ephemeral port, mostly behind NAT, so once its
	 * connection is closed nothing can be sent to it until it registers again. Keeping the binding
	 * would make a call wait for a connection that cannot be opened; without it the caller gets 480 at once.
	 */
	dropFlow(connection: number): readonly Binding[] {
		const devices = [...(this.#byConnection.get(connection) ?? [])];
		return devices.flatMap((device) =>
			this.#split(device, ({ flow }) => flow.connection !== connection),
		);
	}

	dropBinding(binding: Binding): boolean {
		return this.#split(binding.device, (one) => one !== binding).length > 0;
	}

	restsOn(connection: number): boolean {
		return this.#byConnection.has(connection);
	}

	sweep(now: Milliseconds): readonly Binding[] {
		const alive = aliveAt(now);
		const expired: Binding[] = [];
		for (const [device, list] of this.#round.next()) {
			if (!list.every(alive)) expired.push(...this.#split(device, alive));
			if (expired.length >= EXPIRED_AT_ONCE) break;
		}
		return expired;
	}

	*all(now: Milliseconds): Iterable<Binding> {
		for (const list of this.#byDevice.values()) yield* list.filter(aliveAt(now));
	}

	async flush(): Promise<void> {}

	async close(): Promise<void> {}

	/** Keeps the bindings that pass and returns the others. */
	#split(device: string, keep: (binding: Binding) => boolean): readonly Binding[] {
		const before = this.stored(device);
		this.#replace(device, before.filter(keep));
		return before.filter((binding) => !keep(binding));
	}

	#replace(device: string, after: readonly Binding[]): void {
		const before = this.stored(device);
		for (const { flow } of before)
			if (flow.connection !== NO_CONNECTION && !after.some(isOn(flow.connection)))
				this.#unlink(flow.connection, device);
		for (const { flow } of after)
			if (flow.connection !== NO_CONNECTION) this.#link(flow.connection, device);

		this.#size += after.length - before.length;
		if (after.length === 0) this.#byDevice.delete(device);
		else this.#byDevice.set(device, after);
	}

	#link(connection: number, device: string): void {
		const devices = this.#byConnection.get(connection);
		if (devices === undefined) this.#byConnection.set(connection, new Set([device]));
		else devices.add(device);
	}

	#unlink(connection: number, device: string): void {
		const devices = this.#byConnection.get(connection);
		devices?.delete(device);
		if (devices?.size === 0) this.#byConnection.delete(connection);
	}
}

function aliveAt(now: Milliseconds): (binding: Binding) => boolean {
	return (binding) => binding.expiresAt > now;
}

function isOn(connection: number): (binding: Binding) => boolean {
	return ({ flow }) => flow.connection === connection;
}

/** UDP, or a stream that has to be opened anew. */
const NO_CONNECTION = 0;
const NONE: readonly Binding[] = [];
const SWEEPS_A_ROUND = 10;
/** Taking out is dearer than looking: a quarter of a million phones may have lost their power at once. */
const EXPIRED_AT_ONCE = 1_000;
