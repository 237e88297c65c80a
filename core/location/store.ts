/** The location service as the registrar and the proxy see it: RFC 3261 §10.3, RFC 5626 §6. */
import type { Binding } from "../base/binding.ts";
import type { Milliseconds } from "../base/clock.ts";
import type { SharedStoreStatus } from "../base/shared-store.ts";

/** Every read is synchronous and sees all changes made before it: a store keeps its bindings in memory. */
export type LocationStore = {
	/** The bindings of one device that have not expired, the most recently refreshed last. */
	bindings(device: string, now: Milliseconds): readonly Binding[];
	/** Both lists in one step, `remove` first: no reader ever sees half of a REGISTER (RFC 3261 §10.3 step 7). */
	apply(device: string, put: readonly Binding[], remove: readonly Binding[]): void;
	/** Whether a binding rests on this stream connection: then it is kept open (RFC 5626 §7). */
	restsOn(connection: number): boolean;
	/** The stream connection has closed. Returns the bindings that went with it. */
	dropFlow(connection: number): readonly Binding[];
	/** Its phone is not there any more: ends this binding, and none that has taken its place. Whether it was there. */
	dropBinding(binding: Binding): boolean;
	/**
	 * Forgets what has expired among the next so many devices, and returns it: call after call it
	 * goes round, so that no call takes long. Called every second: reads do not depend on it.
	 */
	sweep(now: Milliseconds): readonly Binding[];
	/** Bindings held: those too that have expired and are not swept yet. */
	readonly size: number;
	/** Whether the node that holds its flow is there: else it cannot be called. Absent where there is one node. */
	isPresent?(binding: Binding): boolean;
	/** Absent where there is one node. */
	readonly shared?: SharedStoreStatus;
	/** Every binding that has not expired: a walk through all of them, not for the path of traffic. */
	all(now: Milliseconds): Iterable<Binding>;
	/** Resolves when all changes made so far would survive the process; rejects with a `LocationError`. */
	flush(): Promise<void>;
	/** Flushes and lets go of the file. */
	close(): Promise<void>;
};

/**
 * What makes two bindings of a device the same one to a store. With an instance-id and a reg-id it
 * is these two (RFC 5626 §6), else the Contact URI. Which URIs are equal is the registrar's to say.
 */
export function bindingKey(binding: Binding): string {
	const { instance, regId, contact } = binding;
	return instance === undefined || regId === undefined ? contact : `${regId} ${instance}`;
}

/** Contacts of other schemes, such as `mailto:`, are kept and shown but never called (RFC 3261 §10.2.1). */
export function callable(binding: Binding): boolean {
	return /^sips?:/i.test(binding.contact);
}
