/** A script said `save()`: RFC 3261 §10.3 from step 3 on, with the bindings read and written in one input. */
import type { Milliseconds } from "../base/clock.ts";
import { type Flow, secure } from "../base/flow.ts";
import type { Device } from "../leg/device.ts";
import { contactScheme } from "../leg/incoming-leg.ts";
import { judgeRegister } from "../leg/mismatch.ts";
import type { LocationStore } from "../location/store.ts";
import { type Uri, uriParam } from "../message/uri.ts";
import { knows } from "../proxy/directory.ts";
import type { Environment } from "../proxy/environment.ts";
import type { Rejection } from "../proxy/rejection.ts";
import type { ResponseContext } from "../proxy/response-context.ts";
import { addressOfRecord } from "../registrar/address-of-record.ts";
import { register } from "../registrar/register.ts";
import type { RegisterOptions } from "../registrar/register-input.ts";
import type { SchemeLog } from "./scheme-log.ts";
import { askedOf } from "./script-hooks.ts";

export type SaveInput = {
	readonly context: ResponseContext;
	/** As the script left them. */
	readonly contacts: readonly string[] | undefined;
	readonly environment: Environment;
	readonly options: Omit<RegisterOptions, "register">;
	readonly store: LocationStore;
	/** Told of a `sips` registration of a device that is called elsewhere (secure signaling G20, M4). */
	readonly schemes: SchemeLog;
	/** The device was told how often to send a keep-alive on its stream; undefined: it was not. */
	readonly expectPings: ((flow: Flow, every: Milliseconds | undefined) => void) | undefined;
	readonly now: Milliseconds;
};

export function saveBindings(input: SaveInput): Rejection {
	const device = registering(input);
	return "status" in device ? device : bind(device, input);
}

/** Whose bindings they are, and may be. */
function registering({ context, environment, schemes, now }: SaveInput): Device | Rejection {
	const { request, server } = context;
	const { own, directory } = environment;
	const aor = addressOfRecord(request, (uri) => own.owns(uri));
	if ("status" in aor) return aor;
	const device = directory.device(aor.user);
	if (device === undefined) return { status: 404 };
	// Step 4: a password is good for the bindings of its own device.
	const caller = askedOf(context)?.caller;
	if (caller?.authenticated && caller.device !== device.name) return { status: 403 };
	if (device.contact === "*" || contactScheme(request) !== "sips") return device;
	const verdict = judgeRegister(device);
	schemes.mismatch(verdict, device.name, server.flow, now);
	return verdict.refused === undefined ? device : { status: verdict.refused.status };
}

function bind(device: Device, input: SaveInput): Rejection {
	const { name, contact, secureSignaling, maxBindings = input.options.maxBindings } = device;
	const { context, environment, store, now } = input;
	const { own, directory } = environment;
	const { flow } = context.server;
	const { put, remove, flowTimerSeconds, ...answer } = register({
		request: context.request,
		device: name,
		flow,
		secure: secure(flow.transport),
		pathTrusted: knows(directory, flow),
		contacts: input.contacts,
		current: store.bindings(name, now),
		options: {
			...input.options,
			maxBindings,
			register: secureSignaling.register,
			// Its calls go to the configured contact, whatever it registers.
			gruu: input.options.gruu && contact === "*",
			refuses: (uri) => (isThisServer(uri, own) ? "Contact Is This Server" : undefined),
		},
		now,
	});
	if (put.length > 0 || remove.length > 0) store.apply(name, put, remove);
	if (put.length > 0 && flow.connection !== 0)
		input.expectPings?.(flow, flowTimerSeconds && flowTimerSeconds * 1000);
	return answer;
}

/**
 * Calls to it would come back to us. A name of our domain alone is bound (RFC 4475 §3.3.14): where
 * it leads is for the DNS to say, and a loop ends with 482.
 */
function isThisServer(uri: Uri, own: Environment["own"]): boolean {
	return own.listensAt(uriParam(uri, "maddr")?.value ?? uri.host, uri.port);
}
