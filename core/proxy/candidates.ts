/**
 * Which targets may be called: secure signaling §2.2. A device that is out of service, or that has as
 * many calls as it may have, is no candidate: it is passed over as if it were not in the target set.
 */
import type { Milliseconds } from "../base/clock.ts";
import type { TimerWheel } from "../base/timer-wheel.ts";
import type { Request } from "../message/message.ts";
import { type Call, Calls } from "./calls.ts";
import { deviceNamed } from "./directory.ts";
import type { Environment } from "./environment.ts";
import type { ProxyPort } from "./proxy-port.ts";
import type { ResponseContext } from "./response-context.ts";
import type { PingCore } from "./service-check.ts";
import type { ServiceStatus } from "./service-state.ts";
import { Services } from "./services.ts";
import type { Target } from "./target-set.ts";
import { Turns } from "./turns.ts";

/** What an operator sees of a device that is watched, or whose calls are counted. */
export type DeviceStatus = {
	readonly device: string;
	/** Of one that is watched. */
	readonly service?: Omit<ServiceStatus, "device">;
	/** Of one that has a capacity. */
	readonly calls?: { readonly now: number; readonly capacity: number };
};

export class Candidates {
	readonly services: Services;
	readonly calls = new Calls();
	readonly turns = new Turns();
	readonly #core: PingCore;
	/** Targets that were passed over, and calls that found somebody else instead of whom could not be reached. */
	readonly #counters = { passedOverOutOfService: 0, passedOverCapacity: 0, failovers: 0 };

	constructor(core: PingCore, port: ProxyPort, wheel: TimerWheel) {
		this.#core = core;
		this.services = new Services(core, port, wheel);
	}

	get counters(): Readonly<Record<string, number>> {
		return { ...this.#counters, ...this.services.counters };
	}

	/** With the devices of another configuration: what stays as it is keeps its state. */
	configure({ directory }: Environment, now: Milliseconds): void {
		this.services.configure(directory.watched, now);
		this.calls.configure(directory.watched);
	}

	/** Whether the target is called. Of several places of a device, that is decided at the first. */
	admits({ device, backup }: Target, context: ResponseContext, now: Milliseconds): boolean {
		if (device === undefined || backup === true || !this.#any) return true;
		const out = !this.services.admits(device);
		const full = context.request.method === "INVITE" && this.calls.full(device, now);
		if (!out && !full) return true;
		if (context.calls(device)) return true;
		this.#counters[out ? "passedOverOutOfService" : "passedOverCapacity"] += 1;
		return false;
	}

	/** The target is called: answers what counts the call, where it is counted. */
	called(target: Target, context: ResponseContext, now: Milliseconds): Call | undefined {
		const { device, turns } = target;
		if (turns === true) this.turns.called(target);
		if (device === undefined || !this.#any) return undefined;
		this.services.called(device, now);
		for (const { call } of context.branches)
			if (call?.device === device) {
				call.branches += 1;
				return call;
			}
		return this.counted(device, context.request, now);
	}

	/** Whether there is any device with a service that is watched, or with calls that are counted. */
	get #any(): boolean {
		return this.services.size > 0 || this.calls.size > 0;
	}

	/** What counts a call to or from this device; undefined where it is not counted. */
	counted(device: string | undefined, request: Request, now: Milliseconds): Call | undefined {
		if (this.calls.size === 0 || device === undefined || request.method !== "INVITE")
			return undefined;
		return this.calls.begin(device, request.head, now);
	}

	/** Somebody else is called, since this one cannot be reached. */
	failover(): void {
		this.#counters.failovers += 1;
	}

	/** A response from the target: unless it is 503, 430 or nothing but 100, it is there. */
	heard({ device }: Target, status: number, now: Milliseconds): void {
		if (this.services.size === 0 || device === undefined) return;
		if (status > 100 && status !== 503 && status !== 430) this.services.answered(device, now);
	}

	/** A REGISTER was taken: the device in its To is there. */
	registered({ head }: Request, now: Milliseconds): void {
		if (this.services.size === 0) return;
		const device = deviceNamed(head.to.uri, this.#core.environment.directory);
		if (device !== undefined) this.services.answered(device.name, now);
	}

	/** None of the addresses of the target's device can be reached: this was the last. */
	lost({ device, next }: Target, reason: string, now: Milliseconds): void {
		if (this.services.size === 0 || device === undefined || next !== undefined) return;
		// Of a device that registered from several places, one that is gone says nothing.
		const { directory } = this.#core.environment;
		const several =
			directory.device(device)?.contact === "*" && directory.bindings(device, now).length > 1;
		if (!several) this.services.failed(device, reason, now);
	}

	status(): readonly DeviceStatus[] {
		return this.#core.environment.directory.watched.map(({ name, capacity }) => {
			const { device, ...service } = this.services.status(name) ?? { device: "" };
			const now = this.calls.of(name);
			return {
				device: name,
				...("since" in service && { service }),
				...(now !== undefined && { calls: { now, capacity } }),
			};
		});
	}
}
