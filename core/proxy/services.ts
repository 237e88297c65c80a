/** Which devices are in service: one machine for each that is watched (service-state.ts), pinged or not. */
import type { Milliseconds } from "../base/clock.ts";
import { type Expiring, NO_TIMER, type TimerHandle, type TimerWheel } from "../base/timer-wheel.ts";
import type { Device } from "../leg/device.ts";
import {
	expire,
	type Port,
	receive,
	type State,
	start,
	type Timer,
} from "../transaction/machine.ts";
import type { ProxyPort } from "./proxy-port.ts";
import { Ping, type PingCore, type PingOwner } from "./service-check.ts";
import {
	isWatched,
	type ServiceAction,
	type ServiceEvent,
	type ServiceStatus,
	type ServiceTimer,
	serviceMachine,
	serviceTimer,
} from "./service-state.ts";

export class Services {
	readonly counters = { pings: 0, devicesOutOfService: 0, devicesInService: 0 };
	readonly #watched = new Map<string, Service>();
	readonly #host: ServiceHost;

	constructor(core: PingCore, port: ProxyPort, wheel: TimerWheel) {
		this.#host = { core, port, wheel, counters: this.counters };
	}

	/** 0: nothing is watched, and there is nothing to tell anybody. */
	get size(): number {
		return this.#watched.size;
	}

	/** A device whose settings are what they were keeps its state; any other begins in service. */
	configure(devices: Iterable<Device>, now: Milliseconds): void {
		const before = new Map(this.#watched);
		this.#watched.clear();
		for (const device of devices) {
			if (!isWatched(device)) continue;
			const known = before.get(device.name);
			const kept = known?.adopt(device) === true ? known : undefined;
			if (kept !== undefined) before.delete(device.name);
			this.#watched.set(device.name, kept ?? new Service(this.#host, device, now));
		}
		for (const gone of before.values()) gone.receive("removed", "", now);
	}

	/** Whether it may be called. */
	admits(device: string): boolean {
		return this.#watched.get(device)?.admits ?? true;
	}

	/** A call goes there. */
	called(device: string, now: Milliseconds): void {
		this.#watched.get(device)?.receive("called", "", now);
	}

	/** It has answered a request, or has registered. */
	answered(device: string, now: Milliseconds): void {
		this.#watched.get(device)?.receive("answered", "", now);
	}

	/** A request reached none of its addresses. */
	failed(device: string, reason: string, now: Milliseconds): void {
		this.#watched.get(device)?.receive("failed", reason, now);
	}

	status(device: string): ServiceStatus | undefined {
		return this.#watched.get(device)?.status;
	}
}

type ServiceHost = {
	readonly core: PingCore;
	readonly port: ProxyPort;
	readonly wheel: TimerWheel;
	readonly counters: Services["counters"];
};

class Service implements Expiring, PingOwner, Port<ServiceAction, ServiceTimer> {
	state: State<ServiceAction, ServiceTimer> = serviceMachine.initial;
	attempt = 0;
	readonly #host: ServiceHost;
	#device: Device;
	#ping: Ping | undefined;
	#since: Milliseconds;
	#reason = "";
	/** Of the step that is being taken. */
	#now: Milliseconds;
	#why = "";
	#pings = false;
	#first: TimerHandle = NO_TIMER;
	#second: TimerHandle = NO_TIMER;

	constructor(host: ServiceHost, device: Device, now: Milliseconds) {
		this.#host = host;
		this.#device = device;
		this.#since = now;
		this.#now = now;
		start(serviceMachine, this);
	}

	get admits(): boolean {
		return ADMITTING.includes(this.state.name);
	}

	get status(): ServiceStatus {
		const { name } = this.#device;
		const reason = this.#reason;
		return { device: name, inService: reason === "", since: this.#since, reason };
	}

	/** Takes the entry of another configuration, if it is watched as before. */
	adopt(device: Device): boolean {
		if (watchedAs(device) !== watchedAs(this.#device)) return false;
		this.#device = device;
		return true;
	}

	receive(event: ServiceEvent, why: string, now: Milliseconds): void {
		this.#now = now;
		this.#why = why;
		receive(this, event);
		this.#begin(now);
	}

	expire(timer: string, now: Milliseconds): void {
		this.#now = now;
		this.#why = "no answer";
		expire(this, timer);
		this.#begin(now);
	}

	pinged(reason: string | undefined, now: Milliseconds): void {
		this.receive(reason === undefined ? "answered" : "failed", reason ?? "", now);
	}

	act(action: ServiceAction): void {
		switch (action) {
			case "ping":
				this.#pings = true;
				break;
			case "end-ping":
				this.#ping?.stop();
				this.#ping = undefined;
				break;
			case "report-out":
				this.#host.counters.devicesOutOfService += 1;
				this.#report(this.#why);
				break;
			case "report-in":
				this.#host.counters.devicesInService += 1;
				this.#report("");
		}
	}

	arm(timer: Timer<ServiceTimer>, _attempt: number): boolean {
		const delay = serviceTimer(timer.name, this.#device);
		if (delay === undefined) return false;
		const handle = this.#host.wheel.arm(this, timer.name, this.#now + this.#spread(timer, delay));
		if (timer.slot === 0) this.#first = handle;
		else this.#second = handle;
		return false;
	}

	disarm(timer: Timer<ServiceTimer>): void {
		this.#host.wheel.disarm(timer.slot === 0 ? this.#first : this.#second);
	}

	/** The first check of each device comes at a time of its own, and so do those that follow. */
	#spread({ name }: Timer<ServiceTimer>, delay: Milliseconds): Milliseconds {
		if (name !== "check" || this.#first !== NO_TIMER) return delay;
		return this.#host.core.environment.random.below(delay);
	}

	/** Its outcome may be there at once: so it begins when the machine has taken its step. */
	#begin(now: Milliseconds): void {
		if (!this.#pings) return;
		this.#pings = false;
		this.#host.counters.pings += 1;
		const { core, port } = this.#host;
		this.#ping = new Ping(core, port, this);
		this.#ping.begin(this.#device, now);
	}

	#report(reason: string): void {
		this.#reason = reason;
		this.#since = this.#now;
		this.#host.port.serviceChanged(this.status);
	}
}

const ADMITTING = ["in-service", "checking", "on-trial"];

function watchedAs({ contact, contactBackup, ...device }: Device): string {
	const { oosCheck, oosForce, recoveryTimeout } = device;
	const contacts = contact === "*" ? ["*"] : [contact, ...contactBackup].map(({ text }) => text);
	return [...contacts, oosCheck, oosForce, recoveryTimeout].join(" ");
}
