/**
 * Bindings that turn up while their device is being called: RFC 3261 §16.5 lets them join the target
 * set until a final response goes out. Only for a fork that asks for it, and a Request-URI of ours.
 */
import type { Milliseconds } from "../base/clock.ts";
import type { Device } from "../leg/device.ts";
import { readUri } from "../leg/force-scheme.ts";
import type { Request } from "../message/message.ts";
import { deviceOf } from "./directory.ts";
import type { Environment } from "./environment.ts";
import { instanceMeant } from "./gruu.ts";
import { fitting } from "./one-scheme.ts";
import type { ResponseContext } from "./response-context.ts";
import { bindingTargets, ofInstance, type Target } from "./target-set.ts";

export class LateBindings {
	/** Who is being called, by device, and the number that a script chose: an entry goes with its context. */
	readonly #contexts = new Map<ResponseContext, ReadonlyMap<string, string | undefined>>();

	/** Requests that may still have somebody to call. */
	get size(): number {
		return this.#contexts.size;
	}

	watch(context: ResponseContext, targets: readonly Target[], { own }: Environment): void {
		if (!own.owns(context.request.parsedUri)) return;
		const devices = new Map<string, string | undefined>();
		for (const { device, number } of targets) if (device !== undefined) devices.set(device, number);
		this.#contexts.set(context, devices);
	}

	/** The context has ended. */
	forget(context: ResponseContext): void {
		if (this.#contexts.size > 0) this.#contexts.delete(context);
	}

	/** A REGISTER was taken: new bindings join. Answers the contexts that may have somebody to call. */
	registered(
		{ head }: Request,
		environment: Environment,
		now: Milliseconds,
	): readonly ResponseContext[] {
		if (this.#contexts.size === 0) return NONE;
		const uri = readUri(head.to.uri);
		const device = uri && deviceOf(uri, environment.directory);
		return device === undefined ? NONE : this.#joined(device, environment, now);
	}

	/** The same where another node took it. */
	changed(name: string, environment: Environment, now: Milliseconds): readonly ResponseContext[] {
		if (this.#contexts.size === 0) return NONE;
		const device = environment.directory.device(name);
		return device === undefined ? NONE : this.#joined(device, environment, now);
	}

	#joined(device: Device, environment: Environment, now: Milliseconds): readonly ResponseContext[] {
		const { directory } = environment;
		const joined: ResponseContext[] = [];
		for (const [context, devices] of this.#contexts) {
			const { fork } = context;
			if (fork === undefined || !devices.has(device.name)) continue;
			if (context.answered || context.closed) continue;
			const { callee } = fork.options;
			const all = bindingTargets(device, directory, now, devices.get(device.name));
			const targets = ofInstance(instanceMeant(context.request.parsedUri, device), all);
			fork.add(fitting(targets, callee, context, environment).targets);
			joined.push(context);
		}
		return joined;
	}
}

const NONE: readonly ResponseContext[] = [];
